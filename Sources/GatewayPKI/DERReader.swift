/// A reader of the elements of a DER encoding (X.690), one level at a time.
///
/// Only definite and shortest lengths and tags below 31 are accepted; nothing is read beyond the
/// end, whatever the bytes are.
struct DERReader {
  /// The error of bytes that are not DER, or not the expected element, for people.
  struct Malformed: Error {
    var what: String
  }

  /// An element: its tag, its start and the range of its content.
  struct Element {
    var tag: UInt8
    var start: Int
    var content: Range<Int>
    /// The range of header and content.
    var whole: Range<Int> { start..<content.upperBound }
  }

  /// Tags of the universal class, and context-specific ones by number.
  enum Tag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let objectIdentifier: UInt8 = 0x06
    static let utf8String: UInt8 = 0x0c
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static func primitive(_ number: UInt8) -> UInt8 { 0x80 | number }
    static func constructed(_ number: UInt8) -> UInt8 { 0xa0 | number }
  }

  let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// Creates a reader of the consecutive elements of `bytes`.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  /// Creates a reader of the elements inside `element`, which was read from the same bytes.
  private init(_ bytes: [UInt8], _ content: Range<Int>) {
    self.bytes = bytes
    position = content.lowerBound
    end = content.upperBound
  }

  /// Whether all elements have been read.
  var isAtEnd: Bool { position == end }

  /// The next element's tag; `nil` at the end.
  var nextTag: UInt8? { position < end ? bytes[position] : nil }

  /// The elements inside `element`, which was read from the same bytes.
  func inside(_ element: Element) -> DERReader { DERReader(bytes, element.content) }

  /// The bytes of an element's range.
  func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

  /// The content of an element.
  func content(_ element: Element) -> ArraySlice<UInt8> { bytes[element.content] }

  /// Reads the next element, of any tag.
  mutating func next() throws(Malformed) -> Element {
    let start = position
    let tag = try byte()
    guard tag & 0x1f != 0x1f else { throw Malformed(what: "a tag is above 30") }
    var length = Int(try byte())
    if length > 0x7f {
      let count = length & 0x7f
      // Three octets encode up to 16 MiB: more than any limit here.
      guard (1...3).contains(count) else { throw Malformed(what: "a length is indefinite or too great") }
      length = 0
      for _ in 0..<count { length = length << 8 | Int(try byte()) }
      guard length > 0x7f, length >> (8 * (count - 1)) != 0 else {
        throw Malformed(what: "a length is not in its shortest form")
      }
    }
    guard length <= end - position else { throw Malformed(what: "an element is longer than what holds it") }
    let content = position..<(position + length)
    position += length
    return Element(tag: tag, start: start, content: content)
  }

  private mutating func byte() throws(Malformed) -> UInt8 {
    guard position < end else { throw Malformed(what: "it ends in the middle of an element") }
    defer { position += 1 }
    return bytes[position]
  }

  /// Reads the next element, which must have this tag.
  mutating func next(_ tag: UInt8, _ what: StaticString) throws(Malformed) -> Element {
    guard nextTag == tag else { throw Malformed(what: "\(what) is missing") }
    return try next()
  }

  /// Reads the next element if it has this tag; otherwise reads nothing.
  mutating func optional(_ tag: UInt8) throws(Malformed) -> Element? {
    nextTag == tag ? try next() : nil
  }

  /// Reads the next element, which must have this tag, and returns the elements inside it.
  mutating func enter(_ tag: UInt8, _ what: StaticString) throws(Malformed) -> DERReader {
    inside(try next(tag, what))
  }

  /// Throws where elements follow the last expected one.
  func finish(_ what: StaticString) throws(Malformed) {
    guard isAtEnd else { throw Malformed(what: "\(what) is followed by other bytes") }
  }

  /// Reads the next element, a BOOLEAN.
  mutating func boolean(_ what: StaticString) throws(Malformed) -> Bool {
    let content = bytes(try next(Tag.boolean, what).content)
    switch (content.count, content.first) {
    case (1, 0): return false
    case (1, 0xff): return true
    default: throw Malformed(what: "\(what) is neither true nor false")
    }
  }

  /// Reads the next element, an INTEGER in its shortest form, with another tag where it is an
  /// implicit one.
  mutating func integer(
    _ what: StaticString, tag: UInt8 = Tag.integer
  ) throws(Malformed) -> ArraySlice<UInt8> {
    let content = bytes(try next(tag, what).content)
    guard let first = content.first else { throw Malformed(what: "\(what) has no octets") }
    if content.count > 1 {
      let second = content[content.startIndex + 1]
      guard !(first == 0 && second < 0x80), !(first == 0xff && second >= 0x80) else {
        throw Malformed(what: "\(what) is not in its shortest form")
      }
    }
    return content
  }

  /// Reads the next element, an INTEGER of at most 64 bits.
  mutating func shortInteger(
    _ what: StaticString, tag: UInt8 = Tag.integer
  ) throws(Malformed) -> ArraySlice<UInt8> {
    let content = try integer(what, tag: tag)
    guard content.count <= 8 else { throw Malformed(what: "\(what) is out of range") }
    return content
  }

  /// Reads the next element, an OBJECT IDENTIFIER, and returns its content octets.
  ///
  /// - Parameter takesLargeArcs: Whether arcs of more than 31 bits are accepted, as Go does only
  ///   for policies.
  mutating func objectIdentifier(
    _ what: StaticString, takesLargeArcs: Bool = false
  ) throws(Malformed) -> ArraySlice<UInt8> {
    let content = bytes(try next(Tag.objectIdentifier, what).content)
    guard let last = content.last, last < 0x80 else { throw Malformed(what: "\(what) is cut off") }
    var isFirstOfArc = true
    var arc: UInt32 = 0
    for byte in content {
      if isFirstOfArc, byte == 0x80 { throw Malformed(what: "\(what) is not in its shortest form") }
      guard takesLargeArcs || arc < 1 << 24 else {
        throw Malformed(what: "\(what) has a number of more than 31 bits")
      }
      arc = arc << 7 | UInt32(byte & 0x7f)
      isFirstOfArc = byte < 0x80
      if isFirstOfArc { arc = 0 }
    }
    return content
  }

  /// Reads the next element, a BIT STRING: its octets, and the number of unused bits in the last
  /// one, which must be zero.
  mutating func bitString(_ what: StaticString) throws(Malformed) -> (octets: [UInt8], unused: UInt8) {
    let content = bytes(try next(Tag.bitString, what).content)
    guard let unused = content.first, unused <= 7, unused == 0 || content.count > 1 else {
      throw Malformed(what: "\(what) has no valid number of unused bits")
    }
    let octets = Array(content.dropFirst())
    guard (octets.last ?? 0) & ~(0xff << unused) == 0 else {
      throw Malformed(what: "\(what) has unused bits that are not zero")
    }
    return (octets, unused)
  }
}

