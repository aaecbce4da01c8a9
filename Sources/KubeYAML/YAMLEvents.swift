import CLibYAML

/// An owner of a libyaml parser and its current event; both are freed with it.
///
/// The parser keeps its own address and the text's, so the handles are on the heap and the text
/// must outlive this object.
final class YAMLEvents {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let current: UnsafeMutablePointer<yaml_event_t>

  /// An error that libyaml found in the text.
  enum Failure: Error {
    /// An error at a line and a column, both from 0; its texts are constants of the library.
    case syntax(problem: String, context: String?, line: Int, column: Int)
    /// An error at a byte offset: a character that isn't allowed, or an invalid byte sequence.
    case encoding(problem: String, offset: Int)
    case outOfMemory
  }

  /// Creates a parser of UTF-8 `text`, which must not be empty; `nil` where no memory is left.
  init?(text: UnsafeBufferPointer<UInt8>) {
    precondition(!text.isEmpty, "libyaml requires a text with an address")
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    current = .allocate(capacity: 1)
    current.initialize(to: yaml_event_t())
    guard yaml_parser_initialize(parser) == 1 else { return nil }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, text.baseAddress, text.count)
  }

  deinit {
    yaml_event_delete(current)
    yaml_parser_delete(parser)
    current.deallocate()
    parser.deallocate()
  }

  /// The current event; its pointers are valid until the next `advance()`.
  var event: yaml_event_t { current.pointee }

  /// Advances to the next event.
  func advance() throws(Failure) {
    yaml_event_delete(current)
    guard yaml_parser_parse(parser, current) == 1 else { throw failure }
  }

  private var failure: Failure {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
    switch parser.pointee.error {
    case YAML_MEMORY_ERROR: return .outOfMemory
    case YAML_READER_ERROR:
      return .encoding(problem: problem, offset: Int(clamping: parser.pointee.problem_offset))
    default:
      let mark = parser.pointee.problem_mark
      return .syntax(
        problem: problem, context: parser.pointee.context.map { String(cString: $0) },
        line: Int(clamping: mark.line), column: Int(clamping: mark.column))
    }
  }
}
