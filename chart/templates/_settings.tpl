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

{{/* The server's environment: each setting is named as its value. toJson, because a large number prints as 1e+06. */}}
{{- define "networkx-mcp.settings" -}}
{{- with .Values.limits -}}
NETWORKX_MCP_LIMITS_CONNECTIONS: {{ toJson .connections | quote }}
NETWORKX_MCP_LIMITS_QUEUE: {{ toJson .queue | quote }}
NETWORKX_MCP_LIMITS_QUEUE_TIMEOUT_SECONDS: {{ toJson .queueTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_WORKERS: {{ toJson .workers | quote }}
NETWORKX_MCP_LIMITS_RESERVED_WORKERS: {{ toJson .reservedWorkers | quote }}
NETWORKX_MCP_LIMITS_GRAPH_NODES: {{ toJson .graphNodes | quote }}
NETWORKX_MCP_LIMITS_GRAPH_EDGES: {{ toJson .graphEdges | quote }}
NETWORKX_MCP_LIMITS_VALUE_KIB: {{ toJson .valueKiB | quote }}
NETWORKX_MCP_LIMITS_GRAPH_MB: {{ toJson .graphMB | quote }}
NETWORKX_MCP_LIMITS_TENANT_MB: {{ toJson .tenantMB | quote }}
NETWORKX_MCP_LIMITS_TENANT_GRAPHS: {{ toJson .tenantGraphs | quote }}
NETWORKX_MCP_LIMITS_TOOL_BODY_KIB: {{ toJson .toolBodyKiB | quote }}
NETWORKX_MCP_LIMITS_TOOL_BODY_VALUES: {{ toJson .toolBodyValues | quote }}
NETWORKX_MCP_LIMITS_UPLOAD_MB: {{ toJson .uploadMB | quote }}
NETWORKX_MCP_LIMITS_UPLOAD_CONCURRENT: {{ toJson .uploadConcurrent | quote }}
NETWORKX_MCP_LIMITS_UPLOAD_MIN_KIB_PER_SECOND: {{ toJson .uploadMinKiBPerSecond | quote }}
NETWORKX_MCP_LIMITS_BODY_BUDGET_MB: {{ toJson .bodyBudgetMB | quote }}
NETWORKX_MCP_LIMITS_SOCKETS: {{ toJson .sockets | quote }}
NETWORKX_MCP_LIMITS_MEMORY_MB: {{ toJson .memoryMB | quote }}
NETWORKX_MCP_LIMITS_REQUEST_TIMEOUT_SECONDS: {{ toJson .requestTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_CONNECTION_TIMEOUT_SECONDS: {{ toJson .connectionTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_BODY_TIMEOUT_SECONDS: {{ toJson .bodyTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_SHUTDOWN_TIMEOUT_SECONDS: {{ toJson .shutdownTimeoutSeconds | quote }}
{{- end }}
{{- with .Values.memory }}
NETWORKX_MCP_MEMORY_RESIDENT_MB: {{ toJson .residentMB | quote }}
NETWORKX_MCP_MEMORY_RESULTS_MB: {{ toJson .resultsMB | quote }}
NETWORKX_MCP_MEMORY_WORKER_MB: {{ toJson .workerMB | quote }}
NETWORKX_MCP_MEMORY_CONSTRAINED_RATIO: {{ toJson .constrainedRatio | quote }}
NETWORKX_MCP_MEMORY_PROTECTIVE_RATIO: {{ toJson .protectiveRatio | quote }}
{{- end }}
{{- with .Values.rateLimit }}
NETWORKX_MCP_RATELIMIT_ENABLED: {{ toJson .enabled | quote }}
NETWORKX_MCP_RATELIMIT_REQUESTS_PER_SECOND: {{ toJson .requestsPerSecond | quote }}
NETWORKX_MCP_RATELIMIT_BURST: {{ toJson .burst | quote }}
NETWORKX_MCP_RATELIMIT_LEASE: {{ toJson .lease | quote }}
NETWORKX_MCP_RATELIMIT_REPLICAS: {{ include "networkx-mcp.pods" $ | quote }}
{{- end }}
{{- if .Values.auth.tokens.enabled }}
NETWORKX_MCP_AUTH_TOKENS_DIR: /etc/networkx-mcp/tokens
{{- end }}
{{- with .Values.auth.oidc }}
{{- if .issuer }}
NETWORKX_MCP_OIDC_ISSUER: {{ .issuer | quote }}
NETWORKX_MCP_OIDC_AUDIENCE: {{ .audience | quote }}
NETWORKX_MCP_OIDC_JWKS_URL: {{ .jwksUrl | default "" | quote }}
NETWORKX_MCP_OIDC_RESOURCE_URL: {{ include "networkx-mcp.resourceUrl" $ | quote }}
NETWORKX_MCP_OIDC_TENANT_CLAIM: {{ .tenantClaim | quote }}
NETWORKX_MCP_OIDC_SCOPE_CLAIM: {{ .scopeClaim | quote }}
NETWORKX_MCP_OIDC_LEEWAY_SECONDS: {{ toJson .leewaySeconds | quote }}
{{- end }}
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
NETWORKX_MCP_STORE_PREFIX: {{ .prefix | quote }}
NETWORKX_MCP_STORE_ALLOW_VOLATILE: {{ toJson .allowVolatile | quote }}
NETWORKX_MCP_STORE_TIMEOUT_SECONDS: {{ toJson .timeoutSeconds | quote }}
NETWORKX_MCP_STORE_COMPACT_OPERATIONS: {{ toJson .compactOperations | quote }}
NETWORKX_MCP_STORE_COMPACT_KIB: {{ toJson .compactKiB | quote }}
{{- end }}
NETWORKX_MCP_HTTP_HOST: {{ .Values.http.host | quote }}
NETWORKX_MCP_HTTP_PORT: "8080"
NETWORKX_MCP_HTTP_ALLOWED_HOSTS: {{ include "networkx-mcp.allowedHosts" . | quote }}
NETWORKX_MCP_HTTP_ALLOWED_ORIGINS: {{ join "," (default list .Values.http.allowedOrigins) | quote }}
NETWORKX_MCP_HTTP_KEEP_ALIVE_SECONDS: {{ toJson .Values.http.keepAliveSeconds | quote }}
NETWORKX_MCP_HTTP_CONNECTION_MAX_SECONDS: {{ toJson .Values.http.connectionMaxSeconds | quote }}
NETWORKX_MCP_HTTP_CONNECTION_MAX_REQUESTS: {{ toJson .Values.http.connectionMaxRequests | quote }}
NETWORKX_MCP_HTTP_DRAIN_SECONDS: {{ toJson .Values.shutdown.drainSeconds | quote }}
NETWORKX_MCP_LOG_LEVEL: {{ .Values.log.level | quote }}
NETWORKX_MCP_LOG_OTLP_ENDPOINT: {{ .Values.log.otlpEndpoint | default "" | quote }}
{{- end }}

{{/* Paths that leave the cluster, as a JSON list: never probes, metrics or /admin. */}}
{{- define "networkx-mcp.publicPaths" -}}
{{- $paths := list (dict "path" "/mcp" "type" "Prefix") (dict "path" "/graphs" "type" "Prefix") }}
{{- if .Values.auth.oidc.issuer }}
{{- $paths = append $paths (dict "path" "/.well-known/oauth-protected-resource/mcp" "type" "Exact") }}
{{- end }}
{{- toJson $paths }}
{{- end }}
