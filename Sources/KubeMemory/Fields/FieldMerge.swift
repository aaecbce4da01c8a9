import KubeCore

/// The algorithms of structured-merge-diff on a value and the rules of its kind: merge, compare,
/// remove, check.
///
/// `FieldTable` computes sets of fields; these functions implement server-side apply with them
/// (KEP-555).
enum FieldMerge {
  typealias Node = FieldTable.Node
  typealias Element = FieldSet.Element

  /// The difference of two values as sets of fields.
  struct Difference {
    var added = FieldSet()
    var removed = FieldSet()
    var modified = FieldSet()

    var isEmpty: Bool { added.isEmpty && removed.isEmpty && modified.isEmpty }
    var changed: FieldSet { added.union(modified) }
  }

  // MARK: Merge

  /// The value `live` merged with `config`. Items of keyed lists have the order of `config`; those
  /// that only `live` has keep their place among them.
  static func merge(_ live: JSONValue?, with config: JSONValue, by node: Node) -> JSONValue {
    guard let live else { return config }
    switch (live, config) {
    case (.object(let old), .object(let new)) where node.structure != .atomic:
      var merged = old
      for member in new {
        guard let before = old[member.key] else {
          merged[member.key] = member.value
          continue
        }
        if before == member.value { continue }
        merged[member.key] = merge(before, with: member.value, by: node.member(member.key))
      }
      return .object(merged)
    case (.array(let old), .array(let new)):
      guard case .items(let oldItems) = FieldTable.shape(.array(old), node),
        case .items(let newItems) = FieldTable.shape(.array(new), node)
      else { return config }
      return .array(mergeItems(oldItems, with: newItems, by: node.items))
    default: return config
    }
  }

  private typealias Item = (element: Element, value: JSONValue)

  private static func mergeItems(_ left: [Item], with right: [Item], by node: Node) -> [JSONValue] {
    var leftValues: [Element: JSONValue] = [:]
    for item in left where leftValues[item.element] == nil { leftValues[item.element] = item.value }
    let rightElements = Set(right.map(\.element))
    var merged: [JSONValue] = []
    var (l, r) = (0, 0)
    func nextShared() -> Element? { right[r...].first { leftValues[$0.element] != nil }?.element }
    var shared = nextShared()
    while l < left.count || r < right.count {
      if l < left.count {
        let element = left[l].element
        if !rightElements.contains(element) {
          merged.append(left[l].value)
          l += 1
          continue
        }
        // An item of both sides has its place in `config`.
        if element != shared {
          l += 1
          continue
        }
      }
      guard r < right.count else { break }
      let item = right[r]
      merged.append(merge(leftValues[item.element], with: item.value, by: node))
      r += 1
      if item.element == shared {
        if l < left.count, left[l].element == shared { l += 1 }
        shared = nextShared()
      }
    }
    return merged
  }

  // MARK: Compare

  /// The fields that are added to, removed from and modified in `old` to make it `new`.
  static func compare(_ old: JSONValue?, to new: JSONValue?, by node: Node) -> Difference {
    var difference = Difference()
    var path: [Element] = []
    compare(old, to: new, by: node, at: &path, into: &difference)
    return difference
  }

  private static func compare(
    _ old: JSONValue?, to new: JSONValue?, by node: Node, at path: inout [Element],
    into result: inout Difference
  ) {
    // Equal values have no parts that differ.
    if old == new { return }
    var isLeaf = false
    let (oldIsEmpty, newIsEmpty) = (isEmptyGroup(old), isEmptyGroup(new))
    func compare(_ element: Element, _ old: JSONValue?, _ new: JSONValue?, _ node: Node) {
      path.append(element)
      FieldMerge.compare(old, to: new, by: node, at: &path, into: &result)
      path.removeLast()
    }
    if oldIsEmpty && newIsEmpty {
      isLeaf = true
    } else if case .object? = oldIsEmpty ? new : old, oldIsEmpty || newIsEmpty || isObject(new),
      node.structure != .atomic
    {
      let (left, right) = (old?.object ?? [:], new?.object ?? [:])
      for member in left {
        let other = right[member.key]
        if other == member.value { continue }
        compare(.field(member.key), member.value, other, node.member(member.key))
      }
      for member in right where !left.contains(member.key) {
        compare(.field(member.key), nil, member.value, node.member(member.key))
      }
    } else if case .array? = oldIsEmpty ? new : old, oldIsEmpty || newIsEmpty || isArray(new),
      let left = items(old, node), let right = items(new, node)
    {
      for item in left { compare(item.key, item.value, right[item.key], node.items) }
      for item in right where left[item.key] == nil { compare(item.key, nil, item.value, node.items) }
    } else {
      isLeaf = true
    }
    guard !path.isEmpty else { return }
    if old == nil {
      result.added.insert(path)
    } else if new == nil {
      result.removed.insert(path)
    } else if isLeaf {
      result.modified.insert(path)
    }
  }

