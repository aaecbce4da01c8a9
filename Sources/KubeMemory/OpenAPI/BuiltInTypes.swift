import KubeCore

/// The fields of the built-in kinds (Kubernetes 1.36): names, types and protobuf numbers, from the API reference.
///
/// Written as text, a type per paragraph: its name and its fields as `name:type/number`. `!` marks a required field and
/// `?` a scalar whose zero is a value of its own; `[T]` is a list and `{T}` a map with free keys; a type is another
/// paragraph's or one of the scalars below. `*` stands for all the fields of its type, which protobuf keeps in a
/// message of their own. A field without a number isn't understood in protobuf.
enum BuiltInTypes {
  /// A field's type.
  enum FieldType: Sendable, Hashable {
    case scalar(Scalar)
    case object(String)
    indirect case list(FieldType)
    indirect case map(FieldType)
  }

  enum Scalar: String, Sendable, Hashable {
    case string, int32, int64, bool, bytes, time, microtime, quantity, intstr, any
  }

  struct Field: Sendable, Hashable {
    /// `*` for the fields of another type.
    var name: String
    var type: FieldType
    var isRequired: Bool
    var zeroCounts: Bool
    var number: Int?
  }

  /// A type as JSON has it.
  struct Members: Sendable {
    var fields: [Field]
    private var byName: [String: Field]

    init(_ fields: [Field]) {
      self.fields = fields
      byName = Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(name: String) -> Field? { byName[name] }
  }

  /// The fields of every type as protobuf has them.
  static let messages: [String: [Field]] = {
    var types: [String: [Field]] = [:]
    var name = ""
    for line in (kinds + "\n" + pods + "\n" + reviews).split(separator: "\n") {
      var words = line.split(separator: " ")[...]
      if line.first != " ", let first = words.popFirst() { name = String(first) }
      types[name, default: []] += words.compactMap(field)
    }
    return types
  }()

  /// The members of every type as JSON has them.
  static let all: [String: Members] = messages.mapValues { fields in
    Members(
      fields.flatMap { field -> [Field] in
        guard field.name == "*", case .object(let type) = field.type else { return [field] }
        return messages[type] ?? []
      })
  }

  private static func field(_ text: Substring) -> Field? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let mark = parts[0].last else { return nil }
    let right = parts[1].split(separator: "/")
    guard let type = right.first.flatMap(type) else { return nil }
    let isMarked = mark == "!" || mark == "?"
    return Field(
      name: String(isMarked ? parts[0].dropLast() : parts[0]), type: type, isRequired: mark == "!",
      zeroCounts: mark == "?", number: right.count > 1 ? Int(right[1]) : nil)
  }

  private static func type(_ text: Substring) -> FieldType? {
    switch text.first {
    case "[": type(text.dropFirst().dropLast()).map { .list($0) }
    case "{": type(text.dropFirst().dropLast()).map { .map($0) }
    default: Scalar(rawValue: String(text)).map { .scalar($0) } ?? .object(String(text))
    }
  }

  /// The name of a kind's own type; `nil` where the kind isn't known.
  static func name(of kind: GroupKind) -> String? {
    // Two kinds have one name; the newer one's type has another here.
    let name = kind.group == "events.k8s.io" ? "New" + kind.kind : kind.kind
    return all[name] == nil ? nil : name
  }
}
