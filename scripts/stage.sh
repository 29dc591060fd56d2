#!/bin/sh
# stage.sh NAME COMMAND...: run one stage and say how long it took, whether it passed or not.
set -u
name=$1; shift
start=$(date +%s)
"$@"
status=$?
if [ "$status" -eq 0 ]; then verdict=passed; else verdict="FAILED ($status)"; fi
printf 'stage %-12s %s in %d s\n' "$name" "$verdict" $(( $(date +%s) - start ))
exit "$status"
