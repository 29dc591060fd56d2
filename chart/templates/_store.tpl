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
maxclients 2048
tcp-keepalive 60
timeout 0
{{- end }}

{{/* The password goes through a file in memory: never into arguments, which other processes can read. */}}
{{- define "networkx-mcp.storeStart" -}}
set -eu
umask 077
server=$(command -v valkey-server || command -v redis-server)
cp /etc/store/valkey.conf /run/store/valkey.conf
printf '\nrequirepass "%s"\n' "$(sed 's/[\\"]/\\&/g' /etc/store-password/password)" >> /run/store/valkey.conf
exec "$server" /run/store/valkey.conf
{{- end }}

{{/* A probe asks with the password of the moment; an answer is enough for life, PONG for readiness. */}}
{{- define "networkx-mcp.storeAsk" -}}
export REDISCLI_AUTH="$(cat /etc/store-password/password)"; $(command -v valkey-cli || command -v redis-cli) ping
{{- end }}
