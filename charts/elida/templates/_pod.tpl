{{/*
The YAML file of one process: the drain time from the chart, everything else from `config`, which wins. A process gets the parts that it
reads and no other, so that a variable with a provider's key is needed where the key is used: `backends` go to the control plane only
(edges learn them from the snapshot), `telemetry` to the audit worker; edges get `telemetry.traces`. Takes root and component.
*/}}
{{- define "elida.config" -}}
{{- $all := mergeOverwrite (dict "shutdown_timeout" (printf "%ds" (int .root.Values.edge.drainSeconds))) (deepCopy (default dict .root.Values.config)) -}}
{{- if eq .component "edge" -}}
{{- $edge := omit $all "backends" "backend" "telemetry" -}}
{{- with (dig "telemetry" "traces" nil $all) -}}
{{- $_ := set $edge "telemetry" (dict "traces" .) -}}
{{- end -}}
{{- toYaml $edge -}}
{{- else if eq .component "control-plane" -}}
{{- toYaml (omit $all "telemetry") -}}
{{- else -}}
{{- toYaml (pick $all "telemetry" "storage" "logging" "shutdown_timeout") -}}
{{- end -}}
{{- end -}}

{{/* Changes when what a process reads at its start changes, so that the pods roll. Generated values stay out: they are stable. Takes root and component. */}}
{{- define "elida.checksum" -}}
{{- $values := .root.Values -}}
{{- list (include "elida.config" .) $values.redis.external $values.nats.external $values.postgres.external $values.secrets $values.caBundle | toJson | sha256sum -}}
{{- end -}}

