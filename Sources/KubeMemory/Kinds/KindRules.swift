import KubeCore
import KubeSchemas

/// How the server serves one kind: everything that differs from kind to kind, as data.
struct KindRules: Sendable {
  /// One version in which the kind is served.
  struct Version: Sendable {
    var name: String
    /// Which lists are keyed, which values are filled in.
    var table: FieldTable
    /// The `openAPIV3Schema` of a custom resource; `nil` where nothing is checked.
    var schema: VersionSchema?
    /// The type of a built-in kind.
    var type: BuiltInType?
    /// Whether `status` is a subresource: written by its own path only.
    var hasStatus: Bool
    /// Where objects keep what the `scale` subresource shows; `nil` where there is no such subresource.
    var scale: ScalePaths?
    /// What tables of a custom resource show beside the name; none stands for the age.
    var printerColumns: [PrinterColumn] = []
  }

  var groupKind: GroupKind
  var plural: String
  var singular: String
  var shortNames: [String] = []
  /// The groups of kinds, such as `all`, that the kind is in.
  var categories: [String] = []
  var isNamespaced: Bool
  /// The served versions, the preferred one first.
  var versions: [Version]
  /// The version in which objects are stored.
  var storageVersion: String
  /// What can be done with the kind's objects.
  var verbs = KindSchema.allVerbs
  /// Whether the server counts changes of the desired state.
  var hasGeneration: Bool
  /// Whether a PUT may leave out `metadata.resourceVersion`.
  var allowsUnconditionalUpdate = true
  /// Whether a PUT makes what isn't there.
  var createsOnUpdate = false
  /// What objects of the kind have before anybody sets anything.
  var skeleton: JSONValue = .object([:])
  /// Lists that the kind shows even when they are empty, and so on: what the server adds to `status` at
  /// creation.
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

  /// The kind in the version that is stored.
  var storageType: ResourceType { type(storageVersion) }
}

/// A kind in one version in which it is served. A reference, because every request carries it about.
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

/// The kinds that a server serves, by the paths under which it does.
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

  /// The groups but the core one, by name.
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
