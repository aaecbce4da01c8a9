import KubeCore
import KubeSchemas

/// The server's rules for one kind: all differences between kinds, as data.
struct KindRules: Sendable {
  /// One version in which the kind is served.
  struct Version: Sendable {
    var name: String
    /// The keyed lists and the defaults.
    var table: FieldTable
    /// The `openAPIV3Schema` of a custom resource; `nil` where nothing is validated.
    var schema: VersionSchema?
    /// The type of a built-in kind.
    var type: BuiltInType?
    /// Whether `status` is a subresource, which is written only through its own path.
    var hasStatus: Bool
    /// The paths of the fields of the `scale` subresource; `nil` without that subresource.
    var scale: ScalePaths?
    /// The columns of a custom resource's tables after the name; an empty list stands for the age.
    var printerColumns: [PrinterColumn] = []
  }

  var groupKind: GroupKind
  var plural: String
  var singular: String
  var shortNames: [String] = []
  /// The categories, such as `all`, of the kind.
  var categories: [String] = []
  var isNamespaced: Bool
  /// The served versions, the preferred one first.
  var versions: [Version]
  /// The version in which objects are stored.
  var storageVersion: String
  /// The verbs of the kind's objects.
  var verbs = KindSchema.allVerbs
  /// Whether the server counts changes of the desired state.
  var hasGeneration: Bool
  /// Whether a PUT may omit `metadata.resourceVersion`.
  var allowsUnconditionalUpdate = true
  /// Whether a PUT creates a missing object.
  var createsOnUpdate = false
  /// The members that objects of the kind have before any write.
  var skeleton: JSONValue = .object([:])
  /// The members that the server adds to `status` at creation, such as lists that are shown even
  /// when empty.
  var initialStatus: JSONValue?
  /// Whether the kind comes from a CustomResourceDefinition.
  var isCustom: Bool

  var listKind: String { groupKind.kind + "List" }

  func version(_ name: String) -> Version? { versions.first { $0.name == name } }

  func type(_ version: String) -> ResourceType {
    ResourceType(
      group: groupKind.group, version: version, kind: groupKind.kind, plural: plural,
      isNamespaced: isNamespaced)
  }

  /// The kind in its storage version.
  var storageType: ResourceType { type(storageVersion) }
}

/// A kind in one of its served versions. A class, because every request holds one.
final class ServedKind: Sendable {
  let rules: KindRules
  let version: KindRules.Version
  let type: ResourceType

  init(_ rules: KindRules, _ version: KindRules.Version) {
    self.rules = rules
    self.version = version
    type = rules.type(version.name)
  }
}

/// The kinds that a server serves, by their paths.
struct KindRegistry: Sendable {
  private struct Path: Hashable {
    var group: String
    var version: String
    var plural: String
  }

  private(set) var kinds: [GroupKind: KindRules] = [:]
  private var served: [Path: ServedKind] = [:]

  init(_ rules: [KindRules]) {
    for rule in rules { register(rule) }
  }

  mutating func register(_ rules: KindRules) {
    unregister(rules.groupKind)
    kinds[rules.groupKind] = rules
    for version in rules.versions {
      served[KindRegistry.path(rules, version)] = ServedKind(rules, version)
    }
  }

  mutating func unregister(_ kind: GroupKind) {
    guard let rules = kinds.removeValue(forKey: kind) else { return }
    for version in rules.versions { served[KindRegistry.path(rules, version)] = nil }
  }

  private static func path(_ rules: KindRules, _ version: KindRules.Version) -> Path {
    Path(group: rules.groupKind.group, version: version.name, plural: rules.plural)
  }

  subscript(kind: GroupKind) -> KindRules? { kinds[kind] }

  /// The kind served at `/apis/<group>/<version>/<plural>`.
  func served(group: String, version: String, plural: String) -> ServedKind? {
    served[Path(group: group, version: version, plural: plural)]
  }

  /// The groups except the core group, sorted by name.
  var groups: [String] { Set(kinds.keys.map(\.group)).subtracting([""]).sorted() }

  /// The versions of a group, newest first as Kubernetes orders them.
  func versions(of group: String) -> [String] {
    let names = kinds.values.filter { $0.groupKind.group == group }.flatMap { $0.versions.map(\.name) }
    return Set(names).sorted { KindRegistry.precedes($0, $1) }
  }

  /// Kinds of a group and version, by plural.
  func kinds(group: String, version: String) -> [KindRules] {
    kinds.values.filter { $0.groupKind.group == group && $0.version(version) != nil }
      .sorted { $0.plural < $1.plural }
  }

  /// Kubernetes' order of versions: stable before beta before alpha, the higher number first.
  static func precedes(_ left: String, _ right: String) -> Bool {
    func rank(_ version: String) -> (Int, Int, Int)? {
      guard version.hasPrefix("v") else { return nil }
      let rest = version.dropFirst()
      let major = rest.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(major) else { return nil }
      let suffix = rest.dropFirst(major.count)
      if suffix.isEmpty { return (3, number, 0) }
      for (name, stage) in [("beta", 2), ("alpha", 1)] where suffix.hasPrefix(name) {
        return (stage, number, Int(suffix.dropFirst(name.count)) ?? 0)
      }
      return nil
    }
    switch (rank(left), rank(right)) {
    case (let a?, let b?): return a > b
    case (.some, nil): return true
    case (nil, .some): return false
    case (nil, nil): return left < right
    }
  }
}
