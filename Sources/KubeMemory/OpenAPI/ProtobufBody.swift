import KubeCore
import KubeSchemas

/// A decoder of Kubernetes' protobuf encoding, in which clients may send objects of built-in kinds
/// (API concepts: "Kubernetes Protobuf encoding"): a magic number of four bytes, an envelope with
/// the kind, and the object.
///
/// Responses are JSON. Fields with unknown numbers are refused unless they are empty.
struct ProtobufBody {
  static let mediaType = "application/vnd.kubernetes.protobuf"
  static let magic: [UInt8] = Array("k8s".utf8) + [0]

  /// The reason why a body can't be decoded; never its content.
  struct Problem: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = "the protobuf body can't be read: " + description }
  }

  /// The maximum nesting depth of messages.
  static let maximumDepth = 64

  /// The object in `bytes`, of this type.
  static func object(_ bytes: [UInt8], _ type: BuiltInType) throws(Problem) -> JSONValue {
    guard bytes.starts(with: magic) else { throw Problem("it doesn't begin with k8s") }
    var envelope = ProtobufReader(bytes[magic.count...])
    var raw = bytes[0..<0]
    var result = JSONObject()
    while let (number, value) = try envelope.next() {
      switch (number, value) {
      case (1, .bytes(let typeMeta)):
        var reader = ProtobufReader(typeMeta)
        while let (number, value) = try reader.next() {
          guard case .bytes(let text) = value, number == 1 || number == 2 else { continue }
          result[number == 1 ? "apiVersion" : "kind"] = .string(try string(text))
        }
      case (2, .bytes(let content)): raw = content
      case (3, .bytes(let encoding)), (4, .bytes(let encoding)):
        // An encoding of its own, or another content type.
        let text = try string(encoding)
        guard text.isEmpty || text == mediaType else { throw Problem("its content is \(text)") }
      default: continue
      }
    }
    try read(raw, type, into: &result, depth: 0)
    return .object(result)
  }

  private static func string(_ bytes: ArraySlice<UInt8>) throws(Problem) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Problem("a text is not UTF-8") }
    return text
  }

  private static func read(
    _ bytes: ArraySlice<UInt8>, _ type: BuiltInType, into result: inout JSONObject, depth: Int
  ) throws(Problem) {
    guard depth < maximumDepth else { throw Problem("it nests deeper than \(maximumDepth) levels") }
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      guard let field = type.message.first(where: { $0.schema.number == number }) else {
        if value.isZero { continue }
        throw Problem("field \(number) of \(type.name.name) isn't known here; send JSON instead")
      }
      switch field.value {
      case .object(let inner) where field.name == "*":
        try read(value.requireBytes(), inner, into: &result, depth: depth + 1)
      case .list(let items):
        var list = result[field.name]?.array ?? []
        list.append(try json(value, items, depth: depth + 1))
        result[field.name] = .array(list)
      case .map(let values):
        let (key, entry) = try entry(value.requireBytes(), values, depth: depth + 1)
        var map = result[field.name]?.object ?? [:]
        map[key] = entry
        result[field.name] = .object(map)
      case .object, .scalar:
        let json = try json(value, field.value, depth: depth + 1)
        // Go writes the zero of a value that JSON omits.
        result[field.name] =
          isZero(json) && !field.schema.distinguishesZero && !field.schema.isRequired ? nil : json
      }
    }
  }

  private static func isZero(_ value: JSONValue) -> Bool {
    switch value {
    case .null: true
    case .string(let text): text.isEmpty
    case .number(let number): number.int64 == 0
    case .bool(let bool): !bool
    case .array, .object, .secret: false
    }
  }

  private static func entry(_ bytes: ArraySlice<UInt8>, _ type: BuiltInType.Value, depth: Int)
    throws(Problem) -> (String, JSONValue)
  {
    var reader = ProtobufReader(bytes)
    var key = ""
    var result: JSONValue?
    while let (number, value) = try reader.next() {
      if number == 1 { key = try string(value.requireBytes()) }
      if number == 2 { result = try json(value, type, depth: depth) }
    }
    if let result { return (key, result) }
    return (key, try json(.bytes(bytes[bytes.endIndex...]), type, depth: depth))
  }

  private static func json(_ value: ProtobufReader.Value, _ type: BuiltInType.Value, depth: Int)
    throws(Problem) -> JSONValue
  {
    switch type {
    case .object(let type):
      var members = JSONObject()
      try read(value.requireBytes(), type, into: &members, depth: depth)
      return .object(members)
    case .scalar(let scalar): return try json(value, scalar)
    case .list(let items):
      // In a map: a message whose first field is the list.
      var list: [JSONValue] = []
      var reader = ProtobufReader(try value.requireBytes())
      while let (number, value) = try reader.next() {
        if number == 1 { list.append(try json(value, items, depth: depth)) }
      }
      return .array(list)
    case .map: throw Problem("a list of maps isn't known here")
    }
  }

  private static func json(_ value: ProtobufReader.Value, _ scalar: FieldSchema.Scalar) throws(Problem)
    -> JSONValue
  {
    switch scalar {
    case .string, .duration: return .string(try string(value.requireBytes()))
    case .bytes: return .string(Base64.encode(try value.requireBytes()))
    case .int32, .int64: return .integer(try value.requireInteger())
    case .double:
      let double = Double(bitPattern: UInt64(bitPattern: try value.requireInteger()))
      guard let number = JSONNumber(text: "\(double)") else { throw Problem("a number isn't one") }
      return .number(number)
    case .bool: return .bool(try value.requireInteger() != 0)
    case .quantity: return .string(try string(value.message()[1]?.requireBytes() ?? []))
    case .intstr:
      let parts = try value.message()
      if try parts[1]?.requireInteger() == 1 { return .string(try string(parts[3]?.requireBytes() ?? [])) }
      return .integer(try parts[2]?.requireInteger() ?? 0)
    case .time, .microtime:
      let parts = try value.message()
      guard let seconds = try parts[1]?.requireInteger() else { return .null }
      guard let time = Timestamp(secondsSinceEpoch: seconds, nanoseconds: try parts[2]?.requireInteger() ?? 0)
      else { throw Problem("a time is out of range") }
      return .string(scalar == .time ? time.description : time.microseconds)
    case .any:
      // Plain JSON (RawExtension, FieldsV1).
      let bytes = try value.message()[1]?.requireBytes() ?? []
      guard let json = try? JSONParser().parse(bytes) else { throw Problem("a part of it should be JSON") }
      return json
    }
  }
}

