/// A JSON document (RFC 8259) as a value: an unstructured object in Kubernetes' terms.
///
/// Numbers keep their exact spelling (``JSONNumber``) and objects keep their members in one fixed
/// order (``JSONObject``), so equal documents have equal bytes. A confidential string is a
/// ``secret(_:)``: it prints redacted, and only a ``JSONWriter`` that reveals secrets writes it
/// out.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  /// A string whose text is concealed: its bytes are the UTF-8 form of the JSON string's content
  /// (for the data of a Secret that is the Base64 text).
  case secret(SecretBytes)
  case array([JSONValue])
  case object(JSONObject)

  /// Creates an object of those `members` that have a value.
  public static func fields(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    var object = JSONObject()
    for (key, value) in members {
      if let value { object[key] = value }
    }
    return .object(object)
  }

  /// Creates an object of string members, such as labels and annotations.
  public static func strings(_ members: [String: String]) -> JSONValue {
    .object(JSONObject(members.lazy.map { ($0.key, .string($0.value)) }))
  }

  /// Creates the number `value`.
  public static func integer(_ value: some BinaryInteger) -> JSONValue {
    .number(JSONNumber(Int64(clamping: value)))
  }

  /// The member named `key` of an object; `nil` for other values. Setting it replaces a value that
  /// is not an object by an object.
  public subscript(key: String) -> JSONValue? {
    get { object?[key] }
    set {
      if case .object(var object) = self {
        self = .null
        object[key] = newValue
        self = .object(object)
      } else if let newValue {
        self = .object([key: newValue])
      }
    }
  }

  /// The value at a path of member names; `nil` where the path doesn't exist.
  public func value(at path: String...) -> JSONValue? { value(along: path[...]) }

  /// The value at a path of member names; `nil` where the path doesn't exist.
  public func value(at path: some Sequence<String>) -> JSONValue? { value(along: Array(path)[...]) }

  private func value(along path: ArraySlice<String>) -> JSONValue? {
    guard let key = path.first else { return self }
    guard case .object(let object) = self, let next = object[key] else { return nil }
    return path.count == 1 ? next : next.value(along: path.dropFirst())
  }

  /// Sets the value at a path of member names and creates missing objects on the way; `nil` removes
  /// the last member and creates nothing.
  public mutating func set(_ value: JSONValue?, at path: some Collection<String>) {
    set(value, along: Array(path)[...])
  }

  /// Sets the value at a path in an array, which is the usual case: calls from other modules aren't
  /// specialized.
  package mutating func set(_ value: JSONValue?, at path: [String]) { set(value, along: path[...]) }

  mutating func set(_ value: JSONValue?, along path: ArraySlice<String>) {
    guard let key = path.first else {
      self = value ?? .null
      return
    }
    let rest = path.dropFirst()
    guard !rest.isEmpty, case .object(var object) = self else {
      if rest.isEmpty {
        self[key] = value
      } else if value != nil {
        var child: JSONValue = .object([:])
        child.set(value, along: rest)
        self[key] = child
      }
      return
    }
    // The object is held only once here, so that the change is made in place where it isn't shared.
    self = .null
    object.set(value, key, along: rest)
    self = .object(object)
  }

  /// The members of an object; `nil` for other values.
  public var object: JSONObject? {
    if case .object(let object) = self { return object }
    return nil
  }

  /// The elements of an array; `nil` for other values.
  public var array: [JSONValue]? {
    if case .array(let array) = self { return array }
    return nil
  }

  /// The text of a string that isn't secret; `nil` for other values.
  public var string: String? {
    if case .string(let string) = self { return string }
    return nil
  }

  /// The boolean; `nil` for other values.
  public var bool: Bool? {
    if case .bool(let bool) = self { return bool }
    return nil
  }

  /// The integer, where this is a number spelled as one that fits `Int64`; `nil` for other values.
  public var int64: Int64? {
    if case .number(let number) = self { return number.int64 }
    return nil
  }

  /// Whether this is `null`.
  public var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  /// The type of this value as error messages name it.
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string, .secret: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

// There is no nil literal: `condition ? nil : value` would silently become `.null` where "absent"
// is meant.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// Creates the value of a literal.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Creates the value of a literal.
  public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
  /// Creates the value of a literal.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Creates the value of a literal.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Creates the value of a literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

extension JSONValue: CustomStringConvertible, CustomDebugStringConvertible {
  /// The document as compact JSON with secrets redacted.
  public var description: String { JSONWriter(style: .compact, secrets: .redacted).text(self) }

  /// The same as ``description``.
  public var debugDescription: String { description }
}