/// Object identifiers (X.690, section 8.19) as their content octets.
enum ObjectIdentifier {
  /// The dotted text of content octets that a ``DERReader`` has checked; `nil` where an arc has
  /// more than 63 bits.
  static func text(_ content: some Sequence<UInt8>) -> String? {
    var text = ""
    var arc: UInt64 = 0
    for byte in content {
      guard arc < 1 << 56 else { return nil }
      arc = arc << 7 | UInt64(byte & 0x7f)
      guard byte < 0x80 else { continue }
      if text.isEmpty {
        let first = min(arc / 40, 2)
        text = "\(first).\(arc - first * 40)"
      } else {
        text += ".\(arc)"
      }
      arc = 0
    }
    return text.isEmpty ? nil : text
  }

  static let commonName: [UInt8] = [0x55, 0x04, 0x03]
  static let organization: [UInt8] = [0x55, 0x04, 0x0a]
  static let subjectKeyIdentifier: [UInt8] = [0x55, 0x1d, 0x0e]
  static let keyUsage: [UInt8] = [0x55, 0x1d, 0x0f]
  static let subjectAlternativeName: [UInt8] = [0x55, 0x1d, 0x11]
  static let basicConstraints: [UInt8] = [0x55, 0x1d, 0x13]
  static let nameConstraints: [UInt8] = [0x55, 0x1d, 0x1e]
  static let distributionPoints: [UInt8] = [0x55, 0x1d, 0x1f]
  static let policies: [UInt8] = [0x55, 0x1d, 0x20]
  static let policyMappings: [UInt8] = [0x55, 0x1d, 0x21]
  static let authorityKeyIdentifier: [UInt8] = [0x55, 0x1d, 0x23]
  static let policyConstraints: [UInt8] = [0x55, 0x1d, 0x24]
  static let extendedKeyUsage: [UInt8] = [0x55, 0x1d, 0x25]
  static let inhibitAnyPolicy: [UInt8] = [0x55, 0x1d, 0x36]
  /// The arc id-kp, to which a purpose adds one octet.
  static let keyPurpose: [UInt8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03]
  /// The extensionRequest of PKCS #9 (RFC 2985, section 5.4.2).
  static let extensionRequest: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e]
  /// The arc of PKCS #1, to which an algorithm adds one octet.
  static let pkcs1: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]
  /// The ecPublicKey of X9.62.
  static let ellipticKey: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
  /// The arc ecdsa-with-SHA2 of X9.62, to which a digest adds one octet.
  static let ecdsaWithSHA2: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03]
  static let ecdsaWithSHA1: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]
  static let p256: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
  static let p384: [UInt8] = [0x2b, 0x81, 0x04, 0x00, 0x22]
  static let ed25519: [UInt8] = [0x2b, 0x65, 0x70]
  /// The id-dsa of X9.57.
  static let dsa: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]
  /// The arc of NIST's signature algorithms, to which ML-DSA adds one octet.
  static let nistSignature: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03]
  /// The extension id-pe-authorityInfoAccess.
  static let authorityInformation: [UInt8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01]
}
