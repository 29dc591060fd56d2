{{/* Name of the app. */}}
{{- define "networkx-mcp.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 46 | trimSuffix "-" }}
{{- end }}

{{/* Name of the release's objects. 46, not 63: a StatefulSet named `<fullname>-store` may have 52 characters. */}}
{{- define "networkx-mcp.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 46 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 46 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Port of a URL: the one it names, else that of its scheme. */}}
{{- define "networkx-mcp.urlPort" -}}
{{- regexFind ":[0-9]+(/|$)" (regexReplaceAll "^https?://" . "") | trimPrefix ":" | trimSuffix "/" | default (ternary "80" "443" (hasPrefix "http://" .)) }}
{{- end }}

{{/* Name and version of the chart, as a label. */}}
{{- define "networkx-mcp.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "networkx-mcp.labels" -}}
helm.sh/chart: {{ include "networkx-mcp.chart" . }}
app.kubernetes.io/name: {{ include "networkx-mcp.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ include "networkx-mcp.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What a selector may name: it can never change. Component is added by the object. */}}
{{- define "networkx-mcp.selectorLabels" -}}
app.kubernetes.io/name: {{ include "networkx-mcp.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of a pod: no version of the chart, or each new one would restart the store. */}}
{{- define "networkx-mcp.podLabels" -}}
{{- include "networkx-mcp.selectorLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* repository:tag@digest of an image (dict: image, tag). */}}
{{- define "networkx-mcp.image" -}}
{{- .image.repository }}:{{ .image.tag | default .tag }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "networkx-mcp.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "networkx-mcp.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* The label that lets a pod of the namespace call the server through its NetworkPolicy. */}}
{{- define "networkx-mcp.clientLabel" -}}
{{ include "networkx-mcp.fullname" . }}-client: "true"
{{- end }}

{{/* A quantity (1434Mi, 2Gi, 1.5G, 2147483648) in bytes. */}}
{{- define "networkx-mcp.bytes" -}}
{{- $number := regexFind "^[0-9.]+" . }}
{{- $factors := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- mulf (float64 $number) (get $factors (trimPrefix $number .)) | int64 }}
{{- end }}

{{/* Seconds from the pod's end to its kill, rounded up: preStop runs inside them. */}}
{{- define "networkx-mcp.grace" -}}
{{- addf .Values.shutdown.preStopSeconds .Values.limits.shutdownTimeoutSeconds .Values.shutdown.slackSeconds | ceil | int64 }}
{{- end }}

{{/* What Argo CD reads of an object (list: root, wave, sync options...); nothing unless argocd.enabled. */}}
{{- define "networkx-mcp.argocd" -}}
{{- $root := index . 0 }}
{{- if $root.Values.argocd.enabled }}
argocd.argoproj.io/sync-wave: {{ index . 1 | quote }}
{{- with slice . 2 }}
argocd.argoproj.io/sync-options: {{ join "," . }}
{{- end }}
{{- end }}
{{- end }}

{{/* The same as a block of its own, for objects without other annotations. */}}
{{- define "networkx-mcp.argocdAnnotations" -}}
{{- with include "networkx-mcp.argocd" . }}
annotations:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The same for what comes last and says nothing about the release's health. */}}
{{- define "networkx-mcp.argocdUnwatched" -}}
{{- with include "networkx-mcp.argocdAnnotations" (list . "1") }}
{{- . }}
  argocd.argoproj.io/ignore-healthcheck: "true"
{{- end }}
{{- end }}

{{/* Keeps data where a release or an application is removed, or stops to name it. */}}
{{- define "networkx-mcp.keep" -}}
helm.sh/resource-policy: keep
{{- include "networkx-mcp.argocd" (list (index . 0) (index . 1) "Prune=false" "Delete=false") }}
{{- end }}
