/// The API server's rules for the fields of one kind that JSON doesn't show: keyed lists, atomic
/// objects, quantities, defaults.
///
/// The rules are given by patterns of member names; `[]` stands for a list's items and `{}` for the
/// values of a map with free keys:
///
///     FieldTable([
///       "spec.ports": .listMap(keys: ["port", "protocol"]),
///       "spec.ports[].protocol": .default("TCP"),
///       "spec.limits{}": .quantity,
///     ])
///
/// A field without a rule follows the API's own default: an object is granular (each member is a
/// field of its own), a list is atomic (one field with its whole content). ``Drift`` and
/// ``FieldSet`` depend on these rules; ``FieldTables`` holds the tables of several kinds.
public struct FieldTable: Sendable, Hashable {
  /// A rule for the field at a pattern. One pattern may have several rules.
  public enum Rule: Sendable, Hashable {
    /// A list that is one field (the default).
    case atomicList
    /// A list of distinct scalars, each a field of its own.
    case set
    /// A list of objects identified by the values of these members; a key that an item omits has
    /// its ``default(_:)``.
    case listMap(keys: [String])
    /// An object that is one field.
    case atomicObject
    /// An object whose members are fields (the default); needed only to undo ``atomicObject``.
    case granularObject
    /// An object whose members have free names, such as labels.
    case map
    /// A value without a schema: objects at any depth are granular, lists atomic.
    case untyped
    /// A resource quantity: `0.1` and `100m` are the same.
    case quantity
    /// A duration in Go's notation: `4320h` and `4320h0m0s` are the same.
    case duration
    /// A time in RFC 3339.
    case timestamp
    /// An integer or a string.
    case intOrString
    /// A boolean or number that the server omits when it is false or 0.
    case omittedWhenZero
    /// The default that the server fills in.
    case `default`(JSONValue)
    /// The default filled in where the member `sibling` of the same object has one of the values
    /// `isOneOf`.
    case defaultIf(sibling: String, isOneOf: [JSONValue], JSONValue)
    /// The default copied from the member `sibling` of the same object.
    case defaultCopy(of: String)
    /// The default `Always` or `IfNotPresent`, by the tag of the image in the member `image`.
    case defaultImagePullPolicy
    /// A field that the server refuses to change once it is set.
    case immutable
  }

  /// The ownership of a value with parts.
  package enum Structure: Sendable, Hashable {
    case unstated
    case atomic
    case set
    case listMap(keys: [String])
    case map
    case untyped
    case granular
  }

  /// The type of a scalar.
  package enum Scalar: Sendable, Hashable {
    case plain
    case quantity
    case duration
    case timestamp
    case intOrString
  }

  package enum Default: Sendable, Hashable {
    case value(JSONValue)
    case ifSibling(String, isOneOf: [JSONValue], JSONValue)
    case copy(of: String)
    case imagePullPolicy

    /// Whether the default depends on other members, and so is filled in after them.
    var isDependent: Bool {
      if case .value = self { return false }
      return true
    }
  }

  /// The strategic merge patch strategy of a list.
  package enum Patch: Sendable, Hashable {
    case replace
    /// Items are merged by this member; by the first of the list's own keys for `nil`.
    case merge(key: String?)
  }

  package enum Step: Sendable, Hashable {
    case field(String)
    case items
    case values
  }