{{- define "elida.image" -}}
{{- $repository := .image.repository -}}
{{- with .root.Values.image.registry }}{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}{{- end -}}
{{- if .image.digest -}}
{{ $repository }}@{{ .image.digest }}
{{- else -}}
{{ $repository }}:{{ coalesce .image.tag .root.Values.image.tag .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* No process of ours, or of the bundled stores, needs more than this. Takes the user id. */}}
{{- define "elida.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "elida.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Pod-level things that are the same for every pod of the release. enableServiceLinks: a release named `elida` would get ELIDA_PORT=tcp://… */}}
{{- define "elida.podBase" -}}
serviceAccountName: {{ include "elida.fullname" .root }}-{{ .component }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "elida.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "elida.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}

{{/*
Deployment of one of ELIDA's own services. Takes root, component, values, ports (list of name/port), env (YAML text of its own variables),
rolling (YAML text of the strategy).
Liveness asks only whether the process turns; readiness asks whether it can do its work; both on the metrics port, which needs no key.
*/}}
{{- define "elida.deployment" -}}
{{- $root := .root -}}
{{- $values := .values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "elida.metadata" . | nindent 2 }}
spec:
  {{- if not (dig "autoscaling" "enabled" false $values) }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels: {{- include "elida.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- with $values.podLabels }}{{ toYaml . | nindent 8 }}{{- end }}
        {{- include "elida.podLabels" . | nindent 8 }}
      annotations:
        checksum/config: {{ include "elida.checksum" . }}
        prometheus.io/scrape: "true"
        prometheus.io/port: "9091"
        {{- with $values.podAnnotations }}{{ toYaml . | nindent 8 }}{{- end }}
    spec:
      {{- include "elida.podBase" . | nindent 6 }}
      securityContext: {{- include "elida.podSecurity" 1000 | nindent 8 }}
      # preStop, then the drain, then time to flush the record: SIGKILL must never be what ends a stream.
      terminationGracePeriodSeconds: {{ add $values.preStopSeconds $values.drainSeconds 15 }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "elida.selector" . | nindent 14 }}
      {{- range $key := list "nodeSelector" "tolerations" "affinity" }}
      {{- with get $values $key }}
      {{ $key }}: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "elida.image" (dict "root" $root "image" $values.image) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          securityContext: {{- include "elida.containerSecurity" . | nindent 12 }}
          env:
            - {name: ELIDA_CONFIG, value: /etc/elida/elida.yaml}
            - {name: ELIDA_DATA_DIR, value: /var/lib/elida}
            - {name: ELIDA_HOST, value: "0.0.0.0"}
            - {name: ELIDA_METRICS_PORT, value: "9091"}
            {{- if $root.Values.caBundle.configMap }}
            - {name: NODE_EXTRA_CA_CERTS, value: /etc/elida-ca/{{ $root.Values.caBundle.key }}}
            {{- end }}
            - name: ELIDA_SECRET
              valueFrom: {{- include "elida.keyRef" (dict "root" $root "key" "secret") | nindent 16 }}
            - name: ELIDA_REDIS_URL
              valueFrom: {{- include "elida.urlRef" (dict "root" $root "service" "redis") | nindent 16 }}
            {{- .env | nindent 12 }}
            {{- with $values.env }}{{ toYaml . | nindent 12 }}{{- end }}
          {{- with $values.envFrom }}
          envFrom: {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            {{- range .ports }}
            - {name: {{ .name }}, containerPort: {{ .port }}}
            {{- end }}
            - {name: metrics, containerPort: 9091}
          startupProbe:
            httpGet: {path: /healthz, port: metrics}
            periodSeconds: 1
            timeoutSeconds: 2
            failureThreshold: 120
          livenessProbe:
            httpGet: {path: /healthz, port: metrics}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: metrics}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          {{- if gt (int $values.preStopSeconds) 0 }}
          lifecycle:
            preStop:
              exec: {command: [sleep, {{ $values.preStopSeconds | quote }}]}
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - {name: config, mountPath: /etc/elida, readOnly: true}
            - {name: data, mountPath: /var/lib/elida}
            - {name: tmp, mountPath: /tmp}
            {{- if $root.Values.caBundle.configMap }}
            - {name: ca, mountPath: /etc/elida-ca, readOnly: true}
            {{- end }}
            {{- with $values.volumeMounts }}{{ toYaml . | nindent 12 }}{{- end }}
      volumes:
        - name: config
          configMap:
            name: {{ include "elida.fullname" $root }}-config
            items: [{key: {{ .component }}.yaml, path: elida.yaml}]
        - name: data
          emptyDir: {sizeLimit: {{ dig "dataSize" "1Gi" $values }}}
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- if $root.Values.caBundle.configMap }}
        - name: ca
          configMap: {name: {{ $root.Values.caBundle.configMap }}}
        {{- end }}
        {{- with $values.volumes }}{{ toYaml . | nindent 8 }}{{- end }}
{{- end -}}

{{- define "elida.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "elida.metadata" . | nindent 2 }}
  {{- with .values.service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .values.service.type }}
  selector: {{- include "elida.selector" . | nindent 4 }}
  ports:
    - {name: http, port: {{ .values.service.port }}, targetPort: http, appProtocol: http}
{{- end -}}

{{- define "elida.ingress" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "elida.metadata" . | nindent 2 }}
  {{- with .values.ingress.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .values.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- if .values.ingress.tlsSecret }}
  tls:
    - secretName: {{ .values.ingress.tlsSecret }}
      hosts: {{- toYaml .values.ingress.hosts | nindent 8 }}
  {{- end }}
  rules:
    {{- $service := printf "%s-%s" (include "elida.fullname" .root) .component }}
    {{- range .values.ingress.hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: {{ $service }}, port: {name: http}}}
    {{- end }}
{{- end -}}

{{/* A budget for a single pod would only forbid draining its node. */}}
{{- define "elida.disruptionBudget" -}}
{{- $pods := ternary (dig "autoscaling" "minReplicas" 1 .values) .values.replicas (dig "autoscaling" "enabled" false .values) -}}
{{- if gt (int $pods) 1 }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "elida.metadata" . | nindent 2 }}
spec:
  minAvailable: {{ .values.minAvailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "elida.selector" . | nindent 6 }}
{{- end }}
{{- end -}}
