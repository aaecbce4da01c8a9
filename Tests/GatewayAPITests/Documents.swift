import GatewayAPI
import KubeCore
import Testing

/// Documents as hubs have them.
enum Documents {
  static let specHash = "c085d9ee30c079a346b01ab3bfb13c28db8f219df04afcdd63c727e9fa612b2e"

  /// A configuration of the Go manager's time.
  static let configuration = """
    {"apiVersion":"proxy.open-cluster-management.io/v1alpha1","kind":"ClusterGatewayConfiguration",
     "metadata":{"name":"cluster-gateway","generation":1,"uid":"35c2e720-8f97-493d-85e8-187b207157d7"},
     "spec":{"egress":{"clusterProxy":{"credentials":{"namespace":"open-cluster-management-addon",
     "proxyClientCASecretName":"proxy-server-ca","proxyClientSecretName":"proxy-client"},
     "proxyServerHost":"proxy-entrypoint.open-cluster-management-addon","proxyServerPort":8090},
     "type":"ClusterProxy"},"image":"oamdev/cluster-gateway:v1.1.11","installNamespace":"vela-system",
     "secretManagement":{"managedServiceAccount":{"name":"cluster-gateway"},"type":"ManagedServiceAccount"},
     "secretNamespace":"open-cluster-management-credentials"}}
    """

  /// A configuration with every field.
  static let fullConfiguration = """
    {"apiVersion":"proxy.open-cluster-management.io/v1alpha1","kind":"ClusterGatewayConfiguration",
     "metadata":{"name":"cluster-gateway"},"spec":{"image":"registry.example/cluster-gateway@sha256:00",
     "installNamespace":"gateway","secretNamespace":"credentials",
     "secretManagement":{"type":"ManagedServiceAccount","managedServiceAccount":{"name":"gw"}},
     "egress":{"type":"Direct","permissions":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]},
     {"verbs":["get"],"nonResourceURLs":["/healthz","*"]}]},
     "clusters":{"selector":{"matchLabels":{"env":"prod"},"matchExpressions":[{"key":"example.com/region",
     "operator":"In","values":["eu"]},{"key":"frozen","operator":"DoesNotExist"}]}},"replicas":2,"health":{"interval":"30s","timeout":"4s","failureThreshold":2,"concurrency":16},
     "resources":{"requests":{"cpu":"50m"},"limits":{"cpu":"1"}},
     "scheduling":{"nodeSelector":{"kubernetes.io/os":"linux"},"tolerations":[{"operator":"Exists"}],
     "affinity":{"podAntiAffinity":{}},"priorityClassName":"system-cluster-critical",
     "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"}]},
     "imagePullSecrets":[{"name":"pull"}],"certificates":{"algorithm":"RSA3072","validity":"720h",
     "caValidity":"8760h","renewBefore":"240h0m0s","caRenewBefore":"2920h","overlap":"10m"},"featureGates":{"ClientIdentityPenetration":true,
     "SecretCache":false},"ownership":{"force":true}},
     "status":{"lastObservedGeneration":1,"conditions":[{"type":"Available","status":"True","reason":"Served",
     "message":"m","lastTransitionTime":"2026-11-22T17:08:30Z","observedGeneration":1}]}}
    """

  static let managedCluster = """
    {"metadata":{"name":"cluster1","labels":{"env":"prod"},
     "finalizers":["cluster.open-cluster-management.io/resource-cleanup"]},"spec":{"hubAcceptsClient":true,
     "leaseDurationSeconds":60,"managedClusterClientConfigs":[{"caBundle":"LS0tLS1CRUdJTg==",
     "url":"https://127.0.0.1:7543"}],"taints":[{"key":"k","value":"v","effect":"NoSelect",
     "timeAdded":"2026-11-22T17:08:01Z"}]},"status":{"conditions":[
     {"lastTransitionTime":"2026-11-22T17:08:01Z","message":"m","reason":"HubClusterAdminAccepted","status":"True",
     "type":"HubAcceptedManagedCluster"},{"lastTransitionTime":"2026-11-22T17:08:03Z","message":"m",
     "reason":"ManagedClusterJoined","status":"True","type":"ManagedClusterJoined"}],
     "version":{"kubernetes":"v1.36.2"},"clusterClaims":[{"name":"id.k8s.io","value":"x"}]}}
    """

