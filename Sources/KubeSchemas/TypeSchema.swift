public import KubeCore

/// A type's name, which is unique only in its section: there are two kinds `Event`.
public struct TypeName: Sendable, Hashable, CustomStringConvertible {
  /// The section of the document.
  public var section: String
  /// The name in the section.
  public var name: String

  /// Creates a type's name.
  public init(section: String, name: String) {
    self.section = section
    self.name = name
  }

  /// The name with its section: `core.Event`.
  public var description: String { section + "." + name }
}

/// A type of objects: its fields.
public struct TypeSchema: Sendable, Hashable {
  /// The name.
  public var name: TypeName
  /// Whether server-side apply treats an object of the type as one field.
  public var isAtomic: Bool
  /// The name in Swift.
  public var swiftName: String
  /// The fields in protobuf; JSON has the fields of one named `*` in its place.
  public var fields: [FieldSchema]

  package init(name: TypeName, isAtomic: Bool = false, swiftName: String, fields: [FieldSchema] = []) {
    self.name = name
    self.isAtomic = isAtomic
    self.swiftName = swiftName
    self.fields = fields
  }
}

/// A field of a type.
public struct FieldSchema: Sendable, Hashable {
  /// The type of a value.
  public indirect enum Kind: Sendable, Hashable {
    case scalar(Scalar)
    case type(TypeName)
    case list(Kind)
    case map(Kind)

    /// The type of the value, its items or its entries.
    public var typeName: TypeName? {
      switch self {
      case .scalar: nil
      case .type(let name): name
      case .list(let items): items.typeName
      case .map(let entries): entries.typeName
      }
    }
  }

  /// A value without parts, or without a schema.
  public enum Scalar: String, Sendable, Hashable, CaseIterable {
    case string, int32, int64, double, bool, bytes, time, microtime, duration, quantity, intstr, any
  }

  /// The default of a field.
  public enum Default: Sendable, Hashable {
    case value(JSONValue)
    /// The value where the sibling member has one of these values.
    case ifSibling(String, isOneOf: [String], JSONValue)
    /// The value of the sibling member.
    case copy(of: String)
    /// The value `Always` or `IfNotPresent`, by the tag of the sibling image.
    case imagePullPolicy
  }

  /// A fact about a field in addition to its type.
  public enum Attribute: Sendable, Hashable {
    case listMap(keys: [String])
    case set
    case atomic
    case granular
    /// The strategic merge of a list by this key, or by the list's first one.
    case merge(key: String?)
    case retainKeys
    case values([String])
    case `default`(Default)
    case immutable
    case omittedWhenZero
    case secret
    /// A fact that this version doesn't know.
    case other(String)

    init(_ text: Substring) {
      func list(_ prefix: String, _ separator: Character) -> [String]? {
        guard text.hasPrefix(prefix + "("), text.last == ")" else { return nil }
        return text.dropFirst(prefix.count + 1).dropLast().split(
          separator: separator, omittingEmptySubsequences: false
        ).map { $0.replacing("%20", with: " ") }.map { String($0) }
      }
      switch text {
      case "set": self = .set
      case "atomic": self = .atomic
      case "granular": self = .granular
      case "merge": self = .merge(key: nil)
      case "retainKeys": self = .retainKeys
      case "immutable": self = .immutable
      case "omitzero": self = .omittedWhenZero
      case "secret": self = .secret
      default:
        if text.first == "=", let value = Attribute.filledIn(text.dropFirst()) {
          self = .default(value)
        } else if let keys = list("map", ",") {
          self = .listMap(keys: keys)
        } else if let keys = list("merge", ",") {
          self = .merge(key: keys.first)
        } else if let values = list("enum", "|") {
          self = .values(values)
        } else {
          self = .other(String(text))
        }
      }
    }

    private static func filledIn(_ text: Substring) -> Default? {
      if text == "pullPolicy" { return .imagePullPolicy }
      if text.hasPrefix("copy("), text.last == ")" { return .copy(of: String(text.dropFirst(5).dropLast())) }
      if text.hasPrefix("if("), let end = text.firstIndex(of: ")") {
        var parts = text[..<end].dropFirst(3).split(separator: "|").map { String($0) }[...]
        guard let sibling = parts.popFirst(), let value = json(text[text.index(after: end)...]) else {
          return nil
        }
        return .ifSibling(sibling, isOneOf: Array(parts), value)
      }
      return json(text).map { .value($0) }
    }

    private static func json(_ text: Substring) -> JSONValue? { try? JSONParser().parse(Array(text.utf8)) }
  }

  /// The name; `*` for all the fields of its type.
  public var name: String
  /// The type of the value.
  public var type: Kind
  /// Whether the server refuses an object without it.
  public var isRequired: Bool
  /// Whether false, 0 and empty differ from an absent value.
  public var distinguishesZero: Bool
  /// Whether the server writes the field even when nothing is set.
  public var isAlwaysWritten: Bool
  /// The field number in protobuf; `nil` where it isn't known.
  public var number: Int?
  /// Further facts.
  public var attributes: [Attribute]

  package init(
    name: String, type: Kind, isRequired: Bool = false, isAlwaysWritten: Bool = false,
    attributes: [Attribute] = []
  ) {
    self.name = name
    self.type = type
    self.isRequired = isRequired
    self.isAlwaysWritten = isAlwaysWritten
    self.attributes = attributes
    distinguishesZero = false
    number = nil
  }

  /// Parses the field in `text`, whose types `resolve` names; `nil` for an invalid text.
  init?(_ text: Substring, resolve: (Substring) -> TypeName) {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    var attributes = parts[1].split(separator: ";")
    guard !attributes.isEmpty else { return nil }
    let type = attributes.removeFirst().split(separator: "/", maxSplits: 1)
    guard let kind = type.first.flatMap({ FieldSchema.kind($0, resolve) }) else { return nil }
    let name = parts[0].prefix { !"!?~".contains($0) }
    let marks = parts[0].dropFirst(name.count)
    self.name = String(name)
    self.type = kind
    isRequired = marks.contains("!")
    distinguishesZero = marks.contains("?")
    isAlwaysWritten = marks.contains("~")
    number = type.count > 1 ? Int(type[1]) : nil
    self.attributes = attributes.map { Attribute($0) }
  }

  private static func kind(_ text: Substring, _ resolve: (Substring) -> TypeName) -> Kind? {
    switch text.first {
    case nil: return nil
    case "[": return kind(text.dropFirst().dropLast(), resolve).map { .list($0) }
    case "{": return kind(text.dropFirst().dropLast(), resolve).map { .map($0) }
    default: return Scalar(rawValue: String(text)).map { .scalar($0) } ?? .type(resolve(text))
    }
  }
}

extension FieldSchema {
  /// The values that the field, its items or its entries may have; `nil` where any may.
  public var values: [String]? {
    for case .values(let values) in attributes { return values }
    return nil
  }

  /// The default that the server fills in.
  public var defaultValue: Default? {
    for case .default(let value) in attributes { return value }
    return nil
  }

  /// Whether the server omits a scalar that is false, 0 or empty.
  public var isOmittedWhenZero: Bool {
    if attributes.contains(.omittedWhenZero) { return true }
    guard case .scalar(let scalar) = type else { return false }
    return !isRequired && !distinguishesZero && !isAlwaysWritten && scalar != .any
  }
}
