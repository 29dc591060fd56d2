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

{{/* A pod that calls the server with a plain token and ends (dict: root, key, name, command, args, resources, volume).
     `volume`: a claim mounted at /backups, or none. */}}
{{- define "networkx-mcp.clientPod" -}}
{{- $root := .root -}}
{{- include "networkx-mcp.podDefaults" $root }}
restartPolicy: Never
securityContext:
  {{- include "networkx-mcp.podSecurityContext" $root | nindent 2 }}
containers:
  - name: {{ .name }}
    image: {{ include "networkx-mcp.image" (dict "image" $root.Values.image "tag" $root.Chart.AppVersion) }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    command: {{ toJson .command }}
    args:
      {{- toYaml .args | nindent 6 }}
    securityContext:
      {{- include "networkx-mcp.containerSecurityContext" $root | nindent 6 }}
    resources:
      {{- toYaml .resources | nindent 6 }}
    volumeMounts:
      - name: client
        mountPath: /etc/networkx-mcp/client
        readOnly: true
      - name: tmp
        mountPath: /tmp
      {{- if .volume }}
      - name: backups
        mountPath: /backups
      {{- end }}
volumes:
  - name: client
    secret:
      secretName: {{ include "networkx-mcp.clientSecret" $root }}
      defaultMode: 0440
      items:
        - key: {{ .key }}
          path: {{ .key }}
  - name: tmp
    emptyDir:
      sizeLimit: 16Mi
  {{- with .volume }}
  - name: backups
    persistentVolumeClaim:
      claimName: {{ . }}
  {{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The smoke call, as `helm test` and Argo CD make it. */}}
{{- define "networkx-mcp.smokePod" -}}
{{- $url := printf "http://%s:%d/mcp" (include "networkx-mcp.fullname" .) (int64 .Values.service.port) -}}
{{- $resources := dict "requests" (dict "cpu" "50m" "memory" "64Mi") "limits" (dict "cpu" "500m" "memory" "256Mi") -}}
{{- include "networkx-mcp.clientPod" (dict "root" . "key" "smoke" "name" "smoke" "command" (list "python" "-m" "networkx_mcp.smoke") "args" (list $url "--token-file=/etc/networkx-mcp/client/smoke") "resources" $resources) }}
{{- end }}

{{/* What the jobs of backups run with (dict: root, command: backup or restore, sync: true where Argo CD's sync waits
     for it). A sync waits four minutes at the most and goes on where the backup fails, or a full backup volume would
     hold up the next commit, which may be the one that mends it; NetworkxMcpBackupOld tells of backups that fail. Exit code 3
     is that of a backup which was made and lacks damaged graphs: another try would make the same, so the job has failed at
     once. NetworkxMcpBackupIncomplete tells of it. */}}
{{- define "networkx-mcp.backupJob" -}}
{{- $root := .root -}}
{{- $backup := $root.Values.backup -}}
{{- $name := include "networkx-mcp.fullname" $root -}}
{{- $args := list .command (printf "--url=http://%s:%d" $name (int64 $root.Values.service.port)) "--token-file=/etc/networkx-mcp/client/backup" -}}
{{- if eq .command "backup" }}
{{- $args = concat $args (list "--out=/backups" (printf "--keep=%d" (int64 $backup.keep))) }}
{{- else }}
{{- $args = append $args (printf "--from=/backups/%s" (default "" $backup.restoreFrom) | trimSuffix "/") }}
{{- end }}
{{- $command := list "networkx-mcp" }}
{{- if .sync }}
{{- $command = list "sh" "-c" `timeout 240 networkx-mcp "$@" || test $? = 3 || echo "no backup was made with this sync" >&2` "sync" }}
{{- end }}
backoffLimit: {{ ternary 0 2 (default false .sync) }}
{{- if not .sync }}
podFailurePolicy:
  rules:
    - action: FailJob
      onExitCodes:
        containerName: {{ .command }}
        operator: In
        values: [3]
{{- end }}
activeDeadlineSeconds: {{ ternary 300 (int64 $backup.timeoutSeconds) (default false .sync) }}
template:
  metadata:
    labels:
      {{- include "networkx-mcp.podLabels" $root | nindent 6 }}
      app.kubernetes.io/component: backup
      {{- include "networkx-mcp.clientLabel" $root | nindent 6 }}
  spec:
    {{- include "networkx-mcp.clientPod" (dict "root" $root "key" "backup" "name" .command "command" $command "args" $args "resources" $backup.resources "volume" ($backup.persistence.existingClaim | default (printf "%s-backup" $name))) | nindent 4 }}
{{- end }}
