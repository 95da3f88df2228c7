{{- define "elida.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What a selector may rest on: never changes over upgrades. Takes (dict "root" $ "component" "edge"). */}}
{{- define "elida.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Of pods: nothing that a new chart version changes, or every upgrade would replace the bundled stores with their data. */}}
{{- define "elida.podLabels" -}}
{{ include "elida.selector" . }}
app.kubernetes.io/part-of: elida
{{- end -}}

{{- define "elida.labels" -}}
{{ include "elida.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* name, namespace and labels of a resource. Takes root, component and, where the name is not fullname-component, name. */}}
{{- define "elida.metadata" -}}
name: {{ default (printf "%s-%s" (include "elida.fullname" .root) .component) .name }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "elida.labels" . | nindent 2 }}
{{- end -}}
