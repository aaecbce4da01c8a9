public import KubeCore

/// A selection of objects of one kind: all of them, those of a namespace, or those that selectors
/// match.
///
/// Lists, watches and collection deletes take one. The selectors are in the API's own grammar.
public struct ResourceSelection: Sendable, Hashable, CustomStringConvertible {
  /// The kind.
  public var type: ResourceType
  /// The namespace; `nil` for all namespaces and for cluster-scoped kinds.
  public var namespace: String?
  /// The label selector, such as `app=gateway,tier!=test`.
  public var labelSelector: String?
  /// The field selector, such as `metadata.name=gateway`.
  public var fieldSelector: String?
  /// Whether only the objects' metadata are read (`PartialObjectMetadata`): no spec, no data, no
  /// status.
  public var isMetadataOnly: Bool

  /// Creates a selection.
  public init(
    _ type: ResourceType, namespace: String? = nil, labelSelector: String? = nil,
    fieldSelector: String? = nil,
    isMetadataOnly: Bool = false
  ) {
    self.type = type
    self.namespace = namespace
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    self.isMetadataOnly = isMetadataOnly
  }

  /// The objects of `type` named `name` in all namespaces: a list or watch of them requires only
  /// RBAC's `resourceNames: [name]`.
  public static func named(_ name: String, of type: ResourceType, isMetadataOnly: Bool = false) -> Self {
    ResourceSelection(type, fieldSelector: FieldSelector.name(name).query, isMetadataOnly: isMetadataOnly)
  }

  /// The selection as text for messages.
  public var description: String {
    var text = type.qualifiedPlural
    if let namespace { text += " in \(namespace)" }
    if let labelSelector { text += " with \(labelSelector)" }
    if let fieldSelector { text += " where \(fieldSelector)" }
    return text
  }

  var query: [KubeRequest.QueryItem] {
    .present([("labelSelector", labelSelector), ("fieldSelector", fieldSelector)])
  }
}

extension [KubeRequest.QueryItem] {
  /// Those items that have a value.
  static func present(_ items: [(String, String?)]) -> Self {
    items.compactMap { name, value in value.map { KubeRequest.QueryItem(name, $0) } }
  }
}

extension ResourceType {
  /// The URL's segments up to the collection: `apis/apps/v1/namespaces/NS/deployments`.
  public func path(namespace: String?) -> [String] {
    var path = group.isEmpty ? ["api", version] : ["apis", group, version]
    if isNamespaced, let namespace { path += ["namespaces", namespace] }
    return path + [plural]
  }
}

extension ObjectKey {
  /// The URL's segments up to the object, or its subresource: `api/v1/namespaces/NS/secrets/NAME`.
  public func path(subresource: String? = nil) -> [String] {
    let path = type.path(namespace: namespace) + [name]
    guard let subresource else { return path }
    return path + subresource.split(separator: "/").map(String.init)
  }
}
