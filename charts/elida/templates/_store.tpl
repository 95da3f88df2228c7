{{/*
The frame of a bundled single-node store: StatefulSet, headless Service, ServiceAccount. Takes root, component, user (id), ports (list of
name/port), container (YAML text: what differs), volumes (YAML text), data (values of the data volume, or nothing where nothing is kept).
*/}}
{{- define "elida.store" -}}
{{- $root := .root -}}
{{- $values := get $root.Values .component -}}
{{- $name := printf "%s-%s" (include "elida.fullname" $root) .component -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "elida.metadata" . | nindent 2 }}
spec:
  serviceName: {{ $name }}
  replicas: 1
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{- include "elida.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "elida.podLabels" . | nindent 8 }}
    spec:
      {{- include "elida.podBase" . | nindent 6 }}
      securityContext: {{- include "elida.podSecurity" .user | nindent 8 }}
      terminationGracePeriodSeconds: 30
      containers:
        - name: {{ .component }}
          image: {{ $values.image }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          securityContext: {{- include "elida.containerSecurity" . | nindent 12 }}
          ports:
            {{- range .ports }}
            - {name: {{ .name }}, containerPort: {{ .port }}}
            {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          {{- .container | nindent 10 }}
      volumes:
        {{- .volumes | nindent 8 }}
        {{- if and .data (not .data.enabled) }}
        - name: data
          emptyDir: {sizeLimit: {{ .data.size }}}
        {{- end }}
  {{- if and .data .data.enabled }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{- include "elida.selector" . | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .data.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .data.size }}}}
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "elida.metadata" . | nindent 2 }}
spec:
  clusterIP: None
  selector: {{- include "elida.selector" . | nindent 4 }}
  ports:
    {{- $first := first .ports }}
    - {name: {{ $first.name }}, port: {{ $first.port }}, targetPort: {{ $first.name }}}
---
{{ include "elida.serviceAccount" . }}
{{- end -}}
