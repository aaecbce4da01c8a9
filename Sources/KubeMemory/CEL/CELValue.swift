import KubeCore

/// A value of the Common Expression Language.
indirect enum CELValue: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  /// A duration in nanoseconds.
  case duration(Int64)
  case timestamp(CELTimestamp)
  case list(CELList)
  case map(CELMap)
  case optional(CELValue?)
  case type(String)

  /// The name of the value's type, as `type()` returns it.
  var typeName: String {
    switch self {
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .duration: "google.protobuf.Duration"
    case .timestamp: "google.protobuf.Timestamp"
    case .list: "list"
    case .map: "map"
    case .optional: "optional_type"
    case .type: "type"
    }
  }

  /// The names of types in expressions.
  static let typeNames: Set<String> = [
    "null_type", "bool", "int", "uint", "double", "string", "bytes", "google.protobuf.Duration",
    "google.protobuf.Timestamp", "list", "map", "optional_type", "type",
  ]
}

/// A list, compared by its `x-kubernetes-list-type`.
struct CELList: Sendable {
  enum Kind: Sendable, Hashable {
    case atomic
    case set
    /// A keyed list: elements with the same values of these members are the same element.
    case map(keys: [String])
  }

  var elements: [CELValue]
  var kind = Kind.atomic
}

/// A map or an object.
struct CELMap: Sendable {
  struct Entry: Sendable {
    var key: CELValue
    var value: CELValue
  }

  var entries: [Entry]
  /// Whether it has fields and no keys: an object whose schema has `properties`.
  var isObject = false

  init(_ entries: [Entry], isObject: Bool = false) {
    self.entries = entries
    self.isObject = isObject
  }

  subscript(key: CELValue) -> CELValue? { entries.first { $0.key == key }?.value }

  subscript(field: String) -> CELValue? {
    for entry in entries {
      if case .string(let key) = entry.key, key.byteOrder(to: field) == 0 { return entry.value }
    }
    return nil
  }
}

/// A point in time to the nanosecond, in the years 1 to 9999.
struct CELTimestamp: Sendable, Hashable, Comparable {
  var seconds: Int64
  var nanoseconds: Int64

  /// Creates a timestamp; `nil` outside the years 1 to 9999.
  init?(seconds: Int64, nanoseconds: Int64 = 0) {
    let carried = nanoseconds.quotientAndRemainder(dividingBy: CELTimestamp.second)
    let carry = carried.remainder < 0 ? carried.quotient - 1 : carried.quotient
    let (sum, overflow) = seconds.addingReportingOverflow(carry)
    guard !overflow, (-62_135_596_800...253_402_300_799).contains(sum) else { return nil }
    self.seconds = sum
    self.nanoseconds = carried.remainder < 0 ? carried.remainder + CELTimestamp.second : carried.remainder
  }

  static let second: Int64 = 1_000_000_000

  static func < (left: CELTimestamp, right: CELTimestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}

// MARK: Equality

extension CELValue: Equatable {
  /// CEL's equality: numbers by their value, whatever their type; values of other different types
  /// are unequal.
  static func == (left: CELValue, right: CELValue) -> Bool {
    switch (left, right) {
    case (.null, .null): return true
    case (.bool(let a), .bool(let b)): return a == b
    // Strings by their scalars: Swift's equality would treat canonically equivalent ones as equal.
    case (.string(let a), .string(let b)): return a.byteOrder(to: b) == 0
    case (.bytes(let a), .bytes(let b)): return a == b
    case (.duration(let a), .duration(let b)): return a == b
    case (.timestamp(let a), .timestamp(let b)): return a == b
    case (.type(let a), .type(let b)): return a == b
    case (.optional(let a), .optional(let b)): return a == b
    case (.list(let a), .list(let b)): return a.isEqual(to: b)
    case (.map(let a), .map(let b)):
      return a.entries.count == b.entries.count && a.entries.allSatisfy { b[$0.key] == $0.value }
    default: return left.isNumber && right.isNumber && left.order(to: right) == .equal
    }
  }

  private var isNumber: Bool {
    switch self {
    case .int, .uint, .double: true
    default: false
    }
  }
}

extension CELList {
  fileprivate func isEqual(to other: CELList) -> Bool {
    guard elements.count == other.elements.count else { return false }
    switch kind {
    case .atomic: return elements == other.elements
    case .set: return other.elements.allSatisfy(elements.contains)
    case .map(let keys):
      return other.elements.allSatisfy { element in
        elements.first { CELList.isSame($0, element, keys: keys) } == element
      }
    }
  }

  /// Whether two elements have the same keys.
  static func isSame(_ left: CELValue, _ right: CELValue, keys: [String]) -> Bool {
    guard case .map(let left) = left, case .map(let right) = right else { return false }
    return keys.allSatisfy { left[$0] == right[$0] }
  }

  /// This list with the elements that `other` adds: all of them, those that a set lacks, or for a
  /// keyed list those that replace elements with the same keys and the rest.
  func appending(_ other: CELList) -> CELList {
    var result = self
    for element in other.elements {
      switch kind {
      case .atomic: result.elements.append(element)
      case .set: if !result.elements.contains(element) { result.elements.append(element) }
      case .map(let keys):
        if let index = result.elements.firstIndex(where: { CELList.isSame($0, element, keys: keys) }) {
          result.elements[index] = element
        } else {
          result.elements.append(element)
        }
      }
    }
    return result
  }
}

// MARK: Order

extension CELValue {
  enum Order: Sendable {
    case less
    case equal
    case greater

    init<Value: Comparable>(_ left: Value, _ right: Value) {
      self = left < right ? .less : left == right ? .equal : .greater
    }

    var reversed: Order {
      switch self {
      case .less: .greater
      case .equal: .equal
      case .greater: .less
      }
    }
  }

  /// The order of two values; `nil` for values of different types or not-a-number.
  func order(to other: CELValue) -> Order? {
    switch (self, other) {
    case (.bool(let a), .bool(let b)): return Order(a ? 1 : 0, b ? 1 : 0)
    case (.string(let a), .string(let b)): return Order(a.byteOrder(to: b), 0)
    case (.bytes(let a), .bytes(let b)):
      return a == b ? .equal : a.lexicographicallyPrecedes(b) ? .less : .greater
    case (.duration(let a), .duration(let b)): return Order(a, b)
    case (.timestamp(let a), .timestamp(let b)): return Order(a, b)
    case (.int(let a), .int(let b)): return Order(a, b)
    case (.uint(let a), .uint(let b)): return Order(a, b)
    case (.int(let a), .uint(let b)): return a < 0 ? .less : Order(UInt64(a), b)
    case (.uint, .int): return other.order(to: self)?.reversed
    case (.double(let a), .double(let b)): return a.isNaN || b.isNaN ? nil : Order(a, b)
    case (.double(let a), .int(let b)): return CELValue.order(a, b)
    case (.double(let a), .uint(let b)): return CELValue.order(a, b)
    case (.int, .double), (.uint, .double): return other.order(to: self)?.reversed
    default: return nil
    }
  }

  /// The exact order, where a conversion to a floating-point value would round.
  private static func order<Number: FixedWidthInteger>(_ left: Double, _ right: Number) -> Order? {
    if left.isNaN { return nil }
    let whole = left.rounded(.down)
    guard let integer = Number(exactly: whole) else { return left < 0 ? .less : .greater }
    if integer != right { return Order(integer, right) }
    return whole == left ? .equal : .greater
  }
}