  /// The rules of a field and of the fields inside it.
  package struct Node: Sendable, Hashable {
    package var structure = Structure.unstated
    package var scalar = Scalar.plain
    package var defaults: [Default] = []
    package var isImmutable = false
    package var isOmittedWhenZero = false
    /// Whether the server writes a string even when it is empty.
    package var isWrittenWhenEmpty = false
    /// The strategic merge patch strategy of the field.
    package var patch = Patch.replace
    /// Whether a strategic merge patch lists the members that it keeps (`$retainKeys`).
    package var retainsKeys = false
    private var inside: Inside?

    /// The rules inside a field.
    package var children: [Step: Node] {
      get { inside?.children ?? [:] }
      set { inside = newValue.isEmpty ? nil : Inside(newValue) }
    }
    /// Whether there are defaults inside; a walk that would change nothing is skipped.
    package var hasDefaultsInside: Bool { inside?.hasDefaults ?? false }
    /// The members that have defaults.
    var membersWithDefaults: [(name: String, rules: Node)] { inside?.membersWithDefaults ?? [] }
    /// Whether there are keyed lists or sets inside.
    package var hasKeyedInside: Bool { inside?.hasKeyed ?? false }
    /// The members that are, or hold, keyed lists or sets, in order; `nil` where any member may.
    package var keyedMembers: [String]? { inside?.keyedMembers }
    /// Whether something inside can't be changed.
    package var hasImmutableInside: Bool { inside?.hasImmutable ?? false }

    package init(structure: Structure = .unstated) { self.structure = structure }

    /// Whether the field is a keyed list or a set.
    package var isKeyed: Bool {
      switch structure {
      case .set, .listMap: true
      case .unstated, .atomic, .map, .untyped, .granular: false
      }
    }

    package static let untyped = Node(structure: .untyped)

    /// The rules of the member `name`.
    package func member(_ name: String) -> Node {
      if structure == .untyped { return .untyped }
      guard let inside else { return Node() }
      return inside.children[.field(name)] ?? inside.children[.values] ?? Node()
    }

    /// The rules of the member `name`, and whether it is a map entry, from one lookup.
    package func lookup(_ name: String) -> (rules: Node, isMapEntry: Bool) {
      if structure == .untyped { return (.untyped, true) }
      guard let inside else { return (Node(), structure == .map) }
      if let node = inside.children[.field(name)] { return (node, false) }
      let values = inside.children[.values]
      return (values ?? Node(), structure == .map || values != nil)
    }

    /// The rules of a list's items.
    package var items: Node { structure == .untyped ? .untyped : inside?.children[.items] ?? Node() }

    /// Whether the member `name` is a map entry, not a field of the schema.
    package func isMapEntry(_ name: String) -> Bool {
      if structure == .untyped { return true }
      guard let inside else { return structure == .map }
      return inside.children[.field(name)] == nil && (structure == .map || inside.children[.values] != nil)
    }
  }

  /// The rules inside a field, shared by reference: they are looked up at every field of every
  /// object.
  private final class Inside: Sendable, Hashable {
    let children: [Step: Node]
    let hasDefaults: Bool
    let membersWithDefaults: [(name: String, rules: Node)]
    let hasKeyed: Bool
    let keyedMembers: [String]?
    let hasImmutable: Bool

    init(_ children: [Step: Node]) {
      self.children = children
      hasDefaults = children.values.contains { !$0.defaults.isEmpty || $0.hasDefaultsInside }
      membersWithDefaults = children.compactMap { step, child in
        guard case .field(let name) = step, !child.defaults.isEmpty else { return nil }
        return (name, child)
      }
      let keyed = children.filter { $0.value.isKeyed || $0.value.hasKeyedInside }.keys
      let members = keyed.compactMap { step in
        if case .field(let name) = step { name } else { nil }
      }
      hasKeyed = !keyed.isEmpty
      keyedMembers = members.count == keyed.count ? members.sorted() : nil
      hasImmutable = children.values.contains { $0.isImmutable || $0.hasImmutableInside }
    }

    static func == (left: Inside, right: Inside) -> Bool {
      left === right || left.children == right.children
    }

    func hash(into hasher: inout Hasher) { hasher.combine(children) }
  }

  package var root: Node
  /// Whether the server drops empty strings, as the Go types of the built-in kinds do.
  public var omitsEmptyStrings: Bool

  /// Creates a table of `rules` on top of the rules of `metadata` that all kinds share.
  ///
  /// `omitsEmptyStrings` is true for the kinds that are built into the API server; custom resources
  /// keep empty strings.
  public init(_ rules: KeyValuePairs<String, Rule> = [:], omitsEmptyStrings: Bool = false) {
    root = Node()
    self.omitsEmptyStrings = omitsEmptyStrings
    for (pattern, rule) in FieldTable.metadataRules { add(rule, at: pattern) }
    for (pattern, rule) in rules { add(rule, at: pattern) }
  }

