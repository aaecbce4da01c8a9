public import KubeCore

/// An object of a list that can't be decoded as the requested type. Contains nothing of the
/// object's content.
public struct UnreadableObject: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind that was listed.
  public var type: ResourceType
  /// The object's namespace, where it has one.
  public var namespace: String?
  /// The object's name, where it has one.
  public var name: String?
  /// The path of the invalid field.
  public var field: FieldPath

  /// Creates the error of an object that can't be decoded because of `field`.
  public init(type: ResourceType, namespace: String? = nil, name: String? = nil, field: FieldPath) {
    self.type = type
    self.namespace = namespace
    self.name = name
    self.field = field
  }

  init(_ json: JSONValue, type: ResourceType, error: FieldError) {
    func text(_ field: String) -> String? {
      json.value(at: "metadata", field)?.string.map { String($0.prefix(Self.maximumLength)) }
    }
    self.init(type: type, namespace: text("namespace"), name: text("name"), field: error.path)
  }

  /// The maximum length of a name or field in the description, in characters.
  private static let maximumLength = 253

  /// The object and the field.
  public var description: String {
    let name = [namespace, name ?? "(without a name)"].compactMap(\.self).joined(separator: "/")
    return "\(type.kind) \(name): the field \("\(field)".prefix(Self.maximumLength)) is invalid"
  }
}