  static let clusterManagementAddOn = """
    {"metadata":{"name":"cluster-gateway","uid":"d50b21dc-4a06-4da1-b421-cd17d4c648cb"},
     "spec":{"addOnMeta":{"description":"d","displayName":"n"},"defaultConfigs":[
     {"group":"addon.open-cluster-management.io","name":"__reserved_no_default__","resource":"addondeploymentconfigs"},
     {"group":"proxy.open-cluster-management.io","resource":"clustergatewayconfigurations","name":"cluster-gateway"}],
     "installStrategy":{"type":"Placements","placements":[{"namespace":"default","name":"all",
     "configs":[{"group":"g","resource":"r","namespace":"ns","name":"n"}],"rolloutStrategy":{"type":"All"}}]}},
     "status":{"defaultConfigReferences":[{"group":"proxy.open-cluster-management.io",
     "resource":"clustergatewayconfigurations","desiredConfig":{"name":"cluster-gateway","specHash":"abc"}}],
     "installProgressions":[{"namespace":"default","name":"all","configReferences":[{"group":"g","resource":"r",
     "desiredConfig":{"namespace":"ns","name":"n","specHash":"1"},"lastKnownGoodConfig":{"name":"n","specHash":"2"},
     "lastAppliedConfig":{"name":"n","specHash":"3"}}],"conditions":[{"type":"Progressing","status":"True",
     "reason":"r","message":"m"}]}]}}
    """

  static let managedClusterAddOn = """
    {"metadata":{"name":"cluster-gateway","namespace":"cluster1","annotations":
     {"addon.open-cluster-management.io/v1alpha1-install-namespace":"open-cluster-management-cluster-gateway"}},
     "spec":{"configs":[{"group":"proxy.open-cluster-management.io","resource":"clustergatewayconfigurations",
     "name":"special"}]},"status":{"addOnMeta":{"displayName":"x"},"conditions":[
     {"lastTransitionTime":"2026-11-22T17:08:30Z","message":"m","reason":"NilRegistration","status":"True",
     "type":"RegistrationApplied"}],"healthCheck":{"mode":"Customized"},"namespace":"agents",
     "relatedObjects":[{"group":"g","resource":"r","name":"n","namespace":"ns"}],
     "supportedConfigs":[{"group":"addon.open-cluster-management.io","resource":"addondeploymentconfigs"}],
     "configReferences":[{"group":"g","resource":"r","lastObservedGeneration":3,
     "desiredConfig":{"name":"special","specHash":"abc"},"lastAppliedConfig":{"name":"special","specHash":"old"}}]}}
    """

  static let managedServiceAccount = """
    {"metadata":{"name":"cluster-gateway","namespace":"cluster1"},"spec":{"rotation":{"enabled":true,
     "validity":"4320h0m0s"},"ttlSecondsAfterCreation":60},"status":{"conditions":[
     {"lastTransitionTime":"2026-11-22T17:08:30Z","message":"","reason":"TokenReported","status":"True",
     "type":"TokenReported"}],"expirationTimestamp":"2027-05-21T17:08:30Z",
     "tokenSecretRef":{"lastRefreshTimestamp":"2026-11-22T17:08:30Z","name":"cluster-gateway"}}}
    """

  static let manifestWork = """
    {"metadata":{"name":"addon-cluster-gateway-deploy-0","namespace":"cluster1"},"spec":{"workload":{"manifests":[
     {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x"},"spec":{},"status":{}}]},
     "executor":{"subject":{"type":"ServiceAccount"}},"deleteOption":{"propagationPolicy":"Orphan"},
     "manifestConfigs":[{"resourceIdentifier":{"group":"apps"}}]},"status":{"conditions":[
     {"lastTransitionTime":"2026-11-22T17:08:04Z","message":"m","observedGeneration":1,
     "reason":"AppliedManifestWorkComplete","status":"True","type":"Applied"}],"resourceStatus":{"manifests":[
     {"conditions":[{"type":"Applied","status":"True","reason":"r","message":"m"}],"resourceMeta":{"group":"",
     "kind":"Namespace","name":"x","namespace":"","ordinal":0,"resource":"namespaces","version":"v1"},
     "statusFeedback":{}}]}}}
    """
}

func parsed(_ text: String) throws -> JSONValue { try JSONParser().parse(text) }

func configuration(_ text: String = Documents.configuration) throws -> ClusterGatewayConfiguration {
  try ClusterGatewayConfiguration(from: FieldReader(parsed(text)))
}
