import KubeCore

/// The fields of the built-in kinds (Kubernetes 1.36): names and types, from the API reference.
///
/// Written as text, a type per paragraph: its name and its fields as `name:type`, where `!` marks a required field,
/// `[T]` is a list, `{T}` a map with free keys, and a type is another paragraph's or one of the scalars below.
enum BuiltInTypes {
  /// A field's type.
  indirect enum FieldType: Sendable, Hashable {
    case scalar(Scalar)
    case object(String)
    case list(FieldType)
    case map(FieldType)
  }

  enum Scalar: String, Sendable, Hashable {
    case string, int32, int64, bool, bytes, time, microtime, quantity, intstr, any
  }

  struct Field: Sendable, Hashable {
    var name: String
    var type: FieldType
    var isRequired: Bool
  }

  /// The fields of every type, by its name.
  static let all: [String: [Field]] = {
    var types: [String: [Field]] = [:]
    var name = ""
    for line in (kinds + "\n" + pods).split(separator: "\n") {
      var words = line.split(separator: " ")[...]
      if line.first != " ", let first = words.popFirst() { name = String(first) }
      types[name, default: []] += words.compactMap(field)
    }
    return types
  }()

  private static func field(_ text: Substring) -> Field? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let type = type(parts[1]) else { return nil }
    let isRequired = parts[0].last == "!"
    return Field(
      name: String(isRequired ? parts[0].dropLast() : parts[0]), type: type, isRequired: isRequired)
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
