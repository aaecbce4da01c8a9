/// A value that has a JSON form, both ways: what the typed objects and their parts conform to.
///
/// A type's properties bear the names of the API's fields. Fields that a type does not know are
/// skipped on reading: nothing here writes a whole object back, so nothing is lost.
public protocol JSONConvertible: Sendable, Hashable {
  /// Reads the value from `reader`'s place in a document; throws at the first field of a wrong type or
  /// missing.
  init(from reader: FieldReader) throws(FieldError)
  /// The value as JSON. Absent and empty optional fields are left out.
  var json: JSONValue { get }
}

/// A place in a document from which typed values are read; it knows its path, for the error messages.
///
/// A missing member and an explicit `null` are the same, as they are to Kubernetes.
public struct FieldReader: Sendable {
  /// The value at this place; `nil` where the document has none.
  public let value: JSONValue?
  private let place: Place

  /// The way back to the root, as a linked list: made for every field, turned into a path for an error only.
  private indirect enum Place: Sendable {
    case root(FieldPath)
    case step(FieldPath.Step, Place)
  }

  /// A reader at the root of `value`, whose errors begin with `path`.
  public init(_ value: JSONValue?, at path: FieldPath = FieldPath()) {
    self.value = value.flatMap { $0.isNull ? nil : $0 }
    place = .root(path)
  }

  private init(value: JSONValue?, place: Place) {
    self.value = value.flatMap { $0.isNull ? nil : $0 }
    self.place = place
  }

  /// Where this is.
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

  /// An error at this place.
  public func failure(_ problem: String, remedy: String? = nil) -> FieldError {
    FieldError(path: path, problem: problem, remedy: remedy)
  }

  private func mismatch(_ expected: String) -> FieldError {
    guard let value else { return failure("is required") }
    return failure("expected \(expected), found \(value.kindName)")
  }

  /// The member named `name`.
  public subscript(name: String) -> FieldReader {
    FieldReader(value: value?[name], place: .step(.field(name), place))
  }

  /// Whether a value is there.
  public var isPresent: Bool { value != nil }

  /// Throws unless the value is an object (or, with `orAbsent`, missing).
  public func requireObject(orAbsent: Bool = false) throws(FieldError) {
    if value == nil && orAbsent { return }
    guard value?.object != nil else { throw mismatch("an object") }
  }

  /// The value read as `type`.
  public func required<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(FieldError) -> Value {
    guard isPresent else { throw failure("is required") }
    return try Value(from: self)
  }

  /// The value read as `type`; `nil` where there is none.
  public func optional<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(FieldError) -> Value? {
    guard isPresent else { return nil }
    return try Value(from: self)
  }

  /// The elements of a list read as `type`; empty where there is no list.
  public func list<Value: JSONConvertible>(_ type: Value.Type = Value.self) throws(FieldError) -> [Value] {
    guard isPresent else { return [] }
    guard let elements = value?.array else { throw mismatch("a list") }
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      values.append(try Value(from: FieldReader(value: element, place: .step(.index(index), place))))
    }
    return values
  }

  /// The entries of an object with free keys; empty where there is none. A text that is `null` is empty, as the API has it:
  /// a label without a value.
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

  /// The names of this object's members that are not in `known`: what a strict reader complains about.
  public func unknownFields(besides known: Set<String>) -> [FieldPath] {
    guard let members = value?.object else { return [] }
    return members.filter { !known.contains($0.key) }.map { path.field($0.key) }
  }

  /// The text; throws for a missing value or another type.
  public func string() throws(FieldError) -> String {
    guard let string = value?.string else { throw mismatch("a string") }
    return string
  }

  /// The truth value; throws for a missing value or another type.
  public func bool() throws(FieldError) -> Bool {
    guard let bool = value?.bool else { throw mismatch("a boolean") }
    return bool
  }

  /// The integer, however it is spelled (`3.0`); throws for a missing value, another type, a fraction or a number that
  /// doesn't fit.
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
  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.string() }
  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue { .string(self) }
}

extension Bool: JSONConvertible {
  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.bool() }
  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue { .bool(self) }
}

extension Int: JSONConvertible {
  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.integer() }
  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue { .integer(self) }
}

extension Int32: JSONConvertible {
  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.integer() }
  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue { .integer(self) }
}

extension Int64: JSONConvertible {
  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) { self = try reader.integer() }
  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue { .integer(self) }
}

extension JSONValue: JSONConvertible {
  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    guard let value = reader.value else { throw reader.failure("is required") }
    self = value
  }
  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue { self }
}

extension Array where Element: JSONConvertible {
  /// The list as JSON.
  public var json: JSONValue { .array(map { $0.json }) }
  /// The list as JSON; `nil` where it is empty, so that `JSONValue.fields` leaves it out.
  public var jsonUnlessEmpty: JSONValue? { isEmpty ? .none : .some(json) }
}

extension Dictionary where Key == String, Value: JSONConvertible {
  /// The map as JSON.
  public var json: JSONValue { .object(JSONObject(lazy.map { ($0.key, $0.value.json) })) }
  /// The map as JSON; `nil` where it is empty, so that `JSONValue.fields` leaves it out.
  public var jsonUnlessEmpty: JSONValue? { isEmpty ? .none : .some(json) }
}

extension RawRepresentable where RawValue == String, Self: JSONConvertible & CaseIterable {
  /// Reads one of the enumeration's names; any other text is an error that lists them.
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
  /// The value; `nil` where it is an object without members, so that `JSONValue.fields` leaves it out.
  package var unlessEmpty: JSONValue? { object?.isEmpty == true ? .none : .some(self) }
}