  /// Whether `compare` would find a difference.
  static func differs(_ old: JSONValue?, from new: JSONValue?, by node: Node) -> Bool {
    if old == new { return false }
    guard let old, let new, !isEmptyGroup(old), !isEmptyGroup(new) else { return true }
    if case (.object(let left), .object(let right)) = (old, new), node.structure != .atomic {
      return left.contains { member in
        let other = right[member.key]
        return other != member.value && differs(member.value, from: other, by: node.member(member.key))
      } || right.contains { !left.contains($0.key) }
    }
    if let left = items(old, node), let right = items(new, node) {
      return left.contains { differs($0.value, from: right[$0.key], by: node.items) }
        || right.contains { left[$0.key] == nil }
    }
    return true
  }

  private static func isObject(_ value: JSONValue?) -> Bool { value?.object != nil }
  private static func isArray(_ value: JSONValue?) -> Bool { value?.array != nil }

  /// Whether the value has no parts because it is missing, null or an empty object or list.
  private static func isEmptyGroup(_ value: JSONValue?) -> Bool {
    switch value {
    case nil, .null?: true
    case .object(let object)?: object.isEmpty
    case .array(let array)?: array.isEmpty
    default: false
    }
  }

  private static func items(_ value: JSONValue?, _ node: Node) -> [Element: JSONValue]? {
    guard let value, value.array != nil else { return isEmptyGroup(value) && node.isKeyed ? [:] : nil }
    guard case .items(let items) = FieldTable.shape(value, node) else { return nil }
    return Dictionary(items.map { ($0.element, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  // MARK: Remove

  /// The value without the fields of `set`. An object or list that loses its last part that way is
  /// removed too.
  static func remove(_ set: FieldSet, from value: JSONValue, _ node: Node) -> JSONValue? {
    guard !set.isEmpty else { return value }
    switch FieldTable.shape(value, node) {
    case .leaf: return value
    case .object(let object):
      let rest = object.compactMapValues { member in
        let element = Element.field(member.key)
        if set.contains(element) { return nil }
        let below = set.children(of: element)
        return below.isEmpty ? member.value : remove(below, from: member.value, node.member(member.key))
      }
      return rest.isEmpty ? nil : .object(rest)
    case .items(let items):
      var rest: [JSONValue] = []
      for item in items where !set.contains(item.element) {
        if let kept = remove(set.children(of: item.element), from: item.value, node.items) {
          rest.append(kept)
        }
      }
      return rest.isEmpty ? nil : .array(rest)
    }
  }

  /// The set extended by those named fields of which only fields below are in it. Entries of maps
  /// aren't named fields.
  static func withNamedFields(_ set: FieldSet, _ node: Node) -> FieldSet {
    var result = set
    func walk(_ set: FieldSet, _ node: Node, _ path: [Element]) {
      for element in set.elements {
        let below = set.children(of: element)
        if !below.isEmpty, case .field(let name) = element, !node.isMapEntry(name) {
          result.insert(path + [element])
        }
        walk(below, FieldTable.rules(below: node, element), path + [element])
      }
    }
    walk(set, node, [])
    return result
  }

  // MARK: Check

  /// The problem of the first keyed list or set of `value` with two items of one key or an item
  /// without its key; `nil` where there is none.
  static func duplicate(in value: JSONValue, _ node: Node, _ path: [Element] = []) -> String? {
    guard node.isKeyed || node.hasKeyedInside else { return nil }
    switch FieldTable.shape(value, node) {
    case .leaf: return nil
    case .object(let object):
      // Few kinds have many such lists, and few objects have them all.
      for name in node.keyedMembers ?? Array(object.keys) {
        guard let value = object[name] else { continue }
        if let found = duplicate(in: value, node.member(name), path + [.field(name)]) { return found }
      }
      return nil
    case .items(let items):
      var seen: Set<Element> = []
      for item in items {
        if case .index(let index) = item.element {
          return
            "\(text(path)): element \(index): associative list with keys has an element that omits a key field"
        }
        if !seen.insert(item.element).inserted {
          return "\(text(path)): duplicate entries for key \(text([item.element]))"
        }
        if let found = duplicate(in: item.value, node.items, path + [item.element]) { return found }
      }
      return nil
    }
  }

  /// The path in structured-merge-diff's own notation: `.spec.ports[port=80,protocol="TCP"].name`.
  static func text(_ path: some Sequence<Element>) -> String {
    let writer = JSONWriter()
    var text = ""
    for element in path {
      switch element {
      case .field(let name): text += "." + name
      case .key(let keys):
        text += "[" + keys.map { "\($0.key)=\(writer.text($0.value))" }.joined(separator: ",") + "]"
      case .value(let value): text += "[=" + writer.text(value) + "]"
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }
}
