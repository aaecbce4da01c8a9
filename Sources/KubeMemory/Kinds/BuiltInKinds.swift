import KubeCore
import KubeSchemas

extension KindRules {
  /// The kinds that every server serves (Kubernetes 1.36), as far as an operator needs them.
  static let builtIn: [KindRules] = [
    core(
      "Namespace", "namespaces", short: ["ns"], namespaced: false, status: true,
      skeleton: ["spec": [:], "status": [:]], initialStatus: ["phase": "Active"], fields: ["spec", "status"]),
    core("Secret", "secrets", fields: ["data", "stringData", "type", "immutable"]),
    core("ConfigMap", "configmaps", short: ["cm"], fields: ["data", "binaryData", "immutable"]),
    core(
      "Service", "services", short: ["svc"], status: true,
      skeleton: ["spec": [:], "status": ["loadBalancer": [:]]], initialStatus: ["loadBalancer": [:]],
      fields: ["spec", "status"]),
    core(
      "ServiceAccount", "serviceaccounts", short: ["sa"],
      fields: ["secrets", "imagePullSecrets", "automountServiceAccountToken"]),
    core(
      "Pod", "pods", short: ["po"], status: true, generation: true,
      skeleton: ["spec": ["containers": .null], "status": [:]], initialStatus: ["phase": "Pending"],
      fields: ["spec", "status"]),
    core(
      "Event", "events", short: ["ev"], skeleton: ["involvedObject": [:], "source": [:]],
      fields: [
        "involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "type",
        "eventTime", "series", "action", "related", "reportingComponent", "reportingInstance",
      ]),
    grouped(
      "events.k8s.io", "v1", "Event", "events", short: ["ev"],
      skeleton: ["regarding": [:], "deprecatedSource": [:]],
      fields: [
        "eventTime", "series", "reportingController", "reportingInstance", "action", "reason", "regarding",
        "related", "note", "type", "deprecatedSource", "deprecatedFirstTimestamp", "deprecatedLastTimestamp",
        "deprecatedCount",
      ]),
    grouped(
      "apps", "v1", "Deployment", "deployments", short: ["deploy"], status: true, scale: .workload,
      generation: true,
      skeleton: [
        "spec": [
          "selector": .null, "strategy": [:],
          "template": ["metadata": [:], "spec": ["containers": .null]],
        ], "status": [:],
      ], initialStatus: [:], fields: ["spec", "status"]),
    rbac("Role", "roles", skeleton: ["rules": .null], fields: ["rules"]),
    rbac(
      "ClusterRole", "clusterroles", namespaced: false, skeleton: ["rules": .null],
      fields: ["rules", "aggregationRule"]),
    rbac("RoleBinding", "rolebindings", skeleton: ["roleRef": [:]], fields: ["roleRef", "subjects"]),
    rbac(
      "ClusterRoleBinding", "clusterrolebindings", namespaced: false, skeleton: ["roleRef": [:]],
      fields: ["roleRef", "subjects"]),
    grouped(
      "apiregistration.k8s.io", "v1", "APIService", "apiservices", namespaced: false, status: true,
      unconditional: false, skeleton: ["spec": [:], "status": [:]], initialStatus: [:],
      fields: ["spec", "status"]),
    grouped(
      "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
      short: ["crd", "crds"], namespaced: false, status: true, generation: true, unconditional: false,
      skeleton: ["spec": ["names": [:], "versions": .null], "status": [:]], initialStatus: [:],
      fields: ["spec", "status"]),
    grouped(
      "coordination.k8s.io", "v1", "Lease", "leases", unconditional: false, skeleton: ["spec": [:]],
      fields: ["spec"]),
    grouped(
      "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", generation: true,
      skeleton: ["endpoints": .null, "ports": .null], fields: ["addressType", "endpoints", "ports"]),
  ]

  /// The kind whose objects make other kinds known.
  static let customResourceDefinition = GroupKind(
    group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
  /// The kind that other objects live in.
  static let namespace = GroupKind(group: "", kind: "Namespace")

  /// The kind that tokens are made for.
  static let serviceAccount = GroupKind(group: "", kind: "ServiceAccount")

  /// The kinds that `kubectl get all` shows.
  private static let inAll: Set<String> = ["pods", "services", "deployments"]

  private static func core(
    _ kind: String, _ plural: String, short: [String] = [], namespaced: Bool = true, status: Bool = false,
    generation: Bool = false, skeleton: JSONValue = [:], initialStatus: JSONValue? = nil, fields: Set<String>
  ) -> KindRules {
    grouped(
      "", "v1", kind, plural, short: short, namespaced: namespaced, status: status, generation: generation,
      skeleton: skeleton, initialStatus: initialStatus, fields: fields)
  }

  private static func rbac(
    _ kind: String, _ plural: String, namespaced: Bool = true, skeleton: JSONValue, fields: Set<String>
  ) -> KindRules {
    grouped(
      "rbac.authorization.k8s.io", "v1", kind, plural, namespaced: namespaced, skeleton: skeleton,
      fields: fields)
  }

  private static func grouped(
    _ group: String, _ version: String, _ kind: String, _ plural: String, short: [String] = [],
    namespaced: Bool = true, status: Bool = false, scale: ScalePaths? = nil, generation: Bool = false,
    unconditional: Bool = true, skeleton: JSONValue = [:], initialStatus: JSONValue? = nil,
    fields: Set<String>
  ) -> KindRules {
    let groupKind = GroupKind(group: group, kind: kind)
    return KindRules(
      groupKind: groupKind, plural: plural, singular: kind.lowercased(), shortNames: short,
      categories: inAll.contains(plural) ? ["all"] : [], isNamespaced: namespaced,
      versions: [
        Version(
          name: version, table: FieldTables.builtIn.table(for: groupKind), schema: nil, hasStatus: status,
          scale: scale)
      ],
      storageVersion: version, hasGeneration: generation, allowsUnconditionalUpdate: unconditional,
      skeleton: skeleton, initialStatus: initialStatus,
      rootFields: fields.union(["apiVersion", "kind", "metadata"]), isCustom: false)
  }
}
