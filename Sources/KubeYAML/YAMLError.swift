/// A place in a file, as editors count.
public struct YAMLLocation: Sendable, Hashable, CustomStringConvertible {
  /// The file's name, as given to the reader.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// The column in characters (Unicode scalars), from 1.
  public var column: Int

  /// Creates a place in a file.
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// The place as `file:line:column`, which terminals and editors turn into a link.
  public var description: String { "\(file):\(line):\(column)" }

  /// The place of the byte at `offset` of UTF-8 text.
  init(file: String, offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(max(offset, 0)) {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(file: file, line: line, column: column)
  }
}

/// An invalid manifest: the place, the problem and the remedy.
///
/// No text repeats the document's content beyond the name of a key: it may be a Secret.
public struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of problem.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The input exceeds a limit of the reader; see ``YAMLReader/Limits``.
    public static let tooLarge = Code("too large")
    /// The bytes aren't UTF-8 or UTF-16, or contain characters that YAML doesn't allow.
    public static let invalidEncoding = Code("invalid encoding")
    /// The text is neither YAML nor JSON.
    public static let invalidSyntax = Code("invalid syntax")
    /// A key occurs twice in one mapping.
    public static let duplicateKey = Code("duplicate key")
    /// A value contradicts its tag, or has no equivalent in JSON.
    public static let invalidValue = Code("invalid value")
    /// The text uses a part of YAML that manifests don't need.
    public static let unsupported = Code("unsupported")
    /// The document isn't a Kubernetes object, or a list of them.
    public static let invalidObject = Code("invalid object")
    /// A field of an object is missing or has an unacceptable value.
    public static let invalidField = Code("invalid field")
    /// The parser has no memory left.
    public static let outOfMemory = Code("out of memory")
  }

  /// The kind of problem.
  public var code: Code
  /// The file's name, as given to the reader.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// The column in characters, from 1.
  public var column: Int
  /// The problem, for people.
  public var problem: String
  /// The remedy, where it isn't obvious from the problem.
  public var remedy: String?

  /// Creates an error at `location`.
  public init(_ code: Code, at location: YAMLLocation, problem: String, remedy: String? = nil) {
    self.code = code
    file = location.file
    line = location.line
    column = location.column
    self.problem = problem
    self.remedy = remedy
  }

  /// The place of the problem.
  public var location: YAMLLocation { YAMLLocation(file: file, line: line, column: column) }

  /// Place, problem and remedy: `file:line:column: problem; remedy`.
  public var description: String {
    "\(location): \(problem)" + (remedy.map { "; \($0)" } ?? "")
  }
}
