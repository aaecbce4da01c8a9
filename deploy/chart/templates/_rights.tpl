{{- /* Written by Scripts/generate-chart from `gateway-manager manifests`: the manager's rights by egress and account, those to remove what a former configuration left, and those to review the metrics' readers. */ -}}
{{- define "cluster-gateway-manager.rights.Direct.default" -}}
- namespace: ""
  rules:
  - {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch", "create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["secrets", "serviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons/status", "managedclusteraddons/status"], "verbs": ["patch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resources": ["managedclusteraddons"], "verbs": ["create"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["managed-serviceaccount"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["apiextensions.k8s.io"], "resourceNames": ["clustergatewayconfigurations.proxy.open-cluster-management.io"], "resources": ["customresourcedefinitions"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["create"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resourceNames": ["v1alpha1.cluster.core.oam.dev"], "resources": ["apiservices"], "verbs": ["get", "list", "watch", "patch", "delete"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resources": ["managedserviceaccounts"], "verbs": ["list", "watch", "create"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedserviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways"], "verbs": ["list"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/health"], "verbs": ["update"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/proxy"], "verbs": ["get"]}
  - {"apiGroups": ["cluster.open-cluster-management.io"], "resources": ["managedclusters"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["flowcontrol.apiserver.k8s.io"], "resources": ["flowschemas", "prioritylevelconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations/status"], "verbs": ["patch"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway", "system:auth-delegator:cluster-gateway"], "resources": ["clusterrolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterrolebindings", "clusterroles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway"], "resources": ["clusterroles"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["system:auth-delegator"], "resources": ["clusterroles"], "verbs": ["bind"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resources": ["manifestworks"], "verbs": ["create"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resourceNames": ["addon-cluster-gateway-deploy-0"], "resources": ["manifestworks"], "verbs": ["list", "watch", "patch", "delete"]}
- namespace: "default"
  rules:
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "kube-system"
  rules:
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader:cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader"], "resources": ["roles"], "verbs": ["bind"]}
- namespace: "{{ .Values.configuration.spec.installNamespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-tls-cert"], "resources": ["secrets"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["secrets", "serviceaccounts", "services"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["services"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}
  - {"apiGroups": ["apps"], "resourceNames": ["gateway-deployment"], "resources": ["deployments"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Release.Namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-effective-configuration"], "resources": ["configmaps"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.signerSecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch"]}
  - {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}
  - {"apiGroups": ["coordination.k8s.io"], "resourceNames": ["cluster-gateway-manager"], "resources": ["leases"], "verbs": ["get", "patch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Values.configuration.spec.secretNamespace }}"
  rules:
  - {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["patch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.Direct.own" -}}
- namespace: ""
  rules:
  - {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch", "create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.configuration.spec.secretManagement.managedServiceAccount.name }}"], "resources": ["secrets"], "verbs": ["list", "watch"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons/status", "managedclusteraddons/status"], "verbs": ["patch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resources": ["managedclusteraddons"], "verbs": ["create"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["managed-serviceaccount"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["apiextensions.k8s.io"], "resourceNames": ["clustergatewayconfigurations.proxy.open-cluster-management.io"], "resources": ["customresourcedefinitions"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["create"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resourceNames": ["v1alpha1.cluster.core.oam.dev"], "resources": ["apiservices"], "verbs": ["get", "list", "watch", "patch", "delete"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resources": ["managedserviceaccounts"], "verbs": ["list", "watch", "create"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resourceNames": ["{{ .Values.configuration.spec.secretManagement.managedServiceAccount.name }}"], "resources": ["managedserviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways"], "verbs": ["list"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/health"], "verbs": ["update"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/proxy"], "verbs": ["get"]}
  - {"apiGroups": ["cluster.open-cluster-management.io"], "resources": ["managedclusters"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["flowcontrol.apiserver.k8s.io"], "resources": ["flowschemas", "prioritylevelconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations/status"], "verbs": ["patch"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway", "system:auth-delegator:cluster-gateway"], "resources": ["clusterrolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterrolebindings", "clusterroles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway"], "resources": ["clusterroles"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["system:auth-delegator"], "resources": ["clusterroles"], "verbs": ["bind"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resources": ["manifestworks"], "verbs": ["create"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resourceNames": ["addon-cluster-gateway-deploy-0"], "resources": ["manifestworks"], "verbs": ["list", "watch", "patch", "delete"]}
- namespace: "default"
  rules:
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "kube-system"
  rules:
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader:cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader"], "resources": ["roles"], "verbs": ["bind"]}
- namespace: "{{ .Values.configuration.spec.installNamespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-tls-cert"], "resources": ["secrets"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["secrets", "serviceaccounts", "services"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["services"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}
  - {"apiGroups": ["apps"], "resourceNames": ["gateway-deployment"], "resources": ["deployments"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Release.Namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-effective-configuration"], "resources": ["configmaps"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.signerSecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch"]}
  - {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}
  - {"apiGroups": ["coordination.k8s.io"], "resourceNames": ["cluster-gateway-manager"], "resources": ["leases"], "verbs": ["get", "patch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Values.configuration.spec.secretNamespace }}"
  rules:
  - {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["patch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.Direct.manual" -}}
- namespace: ""
  rules:
  - {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch", "create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons/status", "managedclusteraddons/status"], "verbs": ["patch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resources": ["managedclusteraddons"], "verbs": ["create"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["managed-serviceaccount"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["apiextensions.k8s.io"], "resourceNames": ["clustergatewayconfigurations.proxy.open-cluster-management.io"], "resources": ["customresourcedefinitions"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["create"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resourceNames": ["v1alpha1.cluster.core.oam.dev"], "resources": ["apiservices"], "verbs": ["get", "list", "watch", "patch", "delete"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resources": ["managedserviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways"], "verbs": ["list"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/health"], "verbs": ["update"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/proxy"], "verbs": ["get"]}
  - {"apiGroups": ["cluster.open-cluster-management.io"], "resources": ["managedclusters"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["flowcontrol.apiserver.k8s.io"], "resources": ["flowschemas", "prioritylevelconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations/status"], "verbs": ["patch"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway", "system:auth-delegator:cluster-gateway"], "resources": ["clusterrolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterrolebindings", "clusterroles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway"], "resources": ["clusterroles"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["system:auth-delegator"], "resources": ["clusterroles"], "verbs": ["bind"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resources": ["manifestworks"], "verbs": ["create"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resourceNames": ["addon-cluster-gateway-deploy-0"], "resources": ["manifestworks"], "verbs": ["list", "watch", "patch", "delete"]}
- namespace: "default"
  rules:
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "kube-system"
  rules:
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader:cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader"], "resources": ["roles"], "verbs": ["bind"]}
- namespace: "{{ .Values.configuration.spec.installNamespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-tls-cert"], "resources": ["secrets"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["secrets", "serviceaccounts", "services"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["services"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}
  - {"apiGroups": ["apps"], "resourceNames": ["gateway-deployment"], "resources": ["deployments"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Release.Namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-effective-configuration"], "resources": ["configmaps"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.signerSecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch"]}
  - {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}
  - {"apiGroups": ["coordination.k8s.io"], "resourceNames": ["cluster-gateway-manager"], "resources": ["leases"], "verbs": ["get", "patch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Values.configuration.spec.secretNamespace }}"
  rules:
  - {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["patch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.ClusterProxy.default" -}}
- namespace: ""
  rules:
  - {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch", "create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["secrets", "serviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons/status", "managedclusteraddons/status"], "verbs": ["patch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resources": ["managedclusteraddons"], "verbs": ["create"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["managed-serviceaccount"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["apiextensions.k8s.io"], "resourceNames": ["clustergatewayconfigurations.proxy.open-cluster-management.io"], "resources": ["customresourcedefinitions"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["create"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resourceNames": ["v1alpha1.cluster.core.oam.dev"], "resources": ["apiservices"], "verbs": ["get", "list", "watch", "patch", "delete"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resources": ["managedserviceaccounts"], "verbs": ["list", "watch", "create"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedserviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways"], "verbs": ["list"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/health"], "verbs": ["update"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/proxy"], "verbs": ["get"]}
  - {"apiGroups": ["cluster.open-cluster-management.io"], "resources": ["managedclusters"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["flowcontrol.apiserver.k8s.io"], "resources": ["flowschemas", "prioritylevelconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations/status"], "verbs": ["patch"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway", "system:auth-delegator:cluster-gateway"], "resources": ["clusterrolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterrolebindings", "clusterroles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway"], "resources": ["clusterroles"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["system:auth-delegator"], "resources": ["clusterroles"], "verbs": ["bind"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resources": ["manifestworks"], "verbs": ["create"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resourceNames": ["addon-cluster-gateway-deploy-0"], "resources": ["manifestworks"], "verbs": ["list", "watch", "patch", "delete"]}
- namespace: "default"
  rules:
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "kube-system"
  rules:
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader:cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader"], "resources": ["roles"], "verbs": ["bind"]}
- namespace: "{{ .Values.configuration.spec.installNamespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-tls-cert", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientSecretName }}", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientCASecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["secrets", "serviceaccounts", "services"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["services"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}
  - {"apiGroups": ["apps"], "resourceNames": ["gateway-deployment"], "resources": ["deployments"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Release.Namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-effective-configuration"], "resources": ["configmaps"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.signerSecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch"]}
  - {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}
  - {"apiGroups": ["coordination.k8s.io"], "resourceNames": ["cluster-gateway-manager"], "resources": ["leases"], "verbs": ["get", "patch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Values.configuration.spec.egress.clusterProxy.credentials.namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientSecretName }}", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientCASecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch"]}
- namespace: "{{ .Values.configuration.spec.secretNamespace }}"
  rules:
  - {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["patch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.ClusterProxy.own" -}}
- namespace: ""
  rules:
  - {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch", "create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.configuration.spec.secretManagement.managedServiceAccount.name }}"], "resources": ["secrets"], "verbs": ["list", "watch"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons/status", "managedclusteraddons/status"], "verbs": ["patch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resources": ["managedclusteraddons"], "verbs": ["create"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["managed-serviceaccount"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["apiextensions.k8s.io"], "resourceNames": ["clustergatewayconfigurations.proxy.open-cluster-management.io"], "resources": ["customresourcedefinitions"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["create"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resourceNames": ["v1alpha1.cluster.core.oam.dev"], "resources": ["apiservices"], "verbs": ["get", "list", "watch", "patch", "delete"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resources": ["managedserviceaccounts"], "verbs": ["list", "watch", "create"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resourceNames": ["{{ .Values.configuration.spec.secretManagement.managedServiceAccount.name }}"], "resources": ["managedserviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways"], "verbs": ["list"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/health"], "verbs": ["update"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/proxy"], "verbs": ["get"]}
  - {"apiGroups": ["cluster.open-cluster-management.io"], "resources": ["managedclusters"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["flowcontrol.apiserver.k8s.io"], "resources": ["flowschemas", "prioritylevelconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations/status"], "verbs": ["patch"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway", "system:auth-delegator:cluster-gateway"], "resources": ["clusterrolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterrolebindings", "clusterroles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway"], "resources": ["clusterroles"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["system:auth-delegator"], "resources": ["clusterroles"], "verbs": ["bind"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resources": ["manifestworks"], "verbs": ["create"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resourceNames": ["addon-cluster-gateway-deploy-0"], "resources": ["manifestworks"], "verbs": ["list", "watch", "patch", "delete"]}
- namespace: "default"
  rules:
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "kube-system"
  rules:
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader:cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader"], "resources": ["roles"], "verbs": ["bind"]}
- namespace: "{{ .Values.configuration.spec.installNamespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-tls-cert", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientSecretName }}", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientCASecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["secrets", "serviceaccounts", "services"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["services"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}
  - {"apiGroups": ["apps"], "resourceNames": ["gateway-deployment"], "resources": ["deployments"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Release.Namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-effective-configuration"], "resources": ["configmaps"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.signerSecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch"]}
  - {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}
  - {"apiGroups": ["coordination.k8s.io"], "resourceNames": ["cluster-gateway-manager"], "resources": ["leases"], "verbs": ["get", "patch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Values.configuration.spec.egress.clusterProxy.credentials.namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientSecretName }}", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientCASecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch"]}
- namespace: "{{ .Values.configuration.spec.secretNamespace }}"
  rules:
  - {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["patch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.ClusterProxy.manual" -}}
- namespace: ""
  rules:
  - {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch", "create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["clustermanagementaddons/status", "managedclusteraddons/status"], "verbs": ["patch"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resources": ["managedclusteraddons"], "verbs": ["create"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["cluster-gateway"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["addon.open-cluster-management.io"], "resourceNames": ["managed-serviceaccount"], "resources": ["managedclusteraddons"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["apiextensions.k8s.io"], "resourceNames": ["clustergatewayconfigurations.proxy.open-cluster-management.io"], "resources": ["customresourcedefinitions"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["create"]}
  - {"apiGroups": ["apiregistration.k8s.io"], "resourceNames": ["v1alpha1.cluster.core.oam.dev"], "resources": ["apiservices"], "verbs": ["get", "list", "watch", "patch", "delete"]}
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resources": ["managedserviceaccounts"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways"], "verbs": ["list"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/health"], "verbs": ["update"]}
  - {"apiGroups": ["cluster.core.oam.dev"], "resources": ["clustergateways/proxy"], "verbs": ["get"]}
  - {"apiGroups": ["cluster.open-cluster-management.io"], "resources": ["managedclusters"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["flowcontrol.apiserver.k8s.io"], "resources": ["flowschemas", "prioritylevelconfigurations"], "verbs": ["get", "list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["proxy.open-cluster-management.io"], "resources": ["clustergatewayconfigurations/status"], "verbs": ["patch"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway", "system:auth-delegator:cluster-gateway"], "resources": ["clusterrolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterrolebindings", "clusterroles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["apiserver-aggregation:cluster-gateway"], "resources": ["clusterroles"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["system:auth-delegator"], "resources": ["clusterroles"], "verbs": ["bind"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resources": ["manifestworks"], "verbs": ["create"]}
  - {"apiGroups": ["work.open-cluster-management.io"], "resourceNames": ["addon-cluster-gateway-deploy-0"], "resources": ["manifestworks"], "verbs": ["list", "watch", "patch", "delete"]}
- namespace: "default"
  rules:
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "kube-system"
  rules:
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader:cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["extension-apiserver-authentication-reader"], "resources": ["roles"], "verbs": ["bind"]}
- namespace: "{{ .Values.configuration.spec.installNamespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-tls-cert", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientSecretName }}", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientCASecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["secrets", "serviceaccounts", "services"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["patch", "delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["services"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}
  - {"apiGroups": ["apps"], "resourceNames": ["gateway-deployment"], "resources": ["deployments"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Release.Namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway-effective-configuration"], "resources": ["configmaps"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["create"]}
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.signerSecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "patch"]}
  - {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}
  - {"apiGroups": ["coordination.k8s.io"], "resourceNames": ["cluster-gateway-manager"], "resources": ["leases"], "verbs": ["get", "patch"]}
  - {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
- namespace: "{{ .Values.configuration.spec.egress.clusterProxy.credentials.namespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientSecretName }}", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientCASecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch"]}
- namespace: "{{ .Values.configuration.spec.secretNamespace }}"
  rules:
  - {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings", "roles"], "verbs": ["create"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["patch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.formerNamespace" -}}
- namespace: "{{ . }}"
  rules:
  - {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch", "patch", "delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["serviceaccounts"], "verbs": ["delete"]}
  - {"apiGroups": [""], "resourceNames": ["cluster-gateway"], "resources": ["services"], "verbs": ["list", "watch", "delete"]}
  - {"apiGroups": ["apps"], "resourceNames": ["gateway-deployment"], "resources": ["deployments"], "verbs": ["list", "watch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["rolebindings"], "verbs": ["list", "watch", "delete"]}
  - {"apiGroups": ["rbac.authorization.k8s.io"], "resourceNames": ["cluster-gateway"], "resources": ["roles"], "verbs": ["patch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.formerAccount" -}}
- namespace: ""
  rules:
  - {"apiGroups": ["authentication.open-cluster-management.io"], "resourceNames": ["{{ . }}"], "resources": ["managedserviceaccounts"], "verbs": ["delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.unusedTunnel" -}}
- namespace: "{{ .Values.configuration.spec.installNamespace }}"
  rules:
  - {"apiGroups": [""], "resourceNames": ["{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientSecretName }}", "{{ .Values.configuration.spec.egress.clusterProxy.credentials.proxyClientCASecretName }}"], "resources": ["secrets"], "verbs": ["list", "watch", "delete"]}
{{- end }}
{{- define "cluster-gateway-manager.rights.secureMetrics" -}}
- namespace: ""
  rules:
  - {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}
  - {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]}
{{- end }}
