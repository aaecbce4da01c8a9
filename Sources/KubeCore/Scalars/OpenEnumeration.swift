/// An enumeration of strings to which later versions may add: reading an unknown one succeeds, and is for validation to
/// report.
public protocol OpenEnumeration: JSONConvertible, CustomStringConvertible {
  /// The names that are known.
  static var known: [Self] { get }
  /// The value of an unknown name.
  static func unknown(_ name: String) -> Self
  /// The name.
  var name: String { get }
}

extension OpenEnumeration {
  /// The value of any name.
  public init(name: String) {
    self = Self.known.first { $0.name == name } ?? .unknown(name)
  }

  /// Whether the name is known.
  public var isKnown: Bool { Self.known.contains(self) }

  /// Reads the name, known or not; throws where there is no string.
  public init(from reader: FieldReader) throws(FieldError) { self.init(name: try reader.string()) }

  /// The name.
  public var json: JSONValue { .string(name) }

  /// The name.
  public var description: String { name }
}
