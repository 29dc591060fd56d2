#!/usr/bin/env bash
# stage.sh NAME COMMAND...: run one stage and say how long it took, whether it passed or not.
set -uo pipefail
name=$1; shift
start=$SECONDS
"$@"
status=$?
if (( status == 0 )); then verdict=passed; else verdict="FAILED ($status)"; fi
printf 'stage %-12s %s in %d s\n' "$name" "$verdict" $(( SECONDS - start ))
exit "$status"
