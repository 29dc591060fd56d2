{{/* What makes an acknowledged write durable, and nothing that was written disappear. */}}
{{- define "networkx-mcp.storeConfig" -}}
dir /data
databases 1
# Durable: each write is synced to disk before it is acknowledged, also while the log is rewritten.
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
aof-use-rdb-preamble yes
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
# The log is the only copy: a snapshot beside it would be a second, older truth.
save ""
stop-writes-on-bgsave-error yes
# Full: refuse writes, evict nothing.
maxmemory {{ int64 .Values.store.valkey.maxMemoryMB }}mb
maxmemory-policy noeviction
# 32 connections of each pod, and of half as many again while a new release replaces them.
maxclients {{ max 2048 (mul 48 (include "networkx-mcp.mostPods" . | int64)) }}
tcp-keepalive 60
timeout 0
{{- end }}

{{/* Only the password's hash reaches the configuration, and that lies in memory. A password that changes in the Secret
     is taken up within a second of the kubelet's copy, without a restart; the servers' copies are up to two minutes
     older or newer, so for ten minutes the one before is taken as well. A `previous` in the Secret is taken for as long as it is there,
     also where the store starts anew meanwhile.
     A store that cannot write its log ends (appendfsync always), and would do so after each restart. So while less
     than a sixteenth of the volume is free (16 to 256 MiB: disks may be shared, and large), `guard` lets it refuse writes as if its memory were full:
     reads and deletes go on, and the log is rewritten where there is room, since that is what gives space back. */}}
{{- define "networkx-mcp.storeStart" -}}
set -eu
umask 077
hash() { printf %s "$(cat "$1")" | sha256sum | cut -d ' ' -f 1; }
secret=/etc/store-password
[ -s "$secret/password" ] || { echo "the Secret has no key password" >&2; exit 1; }
of_secret() { # the hashes of the passwords that the Secret names
  printf '#%s' "$(hash "$secret/password")"
  [ ! -s "$secret/previous" ] || printf ' #%s' "$(hash "$secret/previous")"
}
hashes=$(of_secret) password=$(cat "$secret/password")
{ cat /etc/store/valkey.conf; printf '\nuser default on ~* &* +@all %s\n' "$hashes"; } > /run/store/valkey.conf
cli() { REDISCLI_AUTH="$password" "$(command -v valkey-cli || command -v redis-cli)" -e -p 6379 "$@"; }
rotate() {
  [ -s "$secret/password" ] || return 0
  fresh=$(of_secret)
  if [ "$fresh" != "$hashes" ]; then
    # shellcheck disable=SC2086 # words of hex digits
    cli ACL SETUSER default resetpass $fresh "#$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)" > /dev/null || return 0
    hashes=$fresh password=$(cat "$secret/password") grace=600
    echo "the password was changed; the one before is taken for ten minutes"
  elif [ "$grace" -gt 0 ]; then
    grace=$((grace - 1))
    # shellcheck disable=SC2086
    [ "$grace" -gt 0 ] || cli ACL SETUSER default resetpass $hashes > /dev/null || grace=1
  fi
}
guard() {
  full=no turn=0 grace=0
  while sleep 1 && kill -0 $$ 2> /dev/null; do
    rotate
    set -- $(df -Pk /data | tail -n 1)
    [ $# -ge 4 ] || continue
    reserve=$(($2 / 16))
    [ "$reserve" -ge 16384 ] || reserve=16384
    [ "$reserve" -le 262144 ] || reserve=262144
    if [ "$full" = no ] && [ "$4" -lt "$reserve" ]; then
      cli CONFIG SET maxmemory 1 > /dev/null || continue
      full=yes turn=0
      echo "the volume is full, $4 KiB are free: writes are refused"
    elif [ "$full" = yes ] && [ "$4" -ge "$reserve" ]; then
      cli CONFIG SET maxmemory {{ int64 .Values.store.valkey.maxMemoryMB }}mb > /dev/null || continue
      full=no
      echo "the volume has room, $4 KiB are free: writes are taken"
    elif [ "$full" = yes ]; then
      turn=$((turn + 1))
      used=$(cli INFO memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p')
      [ $((turn % 30)) != 1 ] || [ $((${used:-0} / 1024)) -ge "$4" ] || cli BGREWRITEAOF || true
    fi
  done
}
# Some volumes are open to this user only a moment after they are bound, others never; the store would not say which.
tries=0
until [ -w /data ] && [ -x /data ]; do
  [ "$tries" -gt 0 ] || echo "the volume is not writable yet for $(id)" >&2
  [ "$tries" -lt 30 ] || { echo "the volume is not writable after 30 s: set podSecurity.fsGroup, or give its directory to this user" >&2; exit 1; }
  tries=$((tries + 1))
  sleep 1
done
guard &
exec "$(command -v valkey-server || command -v redis-server)" /run/store/valkey.conf
{{- end }}

{{/* A probe asks with the password of the moment. Any answer is enough for life. Ready is PONG, not LOADING;
     NOAUTH too, because a Secret that changed before the restart must not take the store away. */}}
{{- define "networkx-mcp.storeAsk" -}}
export REDISCLI_AUTH="$(cat /etc/store-password/password)"; $(command -v valkey-cli || command -v redis-cli) ping
{{- end }}
{{- define "networkx-mcp.storeReady" -}}
{{ include "networkx-mcp.storeAsk" . }} 2>&1 | grep -Eq 'PONG|NOAUTH'
{{- end }}
