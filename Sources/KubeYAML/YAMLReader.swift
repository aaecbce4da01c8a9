import KubeCore

/// A reader of manifests: streams of YAML documents, or JSON, as the JSON values that an API server
/// would receive.
///
/// Scalars are typed as in Kubernetes (`sigs.k8s.io/yaml`): `yes`, `on` and `y` are booleans,
/// `0x1F` and `017` integers, timestamps strings. Numbers keep their exact value. Integers and
/// booleans as mapping keys become strings; other keys that aren't strings are refused, as are
/// duplicate keys, tags other than those of YAML's core types, `%TAG` directives, infinity and
/// not-a-number. Merge keys (`<<`) are resolved; the mapping's own members take precedence over
/// merged ones, and an earlier merged mapping over a later one. Byte order marks before documents
/// are skipped, and `!!binary` becomes the text that its Base64 encodes.
///
/// Every input ends in values or a ``YAMLError``, and within its ``limits`` time and memory grow in
/// proportion to the input. Errors state place and problem, and repeat nothing of the document but
/// names of keys.
public struct YAMLReader: Sendable {
  /// Limits of the input.
  public struct Limits: Sendable, Hashable {
    /// The maximum size of the input in bytes, and of the text repeated by aliases.
    public var bytes: Int
    /// The maximum nesting of lists and mappings, aliases resolved; at most 512.
    public var depth: Int
    /// The maximum number of values, including those repeated by aliases.
    public var nodes: Int
    /// The maximum number of aliases.
    public var aliases: Int

    /// Creates limits; the defaults accept any manifest that an API server could store, and large
    /// dumps of them.
    public init(
      bytes: Int = 64 << 20, depth: Int = 128, nodes: Int = 4_000_000, aliases: Int = 10_000
    ) {
      self.bytes = bytes
      self.depth = min(max(depth, 1), 512)
      self.nodes = nodes
      self.aliases = aliases
    }

    /// The default limits: 64 MiB, 128 levels, 4 million values, 10,000 aliases.
    public static let `default` = Limits()
  }

  /// The limits of the input.
  public var limits: Limits

  /// Creates a reader with `limits`.
  public init(limits: Limits = .default) {
    self.limits = limits
  }

  /// Parses the documents in `bytes`; empty ones are `null`.
  ///
  /// - Parameters:
  ///   - bytes: YAML or JSON in UTF-8, or in UTF-16 that begins with a byte order mark.
  ///   - file: The name for errors and locations.
  public func documents(
    _ bytes: some Collection<UInt8>, file: String = "(input)"
  ) throws(YAMLError) -> [YAMLDocument] {
    let start = YAMLLocation(file: file, line: 1, column: 1)
    guard bytes.count <= limits.bytes else {
      throw YAMLError(
        .tooLarge, at: start,
        problem: "the input has \(bytes.count) bytes, more than the limit of \(limits.bytes)",
        remedy: "split it into several files")
    }
    if let text = try YAMLReader.decodingUTF16(bytes, at: start) {
      return try text.withUnsafeBufferPointer { documents(buffer: $0, file: file) }.get()
    }
    let read = bytes.withContiguousStorageIfAvailable { documents(buffer: $0, file: file) }
    if let read { return try read.get() }
    return try Array(bytes).withUnsafeBufferPointer { documents(buffer: $0, file: file) }.get()
  }

  /// Parses the Kubernetes objects in `bytes`, in order.
  ///
  /// Empty documents are skipped. The `items` of a `List`, or of any kind's list, are returned as
  /// objects of their own; those of a typed list that omit their `apiVersion` and `kind`, as in an
  /// API server's responses, get them from the list. A Secret's data is concealed when the object
  /// is created.
  /// - Throws: ``YAMLError``, also for a document that isn't an object or has no `apiVersion`,
  ///   `kind` or `metadata.name`.
  public func objects(
    _ bytes: some Collection<UInt8>, file: String = "(input)"
  ) throws(YAMLError) -> [LocatedObject] {
    var objects: [LocatedObject] = []
    for document in try documents(bytes, file: file) where document.value != .null {
      try appendObjects(document.value, at: FieldPath(), of: document, to: &objects)
    }
    return objects
  }

  private func appendObjects(
    _ value: JSONValue, at path: FieldPath, of document: YAMLDocument, to objects: inout [LocatedObject]
  ) throws(YAMLError) {
    guard value.object != nil else {
      throw YAMLError(
        .invalidObject, at: document.location(of: path),
        problem: "expected a Kubernetes object, found \(value.kindName)",
        remedy: "an object is a mapping with apiVersion, kind and metadata")
    }
    let kind = value["kind"]?.string ?? ""
    if kind == "List" || kind.hasSuffix("List") && value["items"]?.array != nil {
      let items = value["items"] ?? .null
      guard items == .null || items.array != nil else {
        throw YAMLError(
          .invalidObject, at: document.location(of: path.field("items")),
          problem: "the items of a \(kind) must be a list")
      }
      for (index, item) in (items.array ?? []).enumerated() {
        var item = item
        if kind != "List", item.object != nil, item["kind"] == nil, item["apiVersion"] == nil {
          item["kind"] = .string(String(kind.dropLast("List".count)))
          item["apiVersion"] = value["apiVersion"]
        }
        try appendObjects(item, at: path.field("items").index(index), of: document, to: &objects)
      }
      return
    }
    do {
      objects.append(LocatedObject(object: try DynamicObject(value), base: path, document: document))
    } catch {
      throw YAMLError(
        .invalidField, at: document.location(of: FieldPath(path.steps + error.path.steps)),
        problem: "\(error.path): \(error.problem)", remedy: error.remedy ?? YAMLReader.remedy(error))
    }
  }
}

