/// A set of an object's fields, as an entry of `managedFields` records them in `fieldsV1` (KEP-555,
/// structured-merge-diff).
///
/// The set is a tree. An element of the tree may be a *member* (the field itself is in the set), have
/// *children* (fields below it
/// are in the set), or both: for a list item both say "the item and these fields of it".
public struct FieldSet: Sendable, Hashable {
  /// A step from a value to one inside it.
  public enum Element: Sendable, Hashable {
    /// A member of an object, or an entry of a map (`f:<name>`).
    case field(String)
    /// The item of a keyed list whose key fields have these values (`k:{…}`).
    case key(JSONObject)
    /// The item of a set that has this value (`v:…`).
    case value(JSONValue)
    /// The item at this place of a list, counted from 0 (`i:<n>`).
    case index(Int)
  }

  struct Node: Sendable, Hashable {
    var isMember = false
    var children = FieldSet()

    var isEmpty: Bool { !isMember && children.isEmpty }
  }

  private var nodes: [Element: Node] = [:]

  /// The set without fields.
  public init() {}

  /// The set of the fields at `paths`.
  public init(_ paths: some Sequence<[Element]>) {
    for path in paths { insert(path) }
  }

  /// Whether no field is in the set.
  public var isEmpty: Bool { nodes.isEmpty }

  /// Adds the field at `path`; the empty path adds nothing.
  public mutating func insert(_ path: some Collection<Element>) { insert(Array(path)[...]) }

  private mutating func insert(_ path: ArraySlice<Element>) {
    guard let first = path.first else { return }
    let rest = path.dropFirst()
    if rest.isEmpty {
      nodes[first, default: Node()].isMember = true
    } else {
      nodes[first, default: Node()].children.insert(rest)
    }
  }

  /// Adds the fields of `set`, which are below `element`, and with `andItself` that element too.
  mutating func insert(_ set: FieldSet, below element: Element, andItself: Bool = false) {
    guard andItself || !set.isEmpty else { return }
    guard let node = nodes[element] else {
      nodes[element] = Node(isMember: andItself, children: set)
      return
    }
    nodes[element] = Node(isMember: node.isMember || andItself, children: node.children.union(set))
  }

  /// Whether the field at `path` is itself in the set; fields below it don't count.
  public func contains(_ path: some Collection<Element>) -> Bool { contains(Array(path)[...]) }

  private func contains(_ path: ArraySlice<Element>) -> Bool {
    guard let first = path.first, let node = nodes[first] else { return false }
    let rest = path.dropFirst()
    return rest.isEmpty ? node.isMember : node.children.contains(rest)
  }

  /// Whether the field `element` is itself in the set.
  public func contains(_ element: Element) -> Bool { nodes[element]?.isMember ?? false }

  /// The fields of the set that are below `element`.
  public func children(of element: Element) -> FieldSet { nodes[element]?.children ?? FieldSet() }

  /// The first steps of the set's paths, in no order.
  var unorderedElements: some Sequence<Element> { nodes.keys }

  /// The first steps of the set's paths, in a fixed order.
  public var elements: [Element] {
    nodes.keys.map { ($0, $0.text) }.sorted { $0.1.utf8.lexicographicallyPrecedes($1.1.utf8) }.map(\.0)
  }

  /// Every field of the set, in a fixed order.
  public var paths: [[Element]] { collect(leavesOnly: false) }

  /// The fields of the set that have no field of the set below them, in a fixed order.
  public var leaves: [[Element]] { collect(leavesOnly: true) }

  private func collect(leavesOnly: Bool) -> [[Element]] {
    var paths: [[Element]] = []
    func walk(_ set: FieldSet, _ prefix: [Element]) {
      for element in set.elements {
        guard let node = set.nodes[element] else { continue }
        let path = prefix + [element]
        if node.isMember && (!leavesOnly || node.children.isEmpty) { paths.append(path) }
        walk(node.children, path)
      }
    }
    walk(self, [])
    return paths
  }

  /// The fields that are in either set.
  public func union(_ other: FieldSet) -> FieldSet {
    var result = self
    for (element, node) in other.nodes {
      guard let mine = nodes[element] else {
        result.nodes[element] = node
        continue
      }
      result.nodes[element] = Node(
        isMember: mine.isMember || node.isMember, children: mine.children.union(node.children))
    }
    return result
  }

  /// The fields that are in both sets.
  public func intersection(_ other: FieldSet) -> FieldSet {
    combined(other) { mine, theirs in
      Node(
        isMember: mine.isMember && theirs.isMember, children: mine.children.intersection(theirs.children))
    } unmatched: { _ in
      Node()
    }
  }