/// A reader of the consecutive fields of one message (protobuf.dev, "Encoding").
struct ProtobufReader {
  enum Value {
    case integer(UInt64)
    case bytes(ArraySlice<UInt8>)

    var isZero: Bool {
      switch self {
      case .integer(let integer): integer == 0
      case .bytes(let bytes): bytes.isEmpty
      }
    }

    func requireBytes() throws(ProtobufBody.Problem) -> ArraySlice<UInt8> {
      guard case .bytes(let bytes) = self else { throw ProtobufBody.Problem("a number stands for a text") }
      return bytes
    }

    func requireInteger() throws(ProtobufBody.Problem) -> Int64 {
      guard case .integer(let integer) = self else {
        throw ProtobufBody.Problem("a text stands for a number")
      }
      return Int64(bitPattern: integer)
    }

    /// A small message's fields by number; the last of several with the same number is kept.
    func message() throws(ProtobufBody.Problem) -> [Int: Value] {
      var reader = ProtobufReader(try requireBytes())
      var fields: [Int: Value] = [:]
      while let (number, value) = try reader.next() { fields[number] = value }
      return fields
    }
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field's number and value; `nil` at the end.
  mutating func next() throws(ProtobufBody.Problem) -> (number: Int, value: Value)? {
    guard !rest.isEmpty else { return nil }
    let tag = try varint()
    guard let number = Int(exactly: tag >> 3), number > 0 else {
      throw ProtobufBody.Problem("a field has no number")
    }
    switch tag & 7 {
    case 0: return (number, .integer(try varint()))
    case 1: return (number, .integer(try fixed(8)))
    case 2:
      guard let length = Int(exactly: try varint()), length <= rest.count else {
        throw ProtobufBody.Problem("it ends too early")
      }
      defer { rest = rest.dropFirst(length) }
      return (number, .bytes(rest.prefix(length)))
    case 5: return (number, .integer(try fixed(4)))
    default: throw ProtobufBody.Problem("a field is of no known kind")
    }
  }

  private mutating func varint() throws(ProtobufBody.Problem) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw ProtobufBody.Problem("it ends too early") }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    throw ProtobufBody.Problem("a number is too long")
  }

  private mutating func fixed(_ count: Int) throws(ProtobufBody.Problem) -> UInt64 {
    guard rest.count >= count else { throw ProtobufBody.Problem("it ends too early") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension Timestamp {
  /// Creates a time from protobuf; `nil` outside the years 1 to 9999.
  fileprivate init?(secondsSinceEpoch seconds: Int64, nanoseconds: Int64) {
    guard (-62_135_596_800...253_402_300_799).contains(seconds), (0..<1_000_000_000).contains(nanoseconds)
    else { return nil }
    self.init(Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1e9))
  }
}
