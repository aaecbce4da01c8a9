public import KubeCore

/// The objects of one kind that an operator reads: all of them, those of a namespace, of a name or
/// with labels.
///
/// Each selection is one list and one watch. For a selection by name RBAC's `resourceNames`
/// suffice.
public struct ObjectSelection: Sendable, Hashable {
  /// The kind, in the version that is read.
  public var type: ResourceType
  /// The namespace; `nil` for all namespaces and for cluster-scoped kinds.
  public var namespace: String?
  /// The objects' name; `nil` for any.
  public var name: String?
  /// The labels that the objects have.
  public var labels: [String: String]

  /// Creates a selection.
  public init(
    _ type: ResourceType, namespace: String? = nil, name: String? = nil, labels: [String: String] = [:]
  ) {
    self.type = type
    self.namespace = namespace
    self.name = name
    self.labels = labels
  }

  /// The object's key, if the selection is of one object.
  public var key: ObjectKey? {
    guard let name, namespace != nil || !type.isNamespaced else { return nil }
    return ObjectKey(type, namespace: namespace, name: name)
  }

  /// Whether the object with this kind, namespace and name may be selected; labels are ignored.
  public func mayContain(_ kind: GroupKind, namespace: String?, name: String) -> Bool {
    type.groupKind == kind && (self.namespace ?? namespace) == namespace && (self.name ?? name) == name
  }

  /// Whether `object` is selected.
  public func contains(_ object: DynamicObject) -> Bool {
    mayContain(object.groupKind, namespace: object.metadata.namespace, name: object.metadata.name)
      && labels.allSatisfy { object.metadata.labels[$0.key] == $0.value }
  }

  /// Whether every object of `other` is selected.
  public func includes(_ other: ObjectSelection) -> Bool {
    type == other.type && (namespace == nil || namespace == other.namespace)
      && (name == nil || name == other.name) && labels.allSatisfy { other.labels[$0.key] == $0.value }
  }
}

extension ObjectSelection: CustomStringConvertible {
  /// The selection as messages name it: `secrets "proxy-client" in namespace vela-system`.
  public var description: String {
    var text = type.qualifiedPlural
    if let name { text += " \"\(name)\"" }
    if !labels.isEmpty {
      text +=
        " with " + labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
    if let namespace { text += " in namespace \(namespace)" }
    return text
  }
}

extension [ObjectSelection] {
  /// The selections without duplicates and those that another one includes, in their order.
  public var withoutIncluded: [ObjectSelection] {
    var kept: [ObjectSelection] = []
    for (place, selection) in enumerated() where !kept.contains(selection) {
      let isIncluded = enumerated().contains { other in
        other.offset != place && other.element != selection && other.element.includes(selection)
      }
      if !isIncluded { kept.append(selection) }
    }
    return kept
  }
}
