/// An enumeration of strings that later versions may extend: decoding an unknown one succeeds, and
/// validation reports it.
public protocol OpenEnumeration: JSONConvertible, CustomStringConvertible {
  /// The known names.
  static var known: [Self] { get }
  /// The value of an unknown name.
  static func unknown(_ name: String) -> Self
  /// The name.
  var name: String { get }
}

extension OpenEnumeration {
  /// Creates the value of any name.
  public init(name: String) {
    self = Self.known.first { $0.name == name } ?? .unknown(name)
  }

  /// Whether the name is known.
  public var isKnown: Bool { Self.known.contains(self) }

  /// Decodes the name, known or not; throws where there is no string.
  public init(from reader: FieldReader) throws(FieldError) { self.init(name: try reader.string()) }

  /// The name.
  public var json: JSONValue { .string(name) }

  /// The name.
  public var description: String { name }
}
