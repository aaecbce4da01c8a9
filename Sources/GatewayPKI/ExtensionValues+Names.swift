import KubeCore

// Names: those of a certificate, and those that a CA may certify.
extension ExtensionValues {
  /// Decodes SubjectAltName (RFC 5280, section 4.2.1.6); returns whether it contains a name of a
  /// kind that Go reads.
  mutating func readAlternativeNames(_ value: inout DERReader) throws(DERReader.Malformed) -> Bool {
    var names = try value.enter(DERReader.Tag.sequence, "the subject alternative names")
    var isHandled = false
    while !names.isAtEnd {
      let name = try names.next()
      let content = names.content(name)
      func require(_ isSound: Bool, _ what: String) throws(DERReader.Malformed) {
        guard isSound else {
          throw .init(what: "the subject alternative names have \(what) that is malformed")
        }
        isHandled = true
      }
      switch name.tag {
      case DERReader.Tag.primitive(1): try require(NameSyntax.isASCII(content), "an email address")
      case DERReader.Tag.primitive(2):
        try require(NameSyntax.isASCII(content), "a DNS name")
        dnsNames.append(String(decoding: content, as: UTF8.self))
      case DERReader.Tag.primitive(6):
        try require(NameSyntax.isASCII(content) && NameSyntax.isURI(content), "a URI")
        uris.append(String(decoding: content, as: UTF8.self))
      case DERReader.Tag.primitive(7):
        let address = IPAddress(bytes: content)
        try require(address != nil && !ExtensionValues.isMapped(content), "an IP address")
        if let address { ipAddresses.append(address.description) }
      // Other kinds of names are ignored: otherName, x400Address, directoryName, ediPartyName,
      // registeredID.
      case DERReader.Tag.primitive(8), DERReader.Tag.constructed(0), DERReader.Tag.constructed(3),
        DERReader.Tag.constructed(4), DERReader.Tag.constructed(5):
        break
      default: throw .init(what: "a subject alternative name is of an unknown kind")
      }
    }
    return isHandled
  }

  /// Whether 16 octets are an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2).
  private static func isMapped(_ address: ArraySlice<UInt8>) -> Bool {
    address.count == 16 && address.prefix(10).allSatisfy { $0 == 0 }
      && address.dropFirst(10).prefix(2).elementsEqual([0xff, 0xff])
  }

  /// Decodes NameConstraints (RFC 5280, section 4.2.1.10); returns whether all are of kinds that Go
  /// reads.
  mutating func readNameConstraints(_ value: inout DERReader) throws(DERReader.Malformed) -> Bool {
    var constraints = try value.enter(DERReader.Tag.sequence, "the name constraints")
    var isHandled = true
    var isEmpty = true
    for list in [DERReader.Tag.constructed(0), DERReader.Tag.constructed(1)] {
      guard let element = try constraints.optional(list) else { continue }
      var subtrees = constraints.inside(element)
      while !subtrees.isAtEnd {
        isEmpty = false
        var subtree = try subtrees.enter(DERReader.Tag.sequence, "a name constraint")
        let base = try subtree.next()
        let content = subtree.content(base)
        if try !ExtensionValues.checkConstraint(base.tag, content) { isHandled = false }
        if base.tag == DERReader.Tag.primitive(2), list == DERReader.Tag.constructed(0) {
          permittedDNSDomains.append(String(decoding: content, as: UTF8.self))
        }
        while !subtree.isAtEnd { _ = try subtree.next() }
      }
    }
    try constraints.finish("the name constraints")
    guard !isEmpty else { throw .init(what: "the name constraints are empty") }
    return isHandled
  }

  /// Throws for a malformed constraint; returns whether it is of a kind that Go reads.
  private static func checkConstraint(
    _ tag: UInt8, _ content: ArraySlice<UInt8>
  ) throws(DERReader.Malformed) -> Bool {
    func isDomain() -> Bool { NameSyntax.isDomain(content, isConstraint: true) }
    let (isSound, kind): (Bool, String)
    switch tag {
    case DERReader.Tag.primitive(1):
      let isMailbox = content.contains(UInt8(ascii: "@"))
      (isSound, kind) = (isMailbox ? NameSyntax.isMailbox(content) : isDomain(), "email addresses")
    case DERReader.Tag.primitive(2): (isSound, kind) = (isDomain(), "DNS names")
    case DERReader.Tag.primitive(6):
      let isAddress = IPAddress(String(decoding: content, as: UTF8.self)) != nil
      (isSound, kind) = (isDomain() && !isAddress, "URIs")
    case DERReader.Tag.primitive(7):
      let half = content.count / 2
      let isRange = content.count == 8 || content.count == 32
      (isSound, kind) = (
        isRange && isMask(content.dropFirst(half)) && !isMapped(content.prefix(half)), "IP addresses"
      )
    default: return false
    }
    guard isSound, NameSyntax.isASCII(content) || tag == DERReader.Tag.primitive(7) else {
      throw .init(what: "the name constraints have one for \(kind) that is malformed")
    }
    return true
  }

  /// Whether all set bits precede all others.
  private static func isMask(_ octets: ArraySlice<UInt8>) -> Bool {
    let rest = octets.drop { $0 == 0xff }
    let zeros = ~(rest.first ?? 0)
    return zeros & (zeros &+ 1) == 0 && rest.dropFirst().allSatisfy { $0 == 0 }
  }
}
