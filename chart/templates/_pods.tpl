{{/* What every pod of the release has in common: Pod Security "restricted", no token, no service variables
     (a Service named like the release would set NETWORKX_MCP_... variables, which the server reads). */}}
{{- define "networkx-mcp.podDefaults" -}}
serviceAccountName: {{ include "networkx-mcp.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "networkx-mcp.podSecurityContext" -}}
runAsNonRoot: true
{{- with .Values.podSecurity }}
{{- if not (kindIs "invalid" .runAsUser) }}
runAsUser: {{ int64 .runAsUser }}
{{- end }}
{{- if not (kindIs "invalid" .runAsGroup) }}
runAsGroup: {{ int64 .runAsGroup }}
{{- end }}
{{- if not (kindIs "invalid" .fsGroup) }}
fsGroup: {{ int64 .fsGroup }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "networkx-mcp.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* A probe (dict: path, probe). */}}
{{- define "networkx-mcp.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
periodSeconds: {{ int64 .probe.periodSeconds }}
timeoutSeconds: {{ int64 .probe.timeoutSeconds }}
failureThreshold: {{ int64 .probe.failureThreshold }}
{{- end }}

{{/* Even over nodes, and over zones where asked, counting the pods of one version only. */}}
{{- define "networkx-mcp.topologySpread" -}}
{{- range $key, $strictness := dict "kubernetes.io/hostname" .Values.spread.nodes "topology.kubernetes.io/zone" .Values.spread.zones }}
{{- if $strictness }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: {{ $strictness }}
  matchLabelKeys: [pod-template-hash]
  labelSelector:
    matchLabels:
      {{- include "networkx-mcp.selectorLabels" $ | nindent 6 }}
      app.kubernetes.io/component: server
{{- end }}
{{- end }}
{{- end }}
