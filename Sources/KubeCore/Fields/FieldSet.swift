/// A set of an object's fields, as an entry of `managedFields` records them in `fieldsV1` (KEP-555,
/// structured-merge-diff).
///
/// The set is a tree. An element of the tree may be a *member* (the field itself is in the set),
/// have *children* (fields below it are in the set), or both: for a list item both mean "the item
/// and these fields of it". A ``ManagedFieldsEntry`` holds one.
public struct FieldSet: Sendable, Hashable {
  /// A step from a value to one inside it.
  public enum Element: Sendable, Hashable {
    /// A member of an object, or an entry of a map (`f:<name>`).
    case field(String)
    /// The item of a keyed list whose key fields have these values (`k:{…}`).
    case key(JSONObject)
    /// The item of a set that has this value (`v:…`).
    case value(JSONValue)
    /// The item at this index of a list, counted from 0 (`i:<n>`).
    case index(Int)
  }

  /// An element and its part of the set: it is a member, has children, or both.
  private struct Entry: Sendable, Hashable {
    let element: Element
    var isMember: Bool
    var children: FieldSet
  }

  /// The entries in the order of their elements, so that sets are combined in one pass and equal
  /// sets are equal arrays.
  private var entries: [Entry]

  /// Creates the empty set.
  public init() { entries = [] }

  private init(entries: [Entry]) { self.entries = entries }

  /// The set of the fields at `paths`.
  public init(_ paths: some Sequence<[Element]>) {
    self.init()
    for path in paths { insert(path[...]) }
  }

  /// Whether no field is in the set.
  public var isEmpty: Bool { entries.isEmpty }

  /// The same set with its strings and the sets below interned in `pool`.
  func compacted(by pool: inout InternPool) -> FieldSet {
    FieldSet(
      entries: entries.map { entry in
        var element = entry.element
        switch element {
        case .field(let name): element = .field(pool.text(name))
        case .key(let keys): element = .key(keys.compactMapValues { pool.value($0.value) })
        case .value, .index: break
        }
        return Entry(element: element, isMember: entry.isMember, children: pool.fields(entry.children))
      })
  }

  /// Adds the field at `path`; the empty path adds nothing.
  public mutating func insert(_ path: some Collection<Element>) { insert(Array(path)[...]) }

  /// Adds the field at `path`, an array: calls from other modules aren't specialized.
  package mutating func insert(_ path: [Element]) { insert(path[...]) }

  private mutating func insert(_ path: ArraySlice<Element>) {
    guard let first = path.first else { return }
    let rest = path.dropFirst()
    change(first) { entry in
      if rest.isEmpty { entry.isMember = true } else { entry.children.insert(rest) }
    }
  }

  /// Adds the fields of `set` below `element`, and with `andItself` the element too.
  mutating func insert(_ set: FieldSet, below element: Element, andItself: Bool = false) {
    guard andItself || !set.isEmpty else { return }
    change(element) { entry in
      entry.isMember = entry.isMember || andItself
      entry.children = entry.children.isEmpty ? set : entry.children.union(set)
    }
  }

  /// Changes the entry of `element`, which `body` must not leave empty.
  private mutating func change(_ element: Element, _ body: (inout Entry) -> Void) {
    let (index, exists) = position(of: element)
    defer {
      assert(
        entries[index].isMember || !entries[index].children.isEmpty, "an entry of a field set has no field")
    }
    if exists {
      body(&entries[index])
    } else {
      var entry = Entry(element: element, isMember: false, children: FieldSet())
      body(&entry)
      entries.insert(entry, at: index)
    }
  }

