import KubeCore
import KubeSchemas

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// A generator of objects that the schema allows, each with unknown members, which records the
/// places of the values that a typed kind checks.
struct ObjectGenerator {
  /// A value that the type checks, and an invalid replacement.
  struct Place {
    var path: [FieldPath.Step]
    var wrong: JSONValue
  }

  private let document: SchemaDocument
  private var random: SeededGenerator
  private(set) var places: [Place] = []
  private(set) var unknownMembers = 0

  init(_ document: SchemaDocument, seed: UInt64) {
    self.document = document
    random = SeededGenerator(seed: seed)
  }

  mutating func object(_ kind: KindSchema) -> JSONValue {
    places = []
    unknownMembers = 0
    var object = value(.type(kind.name), at: [], depth: 0)
    object["apiVersion"] = .string(kind.apiVersion)
    object["kind"] = .string(kind.kind)
    return object
  }

  private mutating func value(_ type: FieldSchema.Kind, at path: [FieldPath.Step], depth: Int) -> JSONValue {
    switch type {
    case .scalar(let scalar):
      if scalar != .any { places.append(Place(path: path, wrong: [1])) }
      return value(scalar)
    case .list(let items):
      places.append(Place(path: path, wrong: "text"))
      return .array(
        (0..<Int.random(in: 0...2, using: &random)).map { index in
          value(items, at: path + [.index(index)], depth: depth + 1)
        })
    case .map(let entries):
      places.append(Place(path: path, wrong: "text"))
      return .object(
        JSONObject(["a.b/c", "d"].map { ($0, value(entries, at: path + [.key($0)], depth: depth + 1)) }))
    case .type(let name):
      places.append(Place(path: path, wrong: "text"))
      return object(name, at: path, depth: depth)
    }
  }

  private mutating func object(_ name: TypeName, at path: [FieldPath.Step], depth: Int) -> JSONValue {
    var result: JSONObject = ["x-unknown": ["deep": [1, ["deeper": .integer(depth)]]]]
    unknownMembers += 1
    for field in document.members(of: name) {
      let isNeeded =
        field.isRequired || field.name == "metadata" && (depth == 0 || name.name == "PersistentVolumeClaim")
        || name.name == "ObjectMeta" && field.name == "name" || name.name == "LabelSelectorRequirement"
      // Deep parts are generated seldom, so that an object stays small.
      guard isNeeded || Int.random(in: 0...(2 + depth * 2), using: &random) < 2 else { continue }
      let place = path + [.field(field.name)]
      if name.name == "LabelSelectorRequirement" {
        result[field.name] = ["key": "k", "operator": "In", "values": ["v"]][field.name]
      } else if field.name == "status", name.name.hasSuffix("Condition") {
        result["status"] = "True"
      } else {
        result[field.name] = value(field.type, at: place, depth: depth + 1)
      }
    }
    return .object(result)
  }

  private mutating func value(_ scalar: FieldSchema.Scalar) -> JSONValue {
    switch scalar {
    case .string: .string("text \(Int.random(in: 0...9, using: &random))")
    case .int32: .integer(Int32.random(in: .min ... .max, using: &random))
    case .int64: .integer(Int64.random(in: .min ... .max, using: &random))
    case .double: .number(JSONNumber(text: "0.50") ?? JSONNumber(0))
    case .bool: .bool(Bool.random(using: &random))
    case .bytes: "aHVudGVyMg=="
    case .time: "2026-11-22T17:08:30Z"
    case .microtime: "2026-11-22T17:08:30.250000Z"
    case .quantity: Bool.random(using: &random) ? "100m" : 2
    case .duration: "90s"
    case .intstr: Bool.random(using: &random) ? "25%" : 3
    case .any: ["free": ["a": 1], "list": [true]]
    }
  }
}

extension JSONValue {
  /// This value with `value` at `path`.
  func replacing(_ path: ArraySlice<FieldPath.Step>, with value: JSONValue) -> JSONValue {
    guard let step = path.first else { return value }
    switch (step, self) {
    case (.field(let name), .object(var members)), (.key(let name), .object(var members)):
      members[name] = (members[name] ?? .null).replacing(path.dropFirst(), with: value)
      return .object(members)
    case (.index(let index), .array(var elements)) where elements.indices.contains(index):
      elements[index] = elements[index].replacing(path.dropFirst(), with: value)
      return .array(elements)
    default: return self
    }
  }
}
