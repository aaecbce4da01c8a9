/// A writer of DER encodings (X.690): each function returns one element, header and content.
enum DER {
  static func element(_ tag: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
    let count = content.count
    var out: [UInt8] = []
    out.reserveCapacity(count + 6)
    out.append(tag)
    if count < 0x80 {
      out.append(UInt8(truncatingIfNeeded: count))
    } else {
      let octets = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> $0) }
        .drop { $0 == 0 }
      out.append(0x80 | UInt8(truncatingIfNeeded: octets.count))
      out += octets
    }
    out += content
    return out
  }

  static func sequence(_ elements: [UInt8]...) -> [UInt8] {
    element(DERReader.Tag.sequence, elements.flatMap { $0 })
  }

  static func sequence(_ elements: [[UInt8]]) -> [UInt8] {
    element(DERReader.Tag.sequence, elements.flatMap { $0 })
  }

  /// A SET OF one element, which needs no sorting.
  static func set(_ element: [UInt8]) -> [UInt8] { DER.element(DERReader.Tag.set, element) }

  static func objectIdentifier(_ content: [UInt8]) -> [UInt8] {
    element(DERReader.Tag.objectIdentifier, content)
  }

  static func octetString(_ content: some Collection<UInt8>) -> [UInt8] {
    element(DERReader.Tag.octetString, content)
  }

  static func bitString(_ octets: some Collection<UInt8>, unused: UInt8 = 0) -> [UInt8] {
    element(DERReader.Tag.bitString, [unused] + octets)
  }

  static func boolean(_ value: Bool) -> [UInt8] { element(DERReader.Tag.boolean, [value ? 0xff : 0]) }

  static func integer(_ value: UInt8) -> [UInt8] { unsignedInteger([value]) }

  /// The INTEGER of an unsigned number's octets, the most significant first.
  static func unsignedInteger(_ octets: some Collection<UInt8>) -> [UInt8] {
    var content = Array(octets.drop { $0 == 0 })
    if content.first ?? 0x80 >= 0x80 { content.insert(0, at: 0) }
    return element(DERReader.Tag.integer, content)
  }

  static var null: [UInt8] { [DERReader.Tag.null, 0] }
}