  /// The fields of this set that are not in `other`. A field of `other` says nothing of the fields below it.
  public func subtracting(_ other: FieldSet) -> FieldSet {
    combined(other) { mine, theirs in
      Node(
        isMember: mine.isMember && !theirs.isMember, children: mine.children.subtracting(theirs.children))
    } unmatched: {
      $0
    }
  }

  /// The fields of this set that are neither in `other` nor below a field of `other`.
  public func subtractingRecursively(_ other: FieldSet) -> FieldSet {
    combined(other) { mine, theirs in
      theirs.isMember
        ? Node()
        : Node(
          isMember: mine.isMember, children: mine.children.subtractingRecursively(theirs.children))
    } unmatched: {
      $0
    }
  }

  private func combined(
    _ other: FieldSet, matched: (Node, Node) -> Node, unmatched: (Node) -> Node
  ) -> FieldSet {
    var result = FieldSet()
    for (element, mine) in nodes {
      let node = other.nodes[element].map { matched(mine, $0) } ?? unmatched(mine)
      if !node.isEmpty { result.nodes[element] = node }
    }
    return result
  }
}

extension FieldSet: JSONConvertible {
  /// Reads `fieldsV1`; throws at the first name that isn't one of its notation.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    for member in reader.value?.object ?? [:] where member.key != "." {
      let place = reader[member.key]
      guard let element = Element(text: member.key) else {
        throw place.failure(
          "\"\(member.key)\" is not a field of fieldsV1",
          remedy: "names are f:<name>, k:<keys as JSON>, v:<value as JSON>, i:<index> or \".\"")
      }
      guard let below = member.value.object else {
        throw place.failure("expected an object, found \(member.value.kindName)")
      }
      var node = Node(isMember: below.isEmpty || below.contains("."))
      node.children = try FieldSet(from: place)
      // Only an object that says nothing at all could give an empty node, and that one is a member.
      nodes[element] = node
    }
  }

  /// The set as `fieldsV1`.
  public var json: JSONValue {
    var object = JSONObject()
    for (element, node) in nodes {
      var below = node.children.json.object ?? [:]
      if node.isMember && !below.isEmpty { below["."] = [:] }
      object[element.text] = .object(below)
    }
    return .object(object)
  }
}

extension FieldSet: CustomStringConvertible {
  /// The fields, one path after the other.
  public var description: String {
    "{" + paths.map { FieldPath($0).description }.joined(separator: ", ") + "}"
  }
}

extension FieldSet.Element: CustomStringConvertible {
  /// The element that `text` says in `fieldsV1`'s notation; `nil` for anything else.
  public init?(text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let rest = String(text[text.index(after: colon)...])
    switch text[..<colon] {
    case "f":
      self = .field(rest)
    case "k":
      guard let keys = try? JSONParser(maximumDepth: 8).parse(rest).object, !keys.isEmpty else { return nil }
      self = .key(keys)
    case "v":
      guard let value = try? JSONParser(maximumDepth: 32).parse(rest) else { return nil }
      self = .value(value)
    case "i":
      guard let index = Int(rest), index >= 0 else { return nil }
      self = .index(index)
    default:
      return nil
    }
  }

  /// The element in `fieldsV1`'s notation.
  public var text: String {
    switch self {
    case .field(let name): "f:" + name
    case .key(let keys): "k:" + JSONWriter(style: .goCompatible).text(.object(keys))
    case .value(let value): "v:" + JSONWriter(style: .goCompatible).text(value)
    case .index(let index): "i:\(index)"
    }
  }

  /// The same as `text`.
  public var description: String { text }
}

extension FieldPath {
  /// The path of a field set's elements, for people: a list item is named by its key, a map's entry in
  /// brackets.
  public init(_ elements: some Sequence<FieldSet.Element>) {
    func words(_ value: JSONValue) -> String { value.string ?? value.description }
    self.init(
      elements.map { element -> FieldPath.Step in
        switch element {
        case .field(let name):
          let isPlain = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "$") || (0x30...0x39).contains($0)
              || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          }
          return isPlain && !name.isEmpty ? .field(name) : .key(name)
        case .key(let keys):
          if keys.count == 1, let only = keys.first { return .key(words(only.value)) }
          return .key(keys.map { "\($0.key)=\(words($0.value))" }.joined(separator: ","))
        case .value(let value): return .key(words(value))
        case .index(let index): return .index(index)
        }
      })
  }
}