  /// The index where the entry of `element` is or would be inserted.
  private func position(of element: Element) -> (index: Int, exists: Bool) {
    // Most sets are built in order.
    guard let last = entries.last else { return (0, false) }
    let order = last.element.order(to: element)
    if order < 0 { return (entries.count, false) }
    if order == 0 { return (entries.count - 1, true) }
    var low = 0
    var high = entries.count - 1
    while low < high {
      let middle = (low + high) / 2
      let order = entries[middle].element.order(to: element)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  private func entry(of element: Element) -> Entry? {
    let (index, exists) = position(of: element)
    return exists ? entries[index] : nil
  }

  /// The number of first steps of the set's paths.
  var elementCount: Int { entries.count }

  /// The set's entry for `element`; `nil` where there is none.
  func find(_ element: Element) -> (isMember: Bool, children: FieldSet)? {
    entry(of: element).map { ($0.isMember, $0.children) }
  }

  /// Whether the field at `path` is itself in the set; fields below it don't count.
  public func contains(_ path: some Collection<Element>) -> Bool { contains(Array(path)[...]) }

  private func contains(_ path: ArraySlice<Element>) -> Bool {
    guard let first = path.first, let entry = entry(of: first) else { return false }
    let rest = path.dropFirst()
    return rest.isEmpty ? entry.isMember : entry.children.contains(rest)
  }

  /// Whether the field `element` is itself in the set.
  public func contains(_ element: Element) -> Bool { entry(of: element)?.isMember ?? false }

  /// The fields of the set that are below `element`.
  public func children(of element: Element) -> FieldSet { entry(of: element)?.children ?? FieldSet() }

  /// The first steps of the set's paths, in no particular order.
  var unorderedElements: some Sequence<Element> { entries.lazy.map { entry in entry.element } }

  /// The first steps of the set's paths, ordered by their texts.
  public var elements: [Element] { textualEntries.map(\.element) }

  private var textualEntries: [Entry] {
    // Names are in that order already.
    if case .field? = entries.last?.element { return entries }
    return entries.map { ($0, $0.element.text) }.sorted { $0.1.byteOrder(to: $1.1) < 0 }.map(\.0)
  }

  /// Every field of the set, in a fixed order.
  public var paths: [[Element]] { collect(leavesOnly: false) }

  /// The fields of the set that have no field of the set below them, in a fixed order.
  public var leaves: [[Element]] { collect(leavesOnly: true) }

  private func collect(leavesOnly: Bool) -> [[Element]] {
    var paths: [[Element]] = []
    func walk(_ set: FieldSet, _ prefix: [Element]) {
      for entry in set.textualEntries {
        let path = prefix + [entry.element]
        if entry.isMember && (!leavesOnly || entry.children.isEmpty) { paths.append(path) }
        walk(entry.children, path)
      }
    }
    walk(self, [])
    return paths
  }

  // MARK: Combinations

  /// The fields that are in either set.
  public func union(_ other: FieldSet) -> FieldSet {
    if isEmpty { return other }
    if other.isEmpty { return self }
    return combined(other, keepsOwn: true, keepsOther: true) { mine, theirs in
      mine.isMember = mine.isMember || theirs.isMember
      mine.children = mine.children.union(theirs.children)
    }
  }

  /// The fields that are in both sets.
  public func intersection(_ other: FieldSet) -> FieldSet {
    if isEmpty || other.isEmpty { return FieldSet() }
    return combined(other, keepsOwn: false, keepsOther: false) { mine, theirs in
      mine.isMember = mine.isMember && theirs.isMember
      mine.children = mine.children.intersection(theirs.children)
    }
  }

  /// The fields of this set that are not in `other`. A field of `other` doesn't remove the fields
  /// below it.
  public func subtracting(_ other: FieldSet) -> FieldSet {
    if isEmpty || other.isEmpty { return self }
    return combined(other, keepsOwn: true, keepsOther: false) { mine, theirs in
      mine.isMember = mine.isMember && !theirs.isMember
      mine.children = mine.children.subtracting(theirs.children)
    }
  }

  /// The fields of this set that are neither in `other` nor below a field of `other`.
  package func subtractingRecursively(_ other: FieldSet) -> FieldSet {
    if isEmpty || other.isEmpty { return self }
    return combined(other, keepsOwn: true, keepsOther: false) { mine, theirs in
      if theirs.isMember {
        mine.isMember = false
        mine.children = FieldSet()
      } else {
        mine.children = mine.children.subtractingRecursively(theirs.children)
      }
    }
  }

  /// Whether every field of this set is in `other`.
  package func isSubset(of other: FieldSet) -> Bool {
    entries.allSatisfy { mine in
      guard let theirs = other.entry(of: mine.element) else { return false }
      return (!mine.isMember || theirs.isMember) && mine.children.isSubset(of: theirs.children)
    }
  }

  /// The result of one pass over both sets: `match` changes the entries that both sets have; those
  /// that it leaves empty are removed.
  private func combined(
    _ other: FieldSet, keepsOwn: Bool, keepsOther: Bool, match: (inout Entry, Entry) -> Void
  ) -> FieldSet {
    var result: [Entry] = []
    result.reserveCapacity(entries.count)
    var (l, r) = (0, 0)
    while l < entries.count || r < other.entries.count {
      let order =
        l == entries.count
        ? 1 : r == other.entries.count ? -1 : entries[l].element.order(to: other.entries[r].element)
      if order < 0 {
        if keepsOwn { result.append(entries[l]) }
        l += 1
      } else if order > 0 {
        if keepsOther { result.append(other.entries[r]) }
        r += 1
      } else {
        var entry = entries[l]
        match(&entry, other.entries[r])
        if entry.isMember || !entry.children.isEmpty { result.append(entry) }
        l += 1
        r += 1
      }
    }
    return FieldSet(entries: result)
  }
}

extension FieldSet.Element {
  /// The order in which sets hold their elements: names by their bytes, the rest by structure.
  fileprivate func order(to other: FieldSet.Element) -> Int {
    switch (self, other) {
    case (.field(let left), .field(let right)): left.byteOrder(to: right)
    case (.index(let left), .index(let right)): left < right ? -1 : left == right ? 0 : 1
    case (.key(let left), .key(let right)): JSONValue.object(left).order(to: .object(right))
    case (.value(let left), .value(let right)): left.order(to: right)
    default: rank - other.rank
    }
  }

  private var rank: Int {
    switch self {
    case .field: 0
    case .index: 1
    case .key: 2
    case .value: 3
    }
  }
}

extension JSONValue {
  /// A total order of values in which equal values are equal; it has no other meaning.
  fileprivate func order(to other: JSONValue) -> Int {
    switch (self, other) {
    case (.string(let left), .string(let right)): return left.byteOrder(to: right)
    case (.number(let left), .number(let right)): return left.text.byteOrder(to: right.text)
    case (.bool(let left), .bool(let right)): return left == right ? 0 : left ? 1 : -1
    case (.array(let left), .array(let right)):
      for (a, b) in zip(left, right) {
        let order = a.order(to: b)
        if order != 0 { return order }
      }
      return left.count - right.count
    case (.object(let left), .object(let right)):
      for (a, b) in zip(left, right) {
        var order = a.key.byteOrder(to: b.key)
        if order == 0 { order = a.value.order(to: b.value) }
        if order != 0 { return order }
      }
      return left.count - right.count
    case (.secret(let left), .secret(let right)):
      if left == right { return 0 }
      return left.exposed().lexicographicallyPrecedes(right.exposed()) ? -1 : 1
    default: return rank - other.rank
    }
  }

  private var rank: Int {
    switch self {
    case .null: 0
    case .bool: 1
    case .number: 2
    case .string: 3
    case .secret: 4
    case .array: 5
    case .object: 6
    }
  }
}

extension FieldSet: JSONConvertible {
  /// Decodes `fieldsV1`; throws for the first name that isn't in its notation.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    try self.init(fieldsV1: reader.value?.object ?? [:]) { reader }
  }

  /// Decodes `fieldsV1`. `reader` is called only for an error: an object's managed fields are
  /// decoded at every write.
  private init(fieldsV1 object: JSONObject, _ reader: () -> FieldReader) throws(FieldError) {
    self.init()
    entries.reserveCapacity(object.count)
    for member in object where member.key != "." {
      guard let element = Element(text: member.key) else {
        throw reader()[member.key].failure(
          "\"\(member.key)\" is not a field of fieldsV1",
          remedy: "names are f:<name>, k:<keys as JSON>, v:<value as JSON>, i:<index> or \".\"")
      }
      guard case .object(let below) = member.value else {
        throw reader()[member.key].failure("expected an object, found \(member.value.kindName)")
      }
      let children = try FieldSet(fieldsV1: below) { reader()[member.key] }
      // An empty object, or "." alone, means that the field is a member.
      let isMember = below.isEmpty || below.contains(".") || children.isEmpty
      change(element) { $0 = Entry(element: element, isMember: isMember, children: children) }
    }
  }

  /// The set as `fieldsV1`.
  public var json: JSONValue {
    .object(object(withSelf: false))
  }

  private func object(withSelf: Bool) -> JSONObject {
    var members: [JSONObject.Member] = []
    members.reserveCapacity(entries.count + 1)
    if withSelf { members.append(JSONObject.Member(key: ".", value: .object([:]))) }
    for entry in entries {
      let below = entry.children.object(withSelf: entry.isMember && !entry.children.isEmpty)
      members.append(JSONObject.Member(key: entry.element.text, value: .object(below)))
    }
    return JSONObject.fromDocument(members).object
  }
}
