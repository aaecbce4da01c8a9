import CLibYAML
import KubeCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A builder of values from the parser's events.
///
/// The limits are checked at every event. That is early enough: libyaml reads at most 1,024
/// characters ahead of the event that it reports, so text that nests without end is refused after a
/// few thousand bytes.
struct YAMLComposer {
  /// A value and its depth in levels of lists and mappings.
  private struct Node {
    var value: JSONValue
    var height = 0
  }

  /// The value of an anchor, and the cost of an alias to it.
  private struct Anchor {
    let node: Node
    let nodes: Int
    let bytes: Int
  }

  private let text: UnsafeBufferPointer<UInt8>
  private let file: String
  private let limits: YAMLReader.Limits
  private let events: YAMLEvents
  private var marks: YAMLMarks
  private var anchors: [String: Anchor] = [:]
  private var nodeCount = 0
  private var textBytes = 0
  private var repeatedBytes = 0
  private var aliasCount = 0

  init(
    text: UnsafeBufferPointer<UInt8>, file: String, limits: YAMLReader.Limits
  ) throws(YAMLError) {
    if let offset = YAMLComposer.tagDirective(in: text) {
      throw YAMLError(
        .unsupported, at: YAMLLocation(file: file, offset: offset, in: text),
        problem: "%TAG directives are not supported", remedy: "remove the line: manifests need no tags")
    }
    guard let events = YAMLEvents(text: text) else {
      throw YAMLError(
        .outOfMemory, at: YAMLLocation(file: file, line: 1, column: 1), problem: "out of memory")
    }
    self.text = text
    self.file = file
    self.limits = limits
    self.events = events
    marks = YAMLMarks(file: file)
  }

