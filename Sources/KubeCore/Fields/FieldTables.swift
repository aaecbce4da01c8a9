/// The field tables of several kinds.
public struct FieldTables: Sendable, Hashable {
  private var tables: [GroupKind: FieldTable]

  /// These tables.
  public init(_ tables: [GroupKind: FieldTable] = [:]) { self.tables = tables }

  /// The table of a kind; `nil` where there is none.
  public subscript(kind: GroupKind) -> FieldTable? {
    get { tables[kind] }
    set { tables[kind] = newValue }
  }

  /// The table of a kind; for a kind without one, a table that knows `metadata` alone.
  public func table(for kind: GroupKind) -> FieldTable { tables[kind] ?? FieldTables.unknownKind }

  /// These tables and those of `other`, which win.
  public func merging(_ other: FieldTables) -> FieldTables {
    FieldTables(tables.merging(other.tables) { $1 })
  }

  /// The kinds that have a table.
  public var kinds: Set<GroupKind> { Set(tables.keys) }

  private static let unknownKind = FieldTable()

  /// The tables of the kinds that are built into the API server and that this library writes, from
  /// Kubernetes' OpenAPI document.
  public static let builtIn = FieldTables([
    GroupKind(group: "", kind: "Namespace"): FieldTable(
      ["status.conditions": .listMap(keys: ["type"])], omitsEmptyStrings: true),
    GroupKind(group: "", kind: "Secret"): FieldTable(
      [
        "data": .map, "stringData": .map, "type": .default("Opaque"),
        "type": .immutable,
      ], omitsEmptyStrings: true),
    GroupKind(group: "", kind: "ConfigMap"): FieldTable(
      ["data": .map, "binaryData": .map], omitsEmptyStrings: true),
    GroupKind(group: "", kind: "Service"): service,
    GroupKind(group: "", kind: "ServiceAccount"): FieldTable(
      ["secrets": .listMap(keys: ["name"]), "secrets[]": .atomicObject], omitsEmptyStrings: true),
    GroupKind(group: "", kind: "Pod"): pod,
    GroupKind(group: "", kind: "Event"): FieldTable(
      [
        "involvedObject": .atomicObject, "related": .atomicObject, "count": .omittedWhenZero,
        "eventTime": .timestamp, "firstTimestamp": .timestamp, "lastTimestamp": .timestamp,
        "series.lastObservedTime": .timestamp,
      ], omitsEmptyStrings: true),
    GroupKind(group: "events.k8s.io", kind: "Event"): FieldTable(
      [
        "regarding": .atomicObject, "related": .atomicObject, "deprecatedCount": .omittedWhenZero,
        "eventTime": .timestamp, "deprecatedFirstTimestamp": .timestamp,
        "deprecatedLastTimestamp": .timestamp, "series.lastObservedTime": .timestamp,
      ], omitsEmptyStrings: true),
    GroupKind(group: "apps", kind: "Deployment"): deployment,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "Role"): FieldTable(omitsEmptyStrings: true),
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"): FieldTable(omitsEmptyStrings: true),
    GroupKind(group: "rbac.authorization.k8s.io", kind: "RoleBinding"): binding,
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding"): binding,
    GroupKind(group: "apiregistration.k8s.io", kind: "APIService"): FieldTable(
      [
        "spec.service.port": .default(443), "spec.insecureSkipTLSVerify": .omittedWhenZero,
        "spec.group": .immutable, "spec.version": .immutable,
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
      ], omitsEmptyStrings: true),
    GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"): FieldTable(
      [
        "spec.conversion": .default(["strategy": "None"]),
        "spec.preserveUnknownFields": .omittedWhenZero,
        "spec.group": .immutable, "spec.scope": .immutable, "spec.names.plural": .immutable,
        "spec.names.kind": .immutable,
        "spec.versions[].schema.openAPIV3Schema": .untyped,
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
      ], omitsEmptyStrings: true),
    GroupKind(group: "coordination.k8s.io", kind: "Lease"): FieldTable(
      ["spec.acquireTime": .timestamp, "spec.renewTime": .timestamp], omitsEmptyStrings: true),
    GroupKind(group: "discovery.k8s.io", kind: "EndpointSlice"): FieldTable(
      [
        "addressType": .immutable, "ports[].protocol": .default("TCP"), "ports[].name": .default(""),
        "endpoints[].targetRef": .atomicObject,
      ], omitsEmptyStrings: true),
  ])

  private static let service = FieldTable(
    [
      "spec.type": .default("ClusterIP"),
      "spec.sessionAffinity": .default("None"),
      "spec.internalTrafficPolicy": .defaultIf(
        sibling: "type", isOneOf: ["ClusterIP", "NodePort", "LoadBalancer"], "Cluster"),
      "spec.selector": .atomicObject,
      "spec.publishNotReadyAddresses": .omittedWhenZero,
      "spec.healthCheckNodePort": .omittedWhenZero,
      "spec.ports": .listMap(keys: ["port", "protocol"]),
      "spec.ports[].protocol": .default("TCP"),
      "spec.ports[].targetPort": .intOrString,
      "spec.ports[].targetPort": .defaultCopy(of: "port"),
      "spec.ports[].nodePort": .omittedWhenZero,
      "spec.clusterIP": .immutable,
      "status.conditions": .listMap(keys: ["type"]),
      "status.conditions[].lastTransitionTime": .timestamp,
    ], omitsEmptyStrings: true)

  private static let binding = FieldTable(
    [
      "roleRef": .atomicObject,
      "roleRef": .immutable,
      "roleRef.apiGroup": .default("rbac.authorization.k8s.io"),
      "subjects[]": .atomicObject,
      "subjects[].apiGroup": .defaultIf(
        sibling: "kind", isOneOf: ["User", "Group"], "rbac.authorization.k8s.io"),
    ], omitsEmptyStrings: true)

  private static let pod: FieldTable = {
    var table = FieldTable(
      [
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
        "status.podIPs": .listMap(keys: ["ip"]),
      ], omitsEmptyStrings: true)
    table.add(FieldTable.podSpec, at: "spec")
    return table
  }()

  private static let deployment: FieldTable = {
    var table = FieldTable(
      [
        "spec.replicas": .default(1),
        "spec.minReadySeconds": .omittedWhenZero,
        "spec.paused": .omittedWhenZero,
        "spec.progressDeadlineSeconds": .default(600),
        "spec.revisionHistoryLimit": .default(10),
        "spec.selector": .atomicObject,
        "spec.selector": .immutable,
        "spec.strategy": .default([:]),
        "spec.strategy.type": .default("RollingUpdate"),
        "spec.strategy.rollingUpdate": .defaultIf(sibling: "type", isOneOf: ["RollingUpdate"], [:]),
        "spec.strategy.rollingUpdate.maxSurge": .default("25%"),
        "spec.strategy.rollingUpdate.maxSurge": .intOrString,
        "spec.strategy.rollingUpdate.maxUnavailable": .default("25%"),
        "spec.strategy.rollingUpdate.maxUnavailable": .intOrString,
        "spec.template.metadata.labels": .map,
        "spec.template.metadata.annotations": .map,
        "spec.template.metadata.finalizers": .set,
        "status.conditions": .listMap(keys: ["type"]),
        "status.conditions[].lastTransitionTime": .timestamp,
        "status.conditions[].lastUpdateTime": .timestamp,
      ], omitsEmptyStrings: true)
    table.add(FieldTable.podSpec, at: "spec.template.spec")
    return table
  }()
}
