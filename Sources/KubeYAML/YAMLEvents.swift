import CLibYAML

/// Owns a libyaml parser and the event it stands at; both are freed with it.
///
/// The parser holds on to its own address and to the text, so the handles live on the heap and the text must
/// outlive this.
final class YAMLEvents {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let current: UnsafeMutablePointer<yaml_event_t>

  /// What libyaml found wrong with the text.
  enum Failure: Error {
    /// At a line and a column, both from 0; the words are fixed texts of the library.
    case syntax(problem: String, context: String?, line: Int, column: Int)
    /// At a byte offset: a character that isn't allowed, or bytes that are no character.
    case encoding(problem: String, offset: Int)
    case outOfMemory
  }

  /// A parser of UTF-8 `text`, which must not be empty; `nil` where there is no memory for it.
  init?(text: UnsafeBufferPointer<UInt8>) {
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

  /// The event that the parser stands at; its pointers hold until the next `advance()`.
  var event: yaml_event_t { current.pointee }

  /// Goes to the next event.
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