  /// The offset of a line that begins with `%TAG`. libyaml takes time in the square of the number
  /// of such lines before it reports any event, and no tag that they could declare is accepted.
  private static func tagDirective(in text: UnsafeBufferPointer<UInt8>) -> Int? {
    var start = 0
    while start < text.count, let base = text.baseAddress,
      let found = memchr(base + start, Int32(UInt8(ascii: "%")), text.count - start)
    {
      let offset = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
      // The last bytes of all line breaks of YAML 1.1: LF, CR, NEL, LS, PS.
      let isLineStart = offset == 0 || [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains(text[offset - 1])
      if isLineStart, text[offset...].starts(with: "%TAG".utf8) { return offset }
      start = offset + 1
    }
    return nil
  }

  mutating func documents() throws(YAMLError) -> [YAMLDocument] {
    var documents: [YAMLDocument] = []
    while true {
      try advance()
      switch events.event.type {
      case YAML_DOCUMENT_START_EVENT:
        marks = YAMLMarks(file: file)
        anchors = [:]
        try advance()
        let root = try node(depth: 0, key: nil, keyMark: nil)
        documents.append(YAMLDocument(value: root.value, marks: marks))
      case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return documents
      default: continue
      }
    }
  }

  // MARK: Nodes

  /// The node that begins with the current event; afterwards the current event is the node's last
  /// one.
  private mutating func node(
    depth: Int, key: String?, keyMark: yaml_mark_t?
  ) throws(YAMLError) -> Node {
    let event = events.event
    let mark = keyMark ?? event.start_mark
    let index = marks.nodes.count
    marks.nodes.append(
      YAMLMarks.Mark(
        line: UInt32(clamping: mark.line + 1), column: UInt32(clamping: mark.column + 1),
        end: UInt32(clamping: index + 1), key: key))
    if event.type == YAML_ALIAS_EVENT { return try alias(event, depth: depth) }
    try count(nodes: 1, at: event.start_mark)
    let nodesBefore = nodeCount - 1
    let bytesBefore = textBytes
    let anchor: String?
    let node: Node
    switch event.type {
    case YAML_SCALAR_EVENT:
      anchor = name(event.data.scalar.anchor)
      node = Node(value: try scalar(event))
    case YAML_SEQUENCE_START_EVENT:
      anchor = name(event.data.sequence_start.anchor)
      try checkCollection(event.data.sequence_start.tag, core: "seq", depth: depth, at: event.start_mark)
      node = try sequence(depth: depth + 1)
    case YAML_MAPPING_START_EVENT:
      anchor = name(event.data.mapping_start.anchor)
      try checkCollection(event.data.mapping_start.tag, core: "map", depth: depth, at: event.start_mark)
      node = try mapping(depth: depth + 1, index: index)
    default:
      throw error(.invalidSyntax, "expected a value", at: event.start_mark)
    }
    marks.nodes[index].end = UInt32(clamping: marks.nodes.count)
    if let anchor {
      anchors[anchor] = Anchor(
        node: node, nodes: nodeCount - nodesBefore, bytes: textBytes - bytesBefore)
    }
    return node
  }

  private mutating func alias(_ event: yaml_event_t, depth: Int) throws(YAMLError) -> Node {
    guard let name = name(event.data.alias.anchor), let anchor = anchors[name] else {
      throw error(
        .invalidSyntax, "the alias refers to no value before it", at: event.start_mark,
        remedy: "define the anchor (&name) earlier in the same document, outside of itself")
    }
    aliasCount += 1
    repeatedBytes += anchor.bytes
    // An anchor around this alias also accounts for the repeated text.
    textBytes += anchor.bytes
    guard aliasCount <= limits.aliases else {
      throw error(
        .tooLarge, "more than \(limits.aliases) aliases", at: event.start_mark,
        remedy: "write the values out")
    }
    guard repeatedBytes <= limits.bytes else {
      throw error(.tooLarge, "the aliases repeat more than \(limits.bytes) bytes", at: event.start_mark)
    }
    guard depth + anchor.node.height <= limits.depth else { throw tooDeep(at: event.start_mark) }
    try count(nodes: anchor.nodes, at: event.start_mark)
    return anchor.node
  }

  private mutating func sequence(depth: Int) throws(YAMLError) -> Node {
    var elements: [JSONValue] = []
    var height = 0
    while true {
      try advance()
      if events.event.type == YAML_SEQUENCE_END_EVENT { break }
      let element = try node(depth: depth, key: nil, keyMark: nil)
      elements.append(element.value)
      height = max(height, element.height)
    }
    return Node(value: .array(elements), height: height + 1)
  }

  private mutating func mapping(depth: Int, index: Int) throws(YAMLError) -> Node {
    var members: [JSONObject.Member] = []
    var merged: [JSONObject]?
    var height = 0
    while true {
      try advance()
      let event = events.event
      if event.type == YAML_MAPPING_END_EVENT { break }
      let keyMark = event.start_mark
      if isMergeKey(event) {
        guard merged == nil else { throw error(.duplicateKey, "the key \"<<\" occurs twice", at: keyMark) }
        try advance()
        let source = try node(depth: depth, key: "<<", keyMark: keyMark)
        merged = try mergeSources(source.value, at: keyMark)
        height = max(height, source.height)
      } else {
        let key = try key(event)
        try advance()
        let value = try node(depth: depth, key: key, keyMark: keyMark)
        members.append(JSONObject.Member(key: key, value: value.value))
        height = max(height, value.height)
      }
    }
    let (object, duplicate) = JSONObject.fromDocument(members)
    if let duplicate { throw duplicateError(duplicate, inMapping: index) }
    return Node(value: .object(object.merging(merged ?? [])), height: height + 1)
  }

  private func isMergeKey(_ event: yaml_event_t) -> Bool {
    guard event.type == YAML_SCALAR_EVENT, event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
      event.data.scalar.tag == nil
    else { return false }
    return content(event).elementsEqual("<<".utf8)
  }

  private func mergeSources(_ value: JSONValue, at mark: yaml_mark_t) throws(YAMLError) -> [JSONObject] {
    if let object = value.object { return [object] }
    let objects = (value.array ?? [.null]).map(\.object)
    guard objects.allSatisfy({ $0 != nil }) else {
      throw error(
        .invalidValue, "the value of a merge key is a mapping or a list of mappings, usually as aliases",
        at: mark, remedy: "put the key in quotes (\"<<\") if no merge is meant")
    }
    return objects.compactMap { $0 }
  }

  /// The error for a second member named `key` of the mapping at `index` of the marks.
  private mutating func duplicateError(_ key: String, inMapping index: Int) -> YAMLError {
    marks.nodes[index].end = UInt32(clamping: marks.nodes.count)
    let same = marks.children(of: index).filter { marks.nodes[$0].key == key }
    let place = marks.location(ofNode: same.dropFirst().first ?? index)
    return YAMLError(
      .duplicateKey, at: place, problem: "the key \(YAMLComposer.quoted(key)) occurs twice in this mapping",
      remedy: "keep one of them")
  }

  // MARK: Scalars

  private mutating func key(_ event: yaml_event_t) throws(YAMLError) -> String {
    guard event.type == YAML_SCALAR_EVENT else {
      throw error(
        .unsupported,
        "a key must be a text, not \(event.type == YAML_ALIAS_EVENT ? "an alias" : "a list or a mapping")",
        at: event.start_mark,
        remedy: "put text that begins with '{', '[' or '*' in quotes; render templates before you use them")
    }
    let value = try scalar(event)
    if let anchor = name(event.data.scalar.anchor) {
      anchors[anchor] = Anchor(node: Node(value: value), nodes: 1, bytes: event.data.scalar.length)
    }
    switch value {
    case .string(let text): return text
    case .bool(let bool): return bool ? "true" : "false"
    case .number(let number) where number.text.utf8.allSatisfy({ $0 != 0x2E && $0 | 0x20 != 0x65 }):
      return number.text
    default:
      throw error(
        .unsupported, "a key must be a text, not \(value == .null ? "empty or null" : "a fraction")",
        at: event.start_mark, remedy: "put the key in quotes")
    }
  }

  private mutating func scalar(_ event: yaml_event_t) throws(YAMLError) -> JSONValue {
    let bytes = content(event)
    textBytes += bytes.count
    let isPlain = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
    let tag = try coreTag(event.data.scalar.tag, at: event.start_mark)
    if tag == "binary" { return .string(try text(ofBinary: bytes, at: event.start_mark)) }
    if tag == "str" || tag == nil && !isPlain { return .string(String(decoding: bytes, as: UTF8.self)) }
    let scalar = YAMLScalar(plain: bytes)
    switch (tag, scalar) {
    case (nil, .string): return .string(String(decoding: bytes, as: UTF8.self))
    case (nil, .null), ("null", .null): return .null
    case (nil, .bool(let bool)), ("bool", .bool(let bool)): return .bool(bool)
    case (nil, .number(let number)), ("float", .number(let number)): return .number(number)
    case ("int", .number(let number)) where number.text.utf8.allSatisfy({ $0 != 0x2E && $0 | 0x20 != 0x65 }):
      return .number(number)
    case (nil, .notFinite), ("float", .notFinite):
      throw error(
        .invalidValue, "JSON has no infinity and no not-a-number", at: event.start_mark,
        remedy: "put the value in quotes if a text is meant")
    default:
      throw error(.invalidValue, "the value doesn't match its tag !!\(tag ?? "str")", at: event.start_mark)
    }
  }

  /// The text that a `!!binary` scalar encodes in Base64.
  private func text(
    ofBinary bytes: UnsafeBufferPointer<UInt8>, at mark: yaml_mark_t
  ) throws(YAMLError) -> String {
    guard let decoded = Base64.decode(String(decoding: bytes, as: UTF8.self)) else {
      throw error(
        .invalidValue, "the value is not Base64, as its tag !!binary says", at: mark,
        remedy: "remove the tag")
    }
    guard let text = String(validating: decoded, as: UTF8.self) else {
      throw error(
        .invalidValue, "the Base64 of the value tagged !!binary encodes no text", at: mark,
        remedy: "remove the tag where the Base64 itself is meant")
    }
    return text
  }

  private func content(_ event: yaml_event_t) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: event.data.scalar.value, count: Int(clamping: event.data.scalar.length))
  }

  private func name(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  // MARK: Tags and limits

  /// The short name of a scalar's tag, one of YAML's core types; `nil` where it has none.
  private func coreTag(
    _ pointer: UnsafeMutablePointer<yaml_char_t>?, at mark: yaml_mark_t
  ) throws(YAMLError) -> String? {
    guard let tag = name(pointer) else { return nil }
    if tag == "!" { return "str" }
    let prefix = "tag:yaml.org,2002:"
    let short = tag.hasPrefix(prefix) ? String(tag.dropFirst(prefix.count)) : ""
    switch short {
    case "str", "int", "bool", "float", "null", "binary": return short
    default:
      throw error(
        .unsupported, "the value has a tag that is not supported", at: mark,
        remedy: "remove the tag; only !!str, !!int, !!bool, !!float, !!null and !!binary have a meaning here")
    }
  }

  private func checkCollection(
    _ tag: UnsafeMutablePointer<yaml_char_t>?, core: String, depth: Int, at mark: yaml_mark_t
  ) throws(YAMLError) {
    guard depth < limits.depth else { throw tooDeep(at: mark) }
    guard let tag = name(tag), tag != "!", tag != "tag:yaml.org,2002:\(core)" else { return }
    throw error(.unsupported, "the value has a tag that is not supported", at: mark, remedy: "remove the tag")
  }

  private func tooDeep(at mark: yaml_mark_t) -> YAMLError {
    error(.tooLarge, "lists and mappings nest more than \(limits.depth) levels deep", at: mark)
  }

  private mutating func count(nodes: Int, at mark: yaml_mark_t) throws(YAMLError) {
    nodeCount += nodes
    guard nodeCount <= limits.nodes else { throw YAMLReader.tooManyNodes(limits, at: location(mark)) }
  }

  // MARK: Errors

  private func advance() throws(YAMLError) {
    do throws(YAMLEvents.Failure) {
      try events.advance()
    } catch {
      switch error {
      case .outOfMemory:
        throw YAMLError(
          .outOfMemory, at: YAMLLocation(file: file, line: 1, column: 1), problem: "out of memory")
      case .encoding(let problem, let offset):
        throw YAMLError(
          .invalidEncoding, at: YAMLLocation(file: file, offset: offset, in: text), problem: problem,
          remedy: "save the file as UTF-8 without control characters; in double quotes they can be escaped")
      case .syntax(let problem, let context, let line, let column):
        throw YAMLError(
          .invalidSyntax, at: YAMLLocation(file: file, line: line + 1, column: column + 1),
          problem: problem + (context.map { " (\($0))" } ?? ""), remedy: YAMLComposer.remedy(problem))
      }
    }
  }

  private func error(
    _ code: YAMLError.Code, _ problem: String, at mark: yaml_mark_t, remedy: String? = nil
  ) -> YAMLError {
    YAMLError(code, at: location(mark), problem: problem, remedy: remedy)
  }

  private func location(_ mark: yaml_mark_t) -> YAMLLocation {
    YAMLLocation(file: file, line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }

  /// The remedies for the most common errors of libyaml.
  private static func remedy(_ problem: String) -> String? {
    switch problem {
    case "did not find expected key", "did not find expected '-' indicator",
      "could not find expected ':'", "mapping values are not allowed in this context":
      "check the indentation of this line and the one before, and put text with ': ' in quotes"
    case "found character that cannot start any token":
      "indent with spaces, not tabs, and put text that begins with '@', '`', '%' or '|' in quotes"
    case "found unexpected end of stream": "close the quotes or brackets"
    default: nil
    }
  }

  /// A key's name for an error message: at most one line and without control characters.
  private static func quoted(_ key: String) -> String {
    let visible = key.unicodeScalars.prefix(64).map {
      $0.properties.generalCategory == .control ? "\u{FFFD}" : $0
    }
    var name = String(String.UnicodeScalarView(visible))
    if name.unicodeScalars.count < key.unicodeScalars.count { name += "…" }
    return "\"\(name)\""
  }
}
