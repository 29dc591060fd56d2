{{/* Written by scripts/chart_settings.py from image/src/networkx_mcp/settings.py: change that, then `make docs`. A setting is
named as its value. toJson, because a large number prints as 1e+06. */}}

{{- define "networkx-mcp.settings.http" -}}
NETWORKX_MCP_HTTP_HOST: {{ .Values.http.host | quote }}
NETWORKX_MCP_HTTP_PORT: {{ 8080 | quote }}
NETWORKX_MCP_HTTP_ALLOWED_HOSTS: {{ include "networkx-mcp.allowedHosts" . | quote }}
NETWORKX_MCP_HTTP_ALLOWED_ORIGINS: {{ join "," (default list .Values.http.allowedOrigins) | quote }}
NETWORKX_MCP_HTTP_VIEWER: {{ toJson .Values.http.viewer | quote }}
NETWORKX_MCP_HTTP_KEEP_ALIVE_SECONDS: {{ toJson .Values.http.keepAliveSeconds | quote }}
NETWORKX_MCP_HTTP_CONNECTION_MAX_SECONDS: {{ toJson .Values.http.connectionMaxSeconds | quote }}
NETWORKX_MCP_HTTP_CONNECTION_MAX_REQUESTS: {{ toJson .Values.http.connectionMaxRequests | quote }}
NETWORKX_MCP_HTTP_DRAIN_SECONDS: {{ toJson .Values.shutdown.drainSeconds | quote }}
{{- end }}

