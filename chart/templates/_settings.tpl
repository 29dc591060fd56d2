{{/* true where more than one pod may run. */}}
{{- define "networkx-mcp.autoscaled" -}}
{{- if and .Values.autoscaling.enabled (ne .Values.store.type "embedded") }}true{{ end }}
{{- end }}

{{/* Fewest pods that run. */}}
{{- define "networkx-mcp.pods" -}}
{{- if eq .Values.store.type "embedded" }}1
{{- else if .Values.autoscaling.enabled }}{{ int64 .Values.autoscaling.minReplicas }}
{{- else }}{{ int64 .Values.replicas }}
{{- end }}
{{- end }}

{{/* Pods at the most that autoscaling may reach. */}}
{{- define "networkx-mcp.mostPods" -}}
{{- if .Values.autoscaling.enabled }}{{ int64 .Values.autoscaling.maxReplicas }}
{{- else }}{{ int64 .Values.replicas }}
{{- end }}
{{- end }}

{{/* Names of the Secrets, which exist before the release: the chart makes none. */}}
{{- define "networkx-mcp.authSecret" -}}
{{- .Values.auth.tokens.existingSecret | default (printf "%s-auth" (include "networkx-mcp.fullname" .)) }}
{{- end }}
{{- define "networkx-mcp.clientSecret" -}}
{{- .Values.client.existingSecret | default (printf "%s-client" (include "networkx-mcp.fullname" .)) }}
{{- end }}
{{- define "networkx-mcp.storeSecret" -}}
{{- $own := ternary .Values.store.external.existingSecret .Values.store.valkey.existingSecret (eq .Values.store.type "external") }}
{{- $own | default (printf "%s-store" (include "networkx-mcp.fullname" .)) }}
{{- end }}

{{/* true where the store asks for a password. */}}
{{- define "networkx-mcp.storePassword" -}}
{{- if or (eq .Values.store.type "valkey") (and (eq .Values.store.type "external") .Values.store.external.usePassword) }}true{{ end }}
{{- end }}

{{- define "networkx-mcp.storeUrl" -}}
{{- if eq .Values.store.type "external" }}{{ .Values.store.external.url }}
{{- else }}redis://{{ include "networkx-mcp.fullname" . }}-store:6379/0
{{- end }}
{{- end }}

{{/* Host names the server answers to: those that the Service, Ingress and HTTPRoute give it, and the user's. */}}
{{- define "networkx-mcp.allowedHosts" -}}
{{- $name := include "networkx-mcp.fullname" . }}
{{- $namespace := printf "%s.%s" $name .Release.Namespace }}
{{- $hosts := list "localhost" "127.0.0.1" "[::1]" $name $namespace (printf "%s.svc" $namespace) (printf "%s.svc.%s" $namespace .Values.clusterDomain) }}
{{- if .Values.ingress.enabled }}{{ $hosts = concat $hosts (default list .Values.ingress.hosts) }}{{ end }}
{{- if .Values.httpRoute.enabled }}{{ $hosts = concat $hosts (default list .Values.httpRoute.hostnames) }}{{ end }}
{{- concat $hosts (default list .Values.http.allowedHosts) | uniq | join "," }}
{{- end }}

{{/* Public URL of /mcp, for the OIDC metadata. */}}
{{- define "networkx-mcp.resourceUrl" -}}
{{- if .Values.auth.oidc.resourceUrl }}{{ .Values.auth.oidc.resourceUrl }}
{{- else if and .Values.ingress.enabled .Values.ingress.hosts }}{{ ternary "https" "http" .Values.ingress.tls.enabled }}://{{ first .Values.ingress.hosts }}/mcp
{{- else if and .Values.httpRoute.enabled .Values.httpRoute.hostnames }}https://{{ first .Values.httpRoute.hostnames }}/mcp
{{- end }}
{{- end }}

{{/* The server's environment: variables that are values (_environment.tpl), each group where it applies, and what follows from several. */}}
{{- define "networkx-mcp.settings" -}}
{{ include "networkx-mcp.settings.limits" . }}
{{ include "networkx-mcp.settings.memory" . }}
{{ include "networkx-mcp.settings.ratelimit" . }}
{{- if .Values.auth.tokens.enabled }}
NETWORKX_MCP_AUTH_TOKENS_DIR: /etc/networkx-mcp/tokens
{{- end }}
{{- if .Values.auth.oidc.issuer }}
{{ include "networkx-mcp.settings.oidc" . }}
{{- end }}
{{- with .Values.store }}
{{- if eq .type "embedded" }}
NETWORKX_MCP_STORE_TYPE: embedded
NETWORKX_MCP_STORE_PATH: /data/networkx-mcp.sqlite3
{{- else }}
NETWORKX_MCP_STORE_TYPE: redis
NETWORKX_MCP_STORE_URL: {{ include "networkx-mcp.storeUrl" $ | quote }}
{{- end }}
{{- if include "networkx-mcp.storePassword" $ }}
NETWORKX_MCP_STORE_PASSWORD_FILE: /etc/networkx-mcp/store/password
{{- end }}
{{- if eq .type "external" }}
NETWORKX_MCP_STORE_USERNAME: {{ .external.username | default "" | quote }}
{{- if .external.caSecret }}
NETWORKX_MCP_STORE_TLS_CA_FILE: /etc/networkx-mcp/store-ca/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{ include "networkx-mcp.settings.store" . }}
{{ include "networkx-mcp.settings.http" . }}
{{ include "networkx-mcp.settings.log" . }}
{{- end }}

{{/* Paths that leave the cluster, as a JSON list: never probes, metrics or /admin. */}}
{{- define "networkx-mcp.publicPaths" -}}
{{- $paths := list (dict "path" "/mcp" "type" "Prefix") (dict "path" "/graphs" "type" "Prefix") }}
{{- if .Values.http.viewer }}
{{- $paths = append $paths (dict "path" "/view" "type" "Prefix") }}
{{- end }}
{{- if .Values.auth.oidc.issuer }}
{{- $paths = append $paths (dict "path" "/.well-known/oauth-protected-resource/mcp" "type" "Exact") }}
{{- end }}
{{- toJson $paths }}
{{- end }}
