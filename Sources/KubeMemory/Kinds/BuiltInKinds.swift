import KubeCore
import KubeSchemas

extension KindRules {
  /// The kinds that every server serves and stores (Kubernetes 1.36), from `KubernetesSchema`.
  static let builtIn: [KindRules] = KubernetesSchema.document.kinds.compactMap { KindRules($0) }

  /// The kind whose objects define other kinds.
  static let customResourceDefinition = GroupKind(
    group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
  /// The kind that contains namespaced objects.
  static let namespace = GroupKind(group: "", kind: "Namespace")
  /// The kind that tokens are issued for.
  static let serviceAccount = GroupKind(group: "", kind: "ServiceAccount")

  /// Creates the rules of a built-in kind; `nil` where its objects aren't stored.
  private init?(_ schema: KindSchema) {
    guard schema.isStored, let resource = schema.resourceType,
      let type = BuiltInType.of(schema.groupKind)
    else { return nil }
    var skeleton = type.skeleton
    skeleton["metadata"] = nil
    let hasStatus = schema.subresources.contains("status")
    self.init(
      groupKind: schema.groupKind, plural: resource.plural, singular: schema.kind.lowercased(),
      shortNames: schema.shortNames, categories: schema.categories, isNamespaced: schema.isNamespaced,
      versions: [
        Version(
          name: resource.version, table: FieldTables.builtIn.table(for: schema.groupKind), schema: nil,
          type: type, hasStatus: hasStatus, scale: schema.scale.flatMap { ScalePaths($0) })
      ],
      storageVersion: resource.version, verbs: schema.verbs, hasGeneration: schema.countsGenerations,
      allowsUnconditionalUpdate: schema.allowsUnconditionalUpdate, createsOnUpdate: schema.createsOnUpdate,
      skeleton: skeleton, initialStatus: hasStatus ? KindRules.initialStatus(of: type) : nil, isCustom: false)
  }

  /// The status that the server gives to a new object.
  private static func initialStatus(of type: BuiltInType) -> JSONValue? {
    guard case .object(let status)? = type["status"]?.value else { return nil }
    var object = withoutNulls(status.skeleton)
    switch type.name.description {
    case "core.Namespace": object["phase"] = "Active"
    case "core.Pod", "core.PersistentVolume", "core.PersistentVolumeClaim": object["phase"] = "Pending"
    default: break
    }
    return object
  }

  private static func withoutNulls(_ value: JSONValue) -> JSONValue {
    guard case .object(let members) = value else { return value }
    return .object(members.compactMapValues { $0.value.isNull ? nil : withoutNulls($0.value) })
  }
}
