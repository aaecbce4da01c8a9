/// A JSON document (RFC 8259) as a value: what Kubernetes calls an unstructured object.
///
/// Numbers keep their exact spelling and objects keep their members in one fixed order, so equal
/// documents have equal bytes. A string that must not be seen is a `secret`: it prints redacted and
/// is written out only by a writer that was told to reveal it.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  /// A string whose text is hidden: its bytes are the UTF-8 form of the JSON string's content (for
  /// the data of a Secret that is the Base64 text).
  case secret(SecretBytes)
  case array([JSONValue])
  case object(JSONObject)

  /// An object of those `members` that have a value.
  public static func fields(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    var object = JSONObject()
    for (key, value) in members {
      if let value { object[key] = value }
    }
    return .object(object)
  }

  /// An object of string members, as labels and annotations are.
  public static func strings(_ members: [String: String]) -> JSONValue {
    .object(JSONObject(members.lazy.map { ($0.key, .string($0.value)) }))
  }

  /// The integer `value` as a number.
  public static func integer(_ value: some BinaryInteger) -> JSONValue {
    .number(JSONNumber(Int64(clamping: value)))
  }

  /// The member named `key` of an object; `nil` for other values. Setting on a value that is not an object
  /// makes it one.
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

  /// The value at a path of member names; `nil` where the path ends early.
  public func value(at path: String...) -> JSONValue? { value(along: path[...]) }

  /// The value at a path of member names; `nil` where the path ends early.
  public func value(at path: some Sequence<String>) -> JSONValue? { value(along: Array(path)[...]) }

  private func value(along path: ArraySlice<String>) -> JSONValue? {
    guard let key = path.first else { return self }
    guard case .object(let object) = self, let next = object[key] else { return nil }
    return path.count == 1 ? next : next.value(along: path.dropFirst())
  }

  /// Sets the value at a path of member names, making objects on the way; `nil` removes the last member and
  /// makes nothing.
  public mutating func set(_ value: JSONValue?, at path: some Collection<String>) {
    set(value, along: Array(path)[...])
  }

  /// The same for a path in an array, which is the usual case: calls from other modules aren't specialised.
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
    // Held once only, so that the change is made in place where nobody else holds the object.
    self = .null
    object.set(value, key, along: rest)
    self = .object(object)
  }

  /// The members, where this is an object.
  public var object: JSONObject? {
    if case .object(let object) = self { return object }
    return nil
  }

  /// The elements, where this is an array.
  public var array: [JSONValue]? {
    if case .array(let array) = self { return array }
    return nil
  }

  /// The text, where this is a string that may be seen.
  public var string: String? {
    if case .string(let string) = self { return string }
    return nil
  }

  /// The truth value, where this is one.
  public var bool: Bool? {
    if case .bool(let bool) = self { return bool }
    return nil
  }

  /// The integer, where this is a number spelled as one that fits `Int64`.
  public var int64: Int64? {
    if case .number(let number) = self { return number.int64 }
    return nil
  }

  /// Whether this is `null`.
  public var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  /// What kind of value this is, in the words of an error message.
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

// There is no nil literal: `condition ? nil : value` would quietly become `.null` where "absent" is meant.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// The value that a literal says.
  public init(stringLiteral value: String) { self = .string(value) }
  /// The value that a literal says.
  public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
  /// The value that a literal says.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// The value that a literal says.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// The value that a literal says.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

extension JSONValue: CustomStringConvertible, CustomDebugStringConvertible {
  /// The document as compact JSON, secrets redacted.
  public var description: String { JSONWriter(style: .compact, secrets: .redacted).text(self) }

  /// The same as `description`.
  public var debugDescription: String { description }
}
