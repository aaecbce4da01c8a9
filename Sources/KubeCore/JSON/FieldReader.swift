/// A value that is decoded from JSON and encoded as JSON: the typed objects and their parts.
///
/// A type's properties bear the names of the API's fields. A plain struct skips fields that it
/// doesn't know; a ``JSONView`` keeps them. Nothing in this library writes a whole object back, so
/// nothing is lost.
public protocol JSONConvertible: Sendable, Hashable {
  /// Decodes the value at `reader`'s position; throws for the first field that is missing or of a
  /// wrong type.
  init(from reader: FieldReader) throws(FieldError)
  /// The JSON form, without absent and empty optional fields.
  var json: JSONValue { get }
}

/// A position in a document that typed values are decoded from; it knows its path for error
/// messages.
///
/// A missing member and an explicit `null` are the same, as in Kubernetes.
public struct FieldReader: Sendable {
  /// The value at this position; `nil` where the document has none.
  public let value: JSONValue?
  private let place: Place

  /// The way back to the root as a linked list, created for every field and converted to a path
  /// only for an error.
  private indirect enum Place: Sendable {
    case root(FieldPath)
    case step(FieldPath.Step, Place)
  }

  /// Creates a reader at the root of `value`, whose errors begin with `path`.
  public init(_ value: JSONValue?, at path: FieldPath = FieldPath()) {
    self.value = value.flatMap { $0.isNull ? nil : $0 }
    place = .root(path)
  }

  private init(value: JSONValue?, place: Place) {
    self.value = value.flatMap { $0.isNull ? nil : $0 }
    self.place = place
  }

  /// The path of this position.
  public var path: FieldPath {
    var steps: [FieldPath.Step] = []
    var place = place
    while case .step(let step, let parent) = place {
      steps.append(step)
      place = parent
    }
    guard case .root(let root) = place else { return FieldPath(steps.reversed()) }
    return FieldPath(root.steps + steps.reversed())
  }

  /// An error at this position.
  public func failure(_ problem: String, remedy: String? = nil) -> FieldError {
    FieldError(path: path, problem: problem, remedy: remedy)
  }

  private func mismatch(_ expected: String) -> FieldError {
    guard let value else { return failure("is required") }
    return failure("expected \(expected), found \(value.kindName)")
  }

  /// The reader of the member named `name`.
  public subscript(name: String) -> FieldReader {
    FieldReader(value: value?[name], place: .step(.field(name), place))
  }

  /// Whether the document has a value here.
  public var isPresent: Bool { value != nil }

  /// Throws unless the value is an object or, with `orAbsent`, missing.
  public func requireObject(orAbsent: Bool = false) throws(FieldError) {
    if value == nil && orAbsent { return }
    guard value?.object != nil else { throw mismatch("an object") }
  }

  /// Decodes the value as `type`; throws where it is missing or invalid.
  public func required<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(FieldError) -> Value {
    guard isPresent else { throw failure("is required") }
    return try Value(from: self)
  }

  /// Decodes the value as `type`; `nil` where there is none.
  public func optional<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(FieldError) -> Value? {
    guard isPresent else { return nil }
    return try Value(from: self)
  }

  /// Decodes the elements of a list as `type`; empty where there is no list.
  public func list<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(FieldError) -> [Value] {
    try list { reader throws(FieldError) in try Value(from: reader) }
  }

