import CLibYAML

/// An owner of a libyaml emitter, which it frees, and of the emitter's output.
final class YAMLEmitter {
  enum Style {
    case plain, doubleQuoted, literal
  }

  /// The error of an event that libyaml refused: no memory is left.
  struct Failure: Error {}

  /// The object that the C callback reaches through its context pointer.
  private final class Output {
    var bytes: [UInt8] = []
  }

  private let emitter: UnsafeMutablePointer<yaml_emitter_t>
  private let output = Output()

  init() throws(Failure) {
    emitter = .allocate(capacity: 1)
    emitter.initialize(to: yaml_emitter_t())
    guard yaml_emitter_initialize(emitter) == 1 else { throw Failure() }
    yaml_emitter_set_unicode(emitter, 1)
    yaml_emitter_set_width(emitter, -1)
    // This object owns both output and emitter, so the emitter needs no reference of its own.
    yaml_emitter_set_output(
      emitter,
      { context, buffer, size in
        guard let context, let buffer else { return 0 }
        let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
        output.bytes.append(contentsOf: UnsafeBufferPointer(start: buffer, count: size))
        return 1
      }, Unmanaged.passUnretained(output).toOpaque())
    try emit { yaml_stream_start_event_initialize($0, YAML_UTF8_ENCODING) }
  }

  deinit {
    yaml_emitter_delete(emitter)
    emitter.deallocate()
  }

  func beginDocument(marked: Bool) throws(Failure) {
    try emit { yaml_document_start_event_initialize($0, nil, nil, nil, marked ? 0 : 1) }
  }

  func endDocument() throws(Failure) {
    try emit { yaml_document_end_event_initialize($0, 1) }
  }

  func beginSequence() throws(Failure) {
    try emit { yaml_sequence_start_event_initialize($0, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE) }
  }

  func endSequence() throws(Failure) {
    try emit { yaml_sequence_end_event_initialize($0) }
  }

  func beginMapping() throws(Failure) {
    try emit { yaml_mapping_start_event_initialize($0, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE) }
  }

  func endMapping() throws(Failure) {
    try emit { yaml_mapping_end_event_initialize($0) }
  }

  func scalar(_ text: String, style: Style) throws(Failure) {
    let cStyle =
      switch style {
      case .plain: YAML_PLAIN_SCALAR_STYLE
      case .doubleQuoted: YAML_DOUBLE_QUOTED_SCALAR_STYLE
      case .literal: YAML_LITERAL_SCALAR_STYLE
      }
    var text = text
    let count = text.utf8.count
    guard let length = Int32(exactly: count) else { throw Failure() }
    try emit { event in
      text.withUTF8 { bytes in
        // An empty string may have no address, but libyaml requires one.
        withUnsafePointer(to: 0 as UInt8) { empty in
          yaml_scalar_event_initialize(event, nil, nil, bytes.baseAddress ?? empty, length, 1, 1, cStyle)
        }
      }
    }
  }

  /// Ends the stream and returns it.
  func finish() throws(Failure) -> String {
    try emit { yaml_stream_end_event_initialize($0) }
    guard yaml_emitter_flush(emitter) == 1 else { throw Failure() }
    return String(decoding: output.bytes, as: UTF8.self)
  }

  /// Creates an event and passes it to the emitter, which takes ownership of it in any case.
  private func emit(_ make: (UnsafeMutablePointer<yaml_event_t>) -> Int32) throws(Failure) {
    var event = yaml_event_t()
    guard make(&event) == 1, yaml_emitter_emit(emitter, &event) == 1 else { throw Failure() }
  }
}
