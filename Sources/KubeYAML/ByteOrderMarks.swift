#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// UTF-8 byte order marks, which may precede each document of a stream (YAML 1.2.2, production
/// 202), as in concatenated files of some editors. libyaml handles only the one at the beginning of
/// the stream.
enum ByteOrderMarks {
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The text without the marks before its documents; `nil` where there are none.
  ///
  /// A mark counts as one before a document at the beginning of a line that begins a document's
  /// content or is a document marker; anywhere else it is part of the text.
  static func removed(from text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard holdsMark(text) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var isBeforeContent = true
    var rest = text[...]
    while !rest.isEmpty {
      var line = rest.prefix { $0 != 0x0A }
      rest = rest[line.endIndex...]
      let unmarked = line.drop(while: mark)
      let isMarker = isDocumentMarker(unmarked)
      if isBeforeContent || isMarker { line = unmarked }
      result += line
      if let newline = rest.popFirst() { result.append(newline) }
      isBeforeContent = isMarker || isBeforeContent && isBlankOrComment(line)
    }
    return result.count == text.count ? nil : result
  }

  private static func holdsMark(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    while start < text.count, let base = text.baseAddress,
      let found = memchr(base + start, Int32(mark[0]), text.count - start)
    {
      let offset = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
      if text[offset...].starts(with: mark) { return true }
      start = offset + 1
    }
    return false
  }

  /// Whether a line is `---` or `...`, with or without text after a space.
  private static func isDocumentMarker(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    guard line.starts(with: "---".utf8) || line.starts(with: "...".utf8) else { return false }
    let next = line.dropFirst(3).first
    return next == nil || next == 0x20 || next == 0x09 || next == 0x0D
  }

  private static func isBlankOrComment(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let visible = line.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    return visible.isEmpty || visible.first == UInt8(ascii: "#")
  }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
  /// The rest after any number of occurrences of `prefix` at the beginning.
  fileprivate func drop(while prefix: [UInt8]) -> Self {
    var rest = self
    while rest.starts(with: prefix) { rest = rest.dropFirst(prefix.count) }
    return rest
  }
}
