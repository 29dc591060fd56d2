#!/usr/bin/env bash
# kind-image.sh TAG DIRECTORY [BUILD ARGUMENTS...]: build with docker and load into the kind cluster
# named by $KIND_CLUSTER (default: kind).
set -euo pipefail
tag=$1 directory=$2; shift 2
docker build --tag "$tag" "$@" "$directory"
kind load docker-image "$tag" --name "${KIND_CLUSTER:-kind}"
