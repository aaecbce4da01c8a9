/// A subject's or issuer's name (RFC 5280, section 4.1.2.4).
struct DistinguishedName {
  /// The name in the notation of RFC 4514: the last part first, non-ASCII characters unescaped.
  var text: String
  /// The last common name.
  var commonName: String?
  /// The last organization.
  var organization: String?

  /// Decodes a Name; `what` names it in errors.
  ///
  /// Its strings must be ones that Go's crypto/x509, and so an API server, accepts.
  init(
    _ reader: DERReader, element: DERReader.Element, what: StaticString
  ) throws(DERReader.Malformed) {
    var relativeNames: [String] = []
    var relatives = reader.inside(element)
    while !relatives.isAtEnd {
      var attributes = try relatives.enter(DERReader.Tag.set, "a part of a name")
      var parts: [String] = []
      repeat {
        var attribute = try attributes.enter(DERReader.Tag.sequence, "an attribute of a name")
        let type = try attribute.objectIdentifier("an attribute's type")
        let value = try attribute.next()
        try attribute.finish("an attribute of a name")
        let text = try DistinguishedName.string(tag: value.tag, content: attribute.content(value), what: what)
        if type.elementsEqual(ObjectIdentifier.commonName) { commonName = text }
        if type.elementsEqual(ObjectIdentifier.organization) { organization = text }
        if let name = DistinguishedName.shortName(type) {
          parts.append("\(name)=\(DistinguishedName.escaped(text))")
        } else {
          let type = ObjectIdentifier.text(type) ?? "?"
          parts.append("\(type)=#\(hexadecimal(attribute.bytes(value.whole)).uppercased())")
        }
      } while !attributes.isAtEnd
      relativeNames.append(parts.joined(separator: "+"))
    }
    text = relativeNames.reversed().joined(separator: ",")
  }

  /// The short names of RFC 4514, section 3; other types are written as dotted object identifiers.
  private static func shortName(_ type: ArraySlice<UInt8>) -> String? {
    if type.count == 3, type.starts(with: [0x55, 0x04]) {
      return switch type.last {
      case 3: "CN"
      case 6: "C"
      case 7: "L"
      case 8: "ST"
      case 9: "STREET"
      case 10: "O"
      case 11: "OU"
      default: nil
      }
    }
    let pilot: [UInt8] = [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01]
    guard type.count == 10, type.starts(with: pilot) else { return nil }
    return type.last == 1 ? "UID" : type.last == 25 ? "DC" : nil
  }

  /// The text of a string of any of the types that names use.
  private static func string(
    tag: UInt8, content: ArraySlice<UInt8>, what: StaticString
  ) throws(DERReader.Malformed) -> String {
    func latin(_ type: String, where isAllowed: (UInt8) -> Bool) throws(DERReader.Malformed) -> String {
      if let byte = content.first(where: { !isAllowed($0) }) {
        let character =
          (0x21...0x7e).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "the octet 0x\(hexadecimal([byte]))"
        throw .init(what: "\(what) has \(character) in a string of type \(type)")
      }
      return String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) }))
    }
    switch tag {
    case DERReader.Tag.utf8String:
      if let text = String(validating: content, as: UTF8.self) { return text }
      throw .init(what: "\(what) has a UTF8String that is not UTF-8")
    case 0x12: return try latin("NumericString") { isDigit($0) || $0 == UInt8(ascii: " ") }
    case 0x13: return try latin("PrintableString", where: isPrintable)
    // Decoded as Latin-1.
    case 0x14: return try latin("T61String") { _ in true }
    case 0x16: return try latin("IA5String") { $0 < 0x80 }
    case 0x1e:
      if let text = basicMultilingual(content) { return text }
      throw .init(what: "\(what) has a malformed BMPString")
    case 0x1c: throw .init(what: "\(what) has a UniversalString")
    default: throw .init(what: "\(what) contains a value that is not a string")
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Whether a PrintableString (X.680, section 41.4) may contain a character; `*` and `&` are
  /// accepted because they are common.
  private static func isPrintable(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || " '()+,-./:=?*&".utf8.contains(byte)
  }

  /// The text of a BMPString (X.680, section 41), without surrogates and non-characters.
  private static func basicMultilingual(_ content: ArraySlice<UInt8>) -> String? {
    guard content.count % 2 == 0 else { return nil }
    var text = String.UnicodeScalarView()
    for start in stride(from: content.startIndex, to: content.endIndex, by: 2) {
      let value = UInt16(content[start]) << 8 | UInt16(content[start + 1])
      guard let scalar = Unicode.Scalar(value), !(0xfdd0...0xfdef).contains(value), value < 0xfffe else {
        return nil
      }
      text.append(scalar)
    }
    return String(text)
  }

  /// The text escaped by RFC 4514, section 2.4; control characters become `\0A` and the like.
  private static func escaped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: { !isPlain($0) }) else { return text }
    var out = String.UnicodeScalarView()
    var index = scalars.startIndex
    while index != scalars.endIndex {
      let scalar = scalars[index]
      let isFirst = index == scalars.startIndex
      scalars.formIndex(after: &index)
      switch scalar {
      case ",", "+", "\"", "\\", "<", ">", ";": out.append(contentsOf: ["\\", scalar])
      case "#" where isFirst, " " where isFirst || index == scalars.endIndex:
        out.append(contentsOf: ["\\", scalar])
      case "\0"..<" ", "\u{7f}":
        out.append("\\")
        out += hexadecimal([UInt8(truncatingIfNeeded: scalar.value)]).uppercased().unicodeScalars
      default: out.append(scalar)
      }
    }
    return String(out)
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", ":", "_", "/", "*": true
    default: false
    }
  }

  /// The Name of an organization, if any, and a common name.
  static func element(commonName: String, organization: String?) -> [UInt8] {
    func part(_ type: [UInt8], _ text: String) -> [UInt8] {
      DER.set(
        DER.sequence(DER.objectIdentifier(type), DER.element(DERReader.Tag.utf8String, Array(text.utf8))))
    }
    return DER.sequence(
      (organization.map { [part(ObjectIdentifier.organization, $0)] } ?? [])
        + (commonName.isEmpty ? [] : [part(ObjectIdentifier.commonName, commonName)]))
  }
}
