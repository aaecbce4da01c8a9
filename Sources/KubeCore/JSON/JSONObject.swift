#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The members of a JSON object, in the order of their keys (by UTF-8 bytes).
///
/// The fixed order makes equal objects equal in bytes, whatever order their members were written or
/// inserted in.
public struct JSONObject: Sendable, Hashable {
  /// A member: its key and its ``JSONValue``.
  public struct Member: Sendable, Hashable {
    /// The member's name.
    public let key: String
    /// The member's value.
    public var value: JSONValue

    /// Creates a member.
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  private var members: [Member]

  /// Creates an object without members.
  public init() { members = [] }

  /// Creates an object of `members`; the last of several with the same key is kept.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    self.init()
    for (key, value) in members { self[key] = value }
  }

  /// The object of `members` in the order of the document, or the first key that occurs twice. For
  /// the parser.
  package static func fromDocument(_ members: [Member]) -> (object: JSONObject, duplicate: String?) {
    var object = JSONObject()
    object.members = members
    var sorted = true
    for index in members.indices.dropFirst()
    where !JSONObject.precedes(members[index - 1].key, members[index].key) {
      sorted = false
      break
    }
    if sorted { return (object, nil) }
    object.members.sort { JSONObject.precedes($0.key, $1.key) }
    for index in object.members.indices.dropFirst()
    where JSONObject.isSame(object.members[index - 1].key, object.members[index].key) {
      return (object, object.members[index].key)
    }
    return (object, nil)
  }

  /// Creates an object of `members`, which are sorted and distinct already.
  package init(sorted members: [Member]) {
    assert(
      zip(members, members.dropFirst()).allSatisfy { JSONObject.precedes($0.key, $1.key) },
      "the members of an object are sorted and distinct")
    self.members = members
  }

  /// This object with each value replaced by the result of `transform`, without those that it maps
  /// to `nil`.
  package func compactMapValues(_ transform: (Member) -> JSONValue?) -> JSONObject {
    var result: [Member] = []
    result.reserveCapacity(members.count)
    for member in members {
      if let value = transform(member) { result.append(Member(key: member.key, value: value)) }
    }
    return JSONObject(sorted: result)
  }

  /// The value of the member named `key`; setting `nil` removes the member.
  public subscript(key: String) -> JSONValue? {
    get { index(of: key).map { members[$0].value } }
    set {
      switch (index(of: key), newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?):
        members.insert(Member(key: key, value: value), at: position(of: key).index)
      case (nil, nil): break
      }
    }
    _modify {
      let index = index(of: key)
      // Taking the value out first keeps it uniquely referenced, so that a nested change doesn't
      // copy the tree.
      var value: JSONValue? = nil
      if let index {
        value = members[index].value
        members[index].value = .null
      }
      defer {
        switch (index, value) {
        case (let index?, let new?): members[index].value = new
        case (let index?, nil): members.remove(at: index)
        case (nil, let new?): members.insert(Member(key: key, value: new), at: position(of: key).index)
        case (nil, nil): break
        }
      }
      yield &value
    }
  }

  /// Sets the value at a path below the member named `key`; `nil` creates no objects on the way.
  mutating func set(_ value: JSONValue?, _ key: String, along rest: ArraySlice<String>) {
    var child: JSONValue
    if let index = index(of: key) {
      child = members[index].value
      members[index].value = .null
      child.set(value, along: rest)
      members[index].value = child
    } else if value != nil {
      child = .object([:])
      child.set(value, along: rest)
      self[key] = child
    }
  }

  /// The keys, in order.
  public var keys: some Sequence<String> & Sendable { members.lazy.map { member in member.key } }

  /// Whether the object has a member named `key`.
  public func contains(_ key: String) -> Bool { index(of: key) != nil }

  /// The index of the member named `key`.
  private func index(of key: String) -> Int? {
    guard members.count <= JSONObject.fewMembers else {
      let (index, exists) = position(of: key)
      return exists ? index : nil
    }
    // A linear search is faster for a few members. It also matches canonically equivalent keys.
    for index in members.indices where members[index].key == key {
      if members[index].key.byteOrder(to: key) == 0 { return index }
    }
    return nil
  }

  private static let fewMembers = 8

  /// The index where `key` is or would be inserted, by binary search.
  private func position(of key: String) -> (index: Int, exists: Bool) {
    var low = 0
    var high = members.count
    while low < high {
      let middle = (low + high) / 2
      let order = members[middle].key.byteOrder(to: key)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// Whether two keys have the same bytes; `==` also accepts canonically equivalent ones.
  private static func isSame(_ left: String, _ right: String) -> Bool { left.byteOrder(to: right) == 0 }

  /// Whether one key precedes another by UTF-8 bytes, as Go's `encoding/json` sorts map keys.
  private static func precedes(_ left: String, _ right: String) -> Bool { left.byteOrder(to: right) < 0 }
}

extension String {
  /// A negative number where this text's UTF-8 bytes come before those of `other`, 0 where they are
  /// the same, a positive number where they come after.
  package func byteOrder(to other: String) -> Int {
    let order = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right -> Int in
        if let a = left.baseAddress, let b = right.baseAddress {
          let order = memcmp(a, b, Swift.min(left.count, right.count))
          if order != 0 { return Int(order) }
        }
        return left.count - right.count
      }
    }
    if case .some(.some(let order)) = order { return order }
    // A bridged string whose bytes aren't contiguous.
    if utf8.elementsEqual(other.utf8) { return 0 }
    return utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
  }
}

extension JSONObject: RandomAccessCollection {
  /// See `Collection`.
  public var startIndex: Int { members.startIndex }
  /// See `Collection`.
  public var endIndex: Int { members.endIndex }
  /// See `Collection`.
  public subscript(position: Int) -> Member { members[position] }
  /// The array's own iterator, which is much faster than the default iterator of a collection.
  public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// Creates an object of the literal's members; the last of several with the same key is kept.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements)
  }
}