{{- define "networkx-mcp.settings.limits" -}}
NETWORKX_MCP_LIMITS_CONNECTIONS: {{ toJson .Values.limits.connections | quote }}
NETWORKX_MCP_LIMITS_QUEUE: {{ toJson .Values.limits.queue | quote }}
NETWORKX_MCP_LIMITS_QUEUE_TIMEOUT_SECONDS: {{ toJson .Values.limits.queueTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_WORKERS: {{ toJson .Values.limits.workers | quote }}
NETWORKX_MCP_LIMITS_RESERVED_WORKERS: {{ toJson .Values.limits.reservedWorkers | quote }}
NETWORKX_MCP_LIMITS_INLINE_ELEMENTS: {{ toJson .Values.limits.inlineElements | quote }}
NETWORKX_MCP_LIMITS_GRAPH_NODES: {{ toJson .Values.limits.graphNodes | quote }}
NETWORKX_MCP_LIMITS_GRAPH_EDGES: {{ toJson .Values.limits.graphEdges | quote }}
NETWORKX_MCP_LIMITS_VALUE_KIB: {{ toJson .Values.limits.valueKiB | quote }}
NETWORKX_MCP_LIMITS_GRAPH_MB: {{ toJson .Values.limits.graphMB | quote }}
NETWORKX_MCP_LIMITS_TENANT_MB: {{ toJson .Values.limits.tenantMB | quote }}
NETWORKX_MCP_LIMITS_TENANT_MEMORY_MB: {{ toJson .Values.limits.tenantMemoryMB | quote }}
NETWORKX_MCP_LIMITS_TENANT_GRAPHS: {{ toJson .Values.limits.tenantGraphs | quote }}
NETWORKX_MCP_LIMITS_TOOL_BODY_KIB: {{ toJson .Values.limits.toolBodyKiB | quote }}
NETWORKX_MCP_LIMITS_TOOL_BODY_VALUES: {{ toJson .Values.limits.toolBodyValues | quote }}
NETWORKX_MCP_LIMITS_UPLOAD_MB: {{ toJson .Values.limits.uploadMB | quote }}
NETWORKX_MCP_LIMITS_UPLOAD_CONCURRENT: {{ toJson .Values.limits.uploadConcurrent | quote }}
NETWORKX_MCP_LIMITS_UPLOAD_MIN_KIB_PER_SECOND: {{ toJson .Values.limits.uploadMinKiBPerSecond | quote }}
NETWORKX_MCP_LIMITS_BODY_BUDGET_MB: {{ toJson .Values.limits.bodyBudgetMB | quote }}
NETWORKX_MCP_LIMITS_SOCKETS: {{ toJson .Values.limits.sockets | quote }}
NETWORKX_MCP_LIMITS_MEMORY_MB: {{ toJson .Values.limits.memoryMB | quote }}
NETWORKX_MCP_LIMITS_REQUEST_TIMEOUT_SECONDS: {{ toJson .Values.limits.requestTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_CONNECTION_TIMEOUT_SECONDS: {{ toJson .Values.limits.connectionTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_BODY_TIMEOUT_SECONDS: {{ toJson .Values.limits.bodyTimeoutSeconds | quote }}
NETWORKX_MCP_LIMITS_SHUTDOWN_TIMEOUT_SECONDS: {{ toJson .Values.limits.shutdownTimeoutSeconds | quote }}
{{- end }}

{{- define "networkx-mcp.settings.memory" -}}
NETWORKX_MCP_MEMORY_RESIDENT_MB: {{ toJson .Values.memory.residentMB | quote }}
NETWORKX_MCP_MEMORY_RESULTS_MB: {{ toJson .Values.memory.resultsMB | quote }}
NETWORKX_MCP_MEMORY_WORKER_MB: {{ toJson .Values.memory.workerMB | quote }}
NETWORKX_MCP_MEMORY_CONSTRAINED_RATIO: {{ toJson .Values.memory.constrainedRatio | quote }}
NETWORKX_MCP_MEMORY_PROTECTIVE_RATIO: {{ toJson .Values.memory.protectiveRatio | quote }}
{{- end }}

{{- define "networkx-mcp.settings.ratelimit" -}}
NETWORKX_MCP_RATELIMIT_ENABLED: {{ toJson .Values.rateLimit.enabled | quote }}
NETWORKX_MCP_RATELIMIT_REQUESTS_PER_SECOND: {{ toJson .Values.rateLimit.requestsPerSecond | quote }}
NETWORKX_MCP_RATELIMIT_BURST: {{ toJson .Values.rateLimit.burst | quote }}
NETWORKX_MCP_RATELIMIT_LEASE: {{ toJson .Values.rateLimit.lease | quote }}
NETWORKX_MCP_RATELIMIT_REPLICAS: {{ include "networkx-mcp.pods" . | quote }}
{{- end }}

{{- define "networkx-mcp.settings.oidc" -}}
NETWORKX_MCP_OIDC_ISSUER: {{ .Values.auth.oidc.issuer | default "" | quote }}
NETWORKX_MCP_OIDC_AUDIENCE: {{ .Values.auth.oidc.audience | default "" | quote }}
NETWORKX_MCP_OIDC_JWKS_URL: {{ .Values.auth.oidc.jwksUrl | default "" | quote }}
NETWORKX_MCP_OIDC_RESOURCE_URL: {{ include "networkx-mcp.resourceUrl" . | quote }}
NETWORKX_MCP_OIDC_TENANT_CLAIM: {{ .Values.auth.oidc.tenantClaim | quote }}
NETWORKX_MCP_OIDC_SCOPE_CLAIM: {{ .Values.auth.oidc.scopeClaim | quote }}
NETWORKX_MCP_OIDC_LEEWAY_SECONDS: {{ toJson .Values.auth.oidc.leewaySeconds | quote }}
{{- end }}

{{- define "networkx-mcp.settings.store" -}}
NETWORKX_MCP_STORE_PREFIX: {{ .Values.store.prefix | quote }}
NETWORKX_MCP_STORE_ALLOW_VOLATILE: {{ toJson .Values.store.allowVolatile | quote }}
NETWORKX_MCP_STORE_TIMEOUT_SECONDS: {{ toJson .Values.store.timeoutSeconds | quote }}
NETWORKX_MCP_STORE_COMPACT_OPERATIONS: {{ toJson .Values.store.compactOperations | quote }}
NETWORKX_MCP_STORE_COMPACT_KIB: {{ toJson .Values.store.compactKiB | quote }}
{{- end }}

{{- define "networkx-mcp.settings.log" -}}
NETWORKX_MCP_LOG_LEVEL: {{ .Values.log.level | quote }}
NETWORKX_MCP_LOG_OTLP_ENDPOINT: {{ .Values.log.otlpEndpoint | default "" | quote }}
{{- end }}
