public import KubeCore

/// The facts about one kind: how the API server serves and stores it.
public struct KindSchema: Sendable, Hashable {
  /// A rule for a field of this kind that other owners of the field's type don't have.
  public struct Rule: Sendable, Hashable {
    /// The path of the field: members' names separated by dots.
    public var path: String
    /// The rule.
    public var attribute: FieldSchema.Attribute
  }

  /// A column of a table of objects.
  public struct Column: Sendable, Hashable {
    /// The title.
    public var title: String
    /// `string`, `integer`, `boolean` or `date`.
    public var type: String
    /// The field whose value is shown, such as `.spec.type`; `nil` where the server computes it.
    public var path: String?
    /// Whether only the wide output shows it.
    public var isWide: Bool

    init(_ text: Substring) {
      isWide = text.last == "+"
      let parts = (isWide ? text.dropLast() : text).split(separator: "=", maxSplits: 1)
      let head = (parts.first ?? "").split(separator: ":", maxSplits: 1)
      title = String(head.first ?? "")
      type = head.count > 1 ? String(head[1]) : "string"
      path = parts.count > 1 ? String(parts[1]) : nil
    }
  }

  /// The paths of the fields of the `scale` subresource.
  public struct Scale: Sendable, Hashable {
    /// The path of the desired number of replicas, such as `.spec.replicas`.
    public var replicas: String
    /// The path of the observed number of replicas.
    public var observedReplicas: String
    /// The path of the pod selector.
    public var selector: String?
  }

  /// The name of the type with the kind's fields.
  public var name: TypeName
  /// The group and version.
  public var apiVersion: String
  /// The plural in URLs; `nil` where the kind is only a subresource's body.
  public var plural: String?
  /// Whether the objects are namespaced.
  public var isNamespaced: Bool
  /// The short names for command lines.
  public var shortNames: [String]
  /// The categories, such as `all`.
  public var categories: [String]
  /// The subresources.
  public var subresources: [String]
  /// The paths of the `scale` subresource; `nil` without that subresource.
  public var scale: Scale?
  /// The verbs that the server supports for the kind.
  public var verbs: [String]
  /// The server version that introduced this version of the kind, such as `1.9`.
  public var since: String?
  /// Whether the server counts changes of the desired state.
  public var countsGenerations: Bool
  /// Whether a PUT needs no `metadata.resourceVersion`.
  public var allowsUnconditionalUpdate: Bool
  /// Whether a PUT creates a missing object.
  public var createsOnUpdate: Bool
  /// The rules for single fields of this kind.
  public var rules: [Rule]
  /// The columns of a table after the name.
  public var columns: [Column]

  /// The verbs of a kind that is stored and has all of them.
  public static let allVerbs = [
    "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
  ]

  /// The kind's name.
  public var kind: String { name.name }

  /// The kind without its version.
  public var groupKind: GroupKind { GroupKind(apiVersion: apiVersion, kind: kind) }

  /// Whether objects of the kind are stored; otherwise they are only responses.
  public var isStored: Bool { verbs.contains("get") }

  /// The type that the API serves; `nil` where the kind is only a subresource's body.
  public var resourceType: ResourceType? {
    plural.map { plural in
      ResourceType(
        group: groupKind.group, version: String(apiVersion.split(separator: "/").last ?? ""), kind: kind,
        plural: plural, isNamespaced: isNamespaced)
    }
  }

  package init(
    name: TypeName, apiVersion: String, plural: String?, facts: ArraySlice<Substring>, rules: [Rule],
    columns: [Column]
  ) {
    func values(_ name: String) -> [String]? {
      facts.first { $0.hasPrefix(name + "=") }.map { fact in
        fact.dropFirst(name.count + 1).split(separator: ",").map { String($0) }
      }
    }
    self.name = name
    self.apiVersion = apiVersion
    self.plural = plural
    self.rules = rules
    self.columns = columns
    isNamespaced = facts.contains("namespaced")
    shortNames = values("short") ?? []
    categories = values("categories") ?? []
    subresources = values("subresources") ?? []
    verbs = values("verbs") ?? KindSchema.allVerbs
    since = values("since")?.first
    countsGenerations = facts.contains("generation")
    allowsUnconditionalUpdate = !facts.contains("conditional")
    createsOnUpdate = facts.contains("upsert")
    if let paths = values("scale"), paths.count >= 2 {
      scale = Scale(
        replicas: paths[0], observedReplicas: paths[1], selector: paths.count > 2 ? paths[2] : nil)
    }
  }
}
