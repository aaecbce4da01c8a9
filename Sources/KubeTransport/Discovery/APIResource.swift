public import KubeCore

/// A kind that a server serves in one version, with its verbs (API reference APIResource v1).
public struct APIResource: Sendable, Hashable, CustomStringConvertible {
  /// A part of an object with a path of its own, such as `status` or `scale`.
  public struct Subresource: Sendable, Hashable {
    /// The name, such as `status`.
    public var name: String
    /// Its verbs, such as `patch`.
    public var verbs: Set<String>

    /// Creates a subresource.
    public init(name: String, verbs: Set<String>) {
      self.name = name
      self.verbs = verbs
    }
  }

  /// The kind.
  public var type: ResourceType
  /// The singular, such as `deployment`; the kind in lower case where the server sends none.
  public var singular: String
  /// Short names, such as `deploy`.
  public var shortNames: [String]
  /// The categories that it belongs to, such as `all`.
  public var categories: [String]
  /// The verbs of its objects, such as `list`.
  public var verbs: Set<String>
  /// The parts of its objects with paths of their own.
  public var subresources: [Subresource]

  /// Creates a served kind.
  public init(
    type: ResourceType, singular: String? = nil, shortNames: [String] = [], categories: [String] = [],
    verbs: Set<String> = [], subresources: [Subresource] = []
  ) {
    self.type = type
    let singular = singular ?? ""
    self.singular = singular.isEmpty ? type.kind.lowercased() : singular
    self.shortNames = shortNames
    self.categories = categories
    self.verbs = verbs
    self.subresources = subresources
  }

  /// Whether the server supports `verb` for its objects.
  public func allows(_ verb: String) -> Bool { verbs.contains(verb) }

  /// The unambiguous name: `deployments.v1.apps`, or `pods.v1.` of the core group.
  public var description: String { "\(type.plural).\(type.version).\(type.group)" }

  // MARK: Reading

  /// Decodes an entry of an `APIResourceList` that isn't a subresource.
  init(legacy reader: FieldReader, group: String, version: String) throws(FieldError) {
    self.init(
      type: ResourceType(
        group: group, version: version, kind: try reader["kind"].string(),
        plural: try reader["name"].string(),
        isNamespaced: try reader["namespaced"].bool()),
      singular: try reader["singularName"].optional(), shortNames: try reader["shortNames"].list(),
      categories: try reader["categories"].list(), verbs: Set(try reader["verbs"].list(String.self)))
  }

  /// Decodes an entry of an `APIVersionDiscovery`.
  init(aggregated reader: FieldReader, group: String, version: String) throws(FieldError) {
    self.init(
      type: ResourceType(
        group: group, version: version, kind: try reader["responseKind"]["kind"].string(),
        plural: try reader["resource"].string(), isNamespaced: try reader["scope"].string() == "Namespaced"),
      singular: try reader["singularResource"].optional(), shortNames: try reader["shortNames"].list(),
      categories: try reader["categories"].list(), verbs: Set(try reader["verbs"].list(String.self)),
      subresources: try reader["subresources"].list())
  }
}

extension APIResource.Subresource: JSONConvertible {
  /// Decodes an entry of `subresources` of aggregated discovery.
  public init(from reader: FieldReader) throws(FieldError) {
    self.init(
      name: try reader["subresource"].string(), verbs: Set(try reader["verbs"].list(String.self)))
  }

  /// The entry of aggregated discovery.
  public var json: JSONValue {
    ["subresource": .string(name), "verbs": .array(verbs.sorted().map { .string($0) })]
  }
}
