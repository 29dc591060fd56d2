#!/usr/bin/env bash
# image.sh TAG [COMMAND... [-- ARGUMENTS...]]: make the image known to the cluster under test. Runs
# COMMAND TAG DIRECTORY ARGUMENTS, which builds DIRECTORY/Dockerfile and hands it to the nodes; without a
# command the nodes must be able to pull the image. With kind:
#   make e2e IMAGE_COMMAND='scripts/kind-image.sh'
# IMAGE_COMMIT names another commit, whose image is built instead of this checkout's: that of a release before.
set -euo pipefail
tag=$1; shift
command=() arguments=()
while (( $# )) && [[ $1 != -- ]]; do command+=("$1"); shift; done
(( $# )) && { shift; arguments=("$@"); }
if (( ${#command[@]} == 0 )); then
  echo "image: no IMAGE_COMMAND is set, so the nodes must be able to pull $tag" >&2
  exit 0
fi
root=$(cd "$(dirname "$0")/.." && pwd) directory=$(cd "$(dirname "$0")/../image" && pwd)
if [[ -n ${IMAGE_COMMIT:-} ]]; then
  git -C "$root" cat-file -e "$IMAGE_COMMIT^{commit}" 2>/dev/null ||
    { echo "image: this clone lacks commit $IMAGE_COMMIT: git fetch --unshallow" >&2; exit 1; }
  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  git -C "$root" archive "$IMAGE_COMMIT" image | tar -x -C "$temporary"
  directory=$temporary/image
fi
"${command[@]}" "$tag" "$directory" "${arguments[@]}"
