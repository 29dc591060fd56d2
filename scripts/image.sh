#!/usr/bin/env bash
# image.sh TAG [COMMAND... [-- ARGUMENTS...]]: make the image known to the cluster under test. Runs
# COMMAND TAG DIRECTORY ARGUMENTS, which builds DIRECTORY/Dockerfile and hands it to the nodes; without a
# command the nodes must be able to pull the image. With kind:
#   make e2e IMAGE_COMMAND='scripts/kind-image.sh'
set -euo pipefail
tag=$1; shift
command=() arguments=()
while (( $# )) && [[ $1 != -- ]]; do command+=("$1"); shift; done
(( $# )) && { shift; arguments=("$@"); }
if (( ${#command[@]} == 0 )); then
  echo "image: no IMAGE_COMMAND is set, so the nodes must be able to pull $tag" >&2
  exit 0
fi
"${command[@]}" "$tag" "$(cd "$(dirname "$0")/../image" && pwd)" "${arguments[@]}"
