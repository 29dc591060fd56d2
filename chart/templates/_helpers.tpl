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

{{/* Port of a URL: the one it names, else the usual one of its scheme. */}}
{{- define "networkx-mcp.urlPort" -}}
{{- $url := urlParse . }}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (get (dict "http" "80" "https" "443" "redis" "6379" "rediss" "6379") $url.scheme) }}
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

{{/* repository:tag@digest of an image (dict: image, tag). A tag of digits alone is a number to YAML, and a large
     one would print as 2.0260101e+07. */}}
{{- define "networkx-mcp.image" -}}
{{- $tag := .image.tag | default .tag }}
{{- .image.repository }}:{{ kindIs "string" $tag | ternary $tag (int64 $tag | toString) }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "networkx-mcp.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "networkx-mcp.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* MiB that a pod of the server fills at its defaults, without any call: graphs, results, and 560 for its processes. */}}
{{- define "networkx-mcp.idleMiB" -}}
{{- add (int64 .Values.memory.residentMB) (int64 .Values.memory.resultsMB) 560 }}
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

{{/* Size of the spool volume, in MiB: all uploads that may arrive at once, and as much again for exports. */}}
{{- define "networkx-mcp.spoolMiB" -}}
{{- mul (int64 .Values.limits.uploadMB) (int64 .Values.limits.uploadConcurrent) 2 | add 64 }}
{{- end }}

{{/* Longest time of a call at a Gateway, in seconds: its body may arrive and its answer leave in time, and the server
     ends it first, with an error that says why. */}}
{{- define "networkx-mcp.callSeconds" -}}
{{- addf .Values.limits.bodyTimeoutSeconds .Values.limits.connectionTimeoutSeconds 5 | ceil | int64 }}
{{- end }}

{{/* The same for a transfer: what the spool volume holds, at the slowest rate that the server lets go on. A duration of the
     Gateway API has five digits. */}}
{{- define "networkx-mcp.transferSeconds" -}}
{{- $slowest := divf (mulf (include "networkx-mcp.spoolMiB" . | float64) 1024) .Values.limits.uploadMinKiBPerSecond }}
{{- addf $slowest (include "networkx-mcp.callSeconds" . | float64) | ceil | int64 | min 99999 }}
{{- end }}

{{/* Seconds from the pod's end to its kill, rounded up: preStop runs inside them. */}}
{{- define "networkx-mcp.grace" -}}
{{- addf .Values.shutdown.preStopSeconds .Values.limits.shutdownTimeoutSeconds .Values.shutdown.slackSeconds | ceil | int64 }}
{{- end }}

{{/* Egress to the cluster's name servers, as rules of a NetworkPolicy; nothing where none are named. */}}
{{- define "networkx-mcp.dnsEgress" -}}
{{- with .Values.networkPolicy.dns }}
{{- if .peers -}}
- ports:
    - port: {{ int64 .port }}
      protocol: UDP
    - port: {{ int64 .port }}
      protocol: TCP
  to:
    {{- toYaml .peers | nindent 4 }}
{{- end }}
{{- end }}
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