  /// Creates a table of the rules below `root` on top of the rules of `metadata` that all kinds
  /// share.
  package init(root: Node, omitsEmptyStrings: Bool = false) {
    self.root = root
    self.omitsEmptyStrings = omitsEmptyStrings
    for (pattern, rule) in FieldTable.metadataRules { add(rule, at: pattern) }
  }

  private static let metadataRules: KeyValuePairs<String, Rule> = [
    "metadata.labels": .map,
    "metadata.annotations": .map,
    "metadata.finalizers": .set,
    "metadata.ownerReferences": .listMap(keys: ["uid"]),
    "metadata.ownerReferences[]": .atomicObject,
    "metadata.managedFields": .atomicList,
    "metadata.creationTimestamp": .timestamp,
    "metadata.deletionTimestamp": .timestamp,
  ]

  /// Adds a rule for the field at `pattern`.
  public mutating func add(_ rule: Rule, at pattern: String) {
    FieldTable.change(&root, at: FieldTable.steps(pattern)[...]) { node in
      switch rule {
      case .atomicList, .atomicObject: node.structure = .atomic
      case .set: node.structure = .set
      case .listMap(let keys): node.structure = .listMap(keys: keys)
      case .granularObject: node.structure = .granular
      case .map: node.structure = .map
      case .untyped: node.structure = .untyped
      case .quantity: node.scalar = .quantity
      case .duration: node.scalar = .duration
      case .timestamp: node.scalar = .timestamp
      case .intOrString: node.scalar = .intOrString
      case .omittedWhenZero: node.isOmittedWhenZero = true
      case .default(let value): node.defaults.append(.value(value))
      case .defaultIf(let sibling, let values, let value):
        node.defaults.append(.ifSibling(sibling, isOneOf: values, value))
      case .defaultCopy(let sibling): node.defaults.append(.copy(of: sibling))
      case .defaultImagePullPolicy: node.defaults.append(.imagePullPolicy)
      case .immutable: node.isImmutable = true
      }
    }
  }

  /// This table with the rules of `other` added.
  package func merging(_ other: FieldTable) -> FieldTable {
    var table = self
    FieldTable.merge(other.root, into: &table.root)
    return table
  }

  private static func merge(_ source: Node, into target: inout Node) {
    if source.structure != .unstated { target.structure = source.structure }
    if source.scalar != .plain { target.scalar = source.scalar }
    target.defaults += source.defaults.filter { !target.defaults.contains($0) }
    target.isImmutable = target.isImmutable || source.isImmutable
    target.isOmittedWhenZero = target.isOmittedWhenZero || source.isOmittedWhenZero
    for (step, child) in source.children { merge(child, into: &target.children[step, default: Node()]) }
  }

  private static func change(_ node: inout Node, at steps: ArraySlice<Step>, _ body: (inout Node) -> Void) {
    guard let first = steps.first else { return body(&node) }
    change(&node.children[first, default: Node()], at: steps.dropFirst(), body)
  }

  private static func steps(_ pattern: String) -> [Step] {
    var steps: [Step] = []
    for part in pattern.split(separator: ".") {
      var name = part
      var inner: [Step] = []
      while true {
        if name.hasSuffix("[]") {
          inner.append(.items)
        } else if name.hasSuffix("{}") {
          inner.append(.values)
        } else {
          break
        }
        name = name.dropLast(2)
      }
      if !name.isEmpty { steps.append(.field(String(name))) }
      steps += inner.reversed()
    }
    return steps
  }

  /// Whether the server refuses to change the field at `path`, or a field that contains it, once it
  /// is set.
  public func isImmutable(_ path: some Sequence<FieldSet.Element>) -> Bool {
    var node = root
    for element in path {
      switch element {
      case .field(let name): node = node.member(name)
      case .key, .value, .index: node = node.items
      }
      if node.isImmutable { return true }
    }
    return node.isImmutable
  }
}
