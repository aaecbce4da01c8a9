{{- define "cluster-gateway-manager.name" -}}cluster-gateway-manager{{- end }}

{{- define "cluster-gateway-manager.labels" -}}
app.kubernetes.io/name: {{ include "cluster-gateway-manager.name" . }}
{{- end }}

{{- define "cluster-gateway-manager.image" -}}
{{- $repository := required "image.repository: name your image of the manager; none is published" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- /* The rules by namespace, "" for the cluster, as a map: what the configuration needs, what former ones left, and
     the review of the metrics' readers. */ -}}
{{- define "cluster-gateway-manager.rights" -}}
{{- $management := .Values.configuration.spec.secretManagement | default dict }}
{{- $account := "default" }}
{{- if eq ($management.type | default "") "Manual" }}
{{- $account = "manual" }}
{{- else if ne (dig "managedServiceAccount" "name" "cluster-gateway" $management) "cluster-gateway" }}
{{- $account = "own" }}
{{- end }}
{{- $name := printf "cluster-gateway-manager.rights.%s.%s" .Values.configuration.spec.egress.type $account }}
{{- $rights := fromYamlArray (include $name .) }}
{{- with .Values.configuration.spec.egress.clusterProxy }}
{{- if and (eq $.Values.configuration.spec.egress.type "Direct") (ne .credentials.namespace $.Values.configuration.spec.installNamespace) }}
{{- $rights = concat $rights (fromYamlArray (include "cluster-gateway-manager.rights.unusedTunnel" $)) }}
{{- end }}
{{- end }}
{{- range .Values.former.namespaces }}
{{- $rights = concat $rights (fromYamlArray (include "cluster-gateway-manager.rights.formerNamespace" .)) }}
{{- end }}
{{- range .Values.former.accounts }}
{{- $rights = concat $rights (fromYamlArray (include "cluster-gateway-manager.rights.formerAccount" .)) }}
{{- end }}
{{- if (.Values.metrics | default dict).secure }}
{{- $rights = concat $rights (fromYamlArray (include "cluster-gateway-manager.rights.secureMetrics" .)) }}
{{- end }}
{{- $places := dict }}
{{- range $rights }}
{{- $_ := set $places .namespace (concat (get $places .namespace | default list) .rules | uniq) }}
{{- end }}
{{- toYaml $places }}
{{- end }}