extension YAMLReader {
  /// The remedy for an object with an invalid `apiVersion`, `kind` or `metadata`.
  private static func remedy(_ error: FieldError) -> String? {
    if error.problem == "is required" {
      return ["apiVersion", "kind", "metadata", "metadata.name"].contains(error.path.description)
        ? "every object needs apiVersion, kind and metadata.name" : "give a value, or remove the field"
    }
    return error.problem.hasPrefix("expected a string") ? "put the value in quotes" : nil
  }

  private func documents(
    buffer: UnsafeBufferPointer<UInt8>, file: String
  ) -> Result<[YAMLDocument], YAMLError> {
    if let unmarked = ByteOrderMarks.removed(from: buffer) {
      return unmarked.withUnsafeBufferPointer { documents(unmarked: $0, file: file) }
    }
    return documents(unmarked: buffer, file: file)
  }

  private func documents(
    unmarked text: UnsafeBufferPointer<UInt8>, file: String
  ) -> Result<[YAMLDocument], YAMLError> {
    guard !text.isEmpty else { return .success([]) }
    var jsonError: YAMLError?
    if let offset = YAMLReader.jsonStart(text) {
      let start = YAMLLocation(file: file, offset: offset, in: text)
      do throws(JSONParseError) {
        let value = try JSONParser(maximumDepth: limits.depth, maximumBytes: limits.bytes).parse(text)
        // Every value but the last takes at least two bytes.
        guard text.count / 2 < limits.nodes || value.nodeCount <= limits.nodes else {
          return .failure(YAMLReader.tooManyNodes(limits, at: start))
        }
        return .success([YAMLDocument(value: value, marks: YAMLMarks(location: start))])
      } catch {
        // It may still be YAML in its flow style, or a stream of several documents.
        let place = YAMLLocation(file: file, offset: error.offset, in: text)
        jsonError = YAMLError(.invalidSyntax, at: place, problem: error.problem)
      }
    }
    do throws(YAMLError) {
      var composer = try YAMLComposer(text: text, file: file, limits: limits)
      return .success(try composer.documents())
    } catch {
      // Of the two errors, the later one in the text is about the intended syntax.
      if var jsonError, (jsonError.line, jsonError.column) >= (error.line, error.column) {
        // Only the YAML parser distinguishes an exceeded limit.
        if jsonError.location == error.location { jsonError.code = error.code }
        return .failure(jsonError)
      }
      return .failure(error)
    }
  }

  /// The offset of text that looks like JSON: an object with a quoted member name or without
  /// members, or a list.
  private static func jsonStart(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    func nextVisible(_ start: Int) -> Int? {
      text[start...].firstIndex { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    }
    guard let start = nextVisible(0) else { return nil }
    if text[start] == UInt8(ascii: "[") { return start }
    guard text[start] == UInt8(ascii: "{"), let next = nextVisible(start + 1) else { return nil }
    return text[next] == UInt8(ascii: "\"") || text[next] == UInt8(ascii: "}") ? start : nil
  }

  static func tooManyNodes(_ limits: Limits, at location: YAMLLocation) -> YAMLError {
    YAMLError(
      .tooLarge, at: location,
      problem: "more than \(limits.nodes) values, those repeated by aliases included",
      remedy: "split the input into several files")
  }

  /// The UTF-8 form of `bytes` that begin with UTF-16's byte order mark, as files of some shells
  /// do; `nil` for others.
  private static func decodingUTF16(
    _ bytes: some Collection<UInt8>, at start: YAMLLocation
  ) throws(YAMLError) -> [UInt8]? {
    let isLittleEndian = bytes.starts(with: [0xFF, 0xFE])
    guard isLittleEndian || bytes.starts(with: [0xFE, 0xFF]) else { return nil }
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var first: UInt8?
    for byte in bytes.dropFirst(2) {
      if let high = first {
        units.append(isLittleEndian ? UInt16(byte) << 8 | UInt16(high) : UInt16(high) << 8 | UInt16(byte))
        first = nil
      } else {
        first = byte
      }
    }
    guard first == nil, let text = String(validating: units, as: UTF16.self) else {
      throw YAMLError(
        .invalidEncoding, at: start, problem: "the text is not valid UTF-16",
        remedy: "save the file as UTF-8")
    }
    return Array(text.utf8)
  }
}

extension JSONValue {
  /// The number of values in this one, itself included.
  fileprivate var nodeCount: Int {
    switch self {
    case .array(let elements): elements.reduce(1) { $0 + $1.nodeCount }
    case .object(let members): members.reduce(1) { $0 + $1.value.nodeCount }
    default: 1
    }
  }
}
