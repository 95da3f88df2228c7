{{/*
A value of a Secret that the chart generates: what the cluster has already, else the new one. Without a cluster (helm template)
`lookup` finds nothing and every render draws anew: README.md says what to do there.
Takes (dict "root" $ "secret" NAME "key" KEY "new" VALUE).
*/}}
{{- define "elida.kept" -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- $data := dig "data" dict (default dict $found) -}}
{{- if hasKey $data .key -}}{{ get $data .key | b64dec }}{{- else -}}{{ .new }}{{- end -}}
{{- end -}}

{{- define "elida.newKey" -}}elida_{{ randAlphaNum 12 | lower }}_{{ randAlphaNum 43 }}{{- end -}}

{{- define "elida.secretName" -}}
{{- default (include "elida.fullname" .) .Values.secrets.existingSecret -}}
{{- end -}}

{{/* Is this service outside? Takes its values; answers "true" or nothing. */}}
{{- define "elida.isExternal" -}}
{{- if or .external.url .external.existingSecret -}}true{{- end -}}
{{- end -}}

{{/* secretKeyRef of a service's URL. Takes (dict "root" $ "service" "redis"). */}}
{{- define "elida.urlRef" -}}
{{- $external := (get .root.Values .service).external -}}
secretKeyRef:
  name: {{ default (printf "%s-%s" (include "elida.fullname" .root) .service) $external.existingSecret }}
  key: {{ ternary $external.secretKey "url" (ne $external.existingSecret "") }}
{{- end -}}

{{- define "elida.keyRef" -}}
secretKeyRef:
  name: {{ include "elida.secretName" .root }}
  key: {{ .key }}
{{- end -}}

{{/*
What outlives `helm uninstall` (volumes, an external Postgres) needs the generated secrets that belong to it: then they stay too, and
the next install of the same name takes them up again. Answer "true" or nothing.
*/}}
{{- define "elida.redisStays" -}}
{{- if and .Values.redis.persistence.enabled (not (include "elida.isExternal" .Values.redis)) -}}true{{- end -}}
{{- end -}}
{{- define "elida.postgresStays" -}}
{{- if and .Values.postgres.persistence.enabled (not (include "elida.isExternal" .Values.postgres)) -}}true{{- end -}}
{{- end -}}
{{- define "elida.dataStays" -}}
{{- if or (include "elida.redisStays" .) (include "elida.postgresStays" .) (include "elida.isExternal" .Values.postgres) -}}true{{- end -}}
{{- end -}}