  /// Decodes the elements of a list by `read`; empty where there is no list.
  @inline(__always)
  func list<Value>(_ read: (FieldReader) throws(FieldError) -> Value) throws(FieldError) -> [Value] {
    guard isPresent else { return [] }
    guard let elements = value?.array else { throw mismatch("a list") }
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      values.append(try read(FieldReader(value: element, place: .step(.index(index), place))))
    }
    return values
  }

  /// Decodes the entries of an object with free keys; empty where there is none. A string that is
  /// `null` is empty, as in the API: a label without a value.
  public func map<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(FieldError) -> [String:
    Value]
  {
    guard isPresent else { return [:] }
    guard let members = value?.object else { throw mismatch("an object") }
    var values: [String: Value] = [:]
    for member in members {
      if member.value.isNull, let empty = "" as? Value {
        values[member.key] = empty
        continue
      }
      values[member.key] = try Value(
        from: FieldReader(value: member.value, place: .step(.key(member.key), place)))
    }
    return values
  }

  /// The paths of this object's members that are not in `known`, for strict validation.
  public func unknownFields(besides known: Set<String>) -> [FieldPath] {
    guard let members = value?.object else { return [] }
    return members.filter { !known.contains($0.key) }.map { path.field($0.key) }
  }

  /// The string; throws for a missing value or another type.
  public func string() throws(FieldError) -> String {
    guard let string = value?.string else { throw mismatch("a string") }
    return string
  }

  /// The boolean; throws for a missing value or another type.
  public func bool() throws(FieldError) -> Bool {
    guard let bool = value?.bool else { throw mismatch("a boolean") }
    return bool
  }

  /// The integer in any spelling (`3.0`); throws for a missing value, another type, a fraction or a
  /// number out of range.
  public func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) throws(FieldError)
    -> Integer
  {
    guard case .number(let spelled)? = value, let number = spelled.wholeInt64 else {
      throw mismatch("an integer")
    }
    guard let integer = Integer(exactly: number) else {
      throw failure("\(number) is out of range", remedy: "use a number from \(Integer.min) to \(Integer.max)")
    }
    return integer
  }
}

extension String: JSONConvertible {
  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.string() }
  /// The JSON form, without absent and empty fields.
  public var json: JSONValue { .string(self) }
}

extension Bool: JSONConvertible {
  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.bool() }
  /// The JSON form, without absent and empty fields.
  public var json: JSONValue { .bool(self) }
}

extension Int: JSONConvertible {
  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.integer() }
  /// The JSON form, without absent and empty fields.
  public var json: JSONValue { .integer(self) }
}

extension Int32: JSONConvertible {
  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.integer() }
  /// The JSON form, without absent and empty fields.
  public var json: JSONValue { .integer(self) }
}

extension Int64: JSONConvertible {
  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.integer() }
  /// The JSON form, without absent and empty fields.
  public var json: JSONValue { .integer(self) }
}

extension JSONValue: JSONConvertible {
  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    guard let value = reader.value else { throw reader.failure("is required") }
    self = value
  }
  /// The JSON form, without absent and empty fields.
  public var json: JSONValue { self }
}

extension Array where Element: JSONConvertible {
  /// The list as JSON.
  public var json: JSONValue { .array(map { $0.json }) }
  /// The list as JSON; `nil` where it is empty, so that ``JSONValue/fields(_:)`` omits it.
  public var jsonUnlessEmpty: JSONValue? { isEmpty ? .none : .some(json) }
}

extension Dictionary where Key == String, Value: JSONConvertible {
  /// The map as JSON.
  public var json: JSONValue { .object(JSONObject(lazy.map { ($0.key, $0.value.json) })) }
  /// The map as JSON; `nil` where it is empty, so that ``JSONValue/fields(_:)`` omits it.
  public var jsonUnlessEmpty: JSONValue? { isEmpty ? .none : .some(json) }
}

extension RawRepresentable where RawValue == String, Self: JSONConvertible & CaseIterable {
  /// Decodes one of the enumeration's names; throws an error that lists them for any other text.
  public init(from reader: FieldReader) throws(FieldError) {
    let text = try reader.string()
    guard let value = Self(rawValue: text) else {
      let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw reader.failure("\"\(text)\" is not a known value", remedy: "use one of: \(names)")
    }
    self = value
  }
  /// The name.
  public var json: JSONValue { .string(rawValue) }
}

extension JSONValue {
  /// The value; `nil` where it is an object without members, so that ``JSONValue/fields(_:)`` omits
  /// it.
  package var unlessEmpty: JSONValue? { object?.isEmpty == true ? .none : .some(self) }
}
