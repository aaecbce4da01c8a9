/// A place in a file, as editors count.
public struct YAMLLocation: Sendable, Hashable, CustomStringConvertible {
  /// The file's name, as the reader was told it.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// The column in characters (Unicode scalars), from 1.
  public var column: Int

  /// A place in a file.
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `file:line:column`, which terminals and editors turn into a link.
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

/// Why a manifest is not acceptable: where, what is wrong, what to do.
///
/// The words never repeat what the document holds, beyond the name of a key: it may be a Secret.
public struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's name, as the reader was told it.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// The column in characters, from 1.
  public var column: Int
  /// What is wrong.
  public var problem: String
  /// What a person should do about it, where that isn't obvious from the problem.
  public var remedy: String?

  /// An error at `location`.
  public init(at location: YAMLLocation, problem: String, remedy: String? = nil) {
    file = location.file
    line = location.line
    column = location.column
    self.problem = problem
    self.remedy = remedy
  }

  /// Where the problem is.
  public var location: YAMLLocation { YAMLLocation(file: file, line: line, column: column) }

  /// `file:line:column: problem; remedy`.
  public var description: String {
    "\(location): \(problem)" + (remedy.map { "; \($0)" } ?? "")
  }
}
