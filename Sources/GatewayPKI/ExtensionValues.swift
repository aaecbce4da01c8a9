import CertificatePolicy

/// The values of those extensions (RFC 5280, section 4.2) that are looked at here, of a certificate or of a
/// request for one. The others are passed over; a client judges those.
struct ExtensionValues {
  var isCA = false
  var pathLength: Int?
  var keyUsages: Set<KeyUsage> = []
  var extendedKeyUsages: Set<ExtendedKeyUsage> = []
  var dnsNames: [String] = []
  var ipAddresses: [String] = []
  var uris: [String] = []
  var permittedDNSDomains: [String] = []
  var subjectKeyIdentifier: String?
  var authorityKeyIdentifier: String?

  /// The most extensions that are read.
  static let limit = 64

  /// No extensions.
  init() {}

  /// Reads Extensions: `reader` stands before their SEQUENCE, and nothing comes after it.
  init(_ reader: DERReader) throws(DERReader.Malformed) {
    var reader = reader
    var extensions = try reader.enter(DERReader.Tag.sequence, "the list of extensions")
    try reader.finish("the list of extensions")
    var seen: [ArraySlice<UInt8>] = []
    repeat {
      var one = try extensions.enter(DERReader.Tag.sequence, "an extension")
      let identifier = try one.objectIdentifier("an extension's identifier")
      if one.nextTag == DERReader.Tag.boolean { _ = try one.boolean("an extension's criticality") }
      let value = try one.next(DERReader.Tag.octetString, "an extension's value")
      try one.finish("an extension")
      guard seen.count < ExtensionValues.limit else { throw .init(what: "there are too many extensions") }
      guard !seen.contains(identifier) else { throw .init(what: "an extension is there twice") }
      seen.append(identifier)
      try read(identifier, one.inside(value))
    } while !extensions.isAtEnd
  }

  private mutating func read(
    _ identifier: ArraySlice<UInt8>, _ value: DERReader
  ) throws(DERReader.Malformed) {
    // All of them are id-ce and one octet.
    guard identifier.count == 3, identifier.starts(with: [0x55, 0x1d]), let last = identifier.last else {
      return
    }
    var value = value
    switch last {
    case ObjectIdentifier.basicConstraints[2]: try readBasicConstraints(&value)
    case ObjectIdentifier.keyUsage[2]: try readKeyUsages(&value)
    case ObjectIdentifier.extendedKeyUsage[2]: try readExtendedKeyUsages(&value)
    case ObjectIdentifier.subjectAlternativeName[2]: try readAlternativeNames(&value)
    case ObjectIdentifier.nameConstraints[2]: try readNameConstraints(&value)
    case ObjectIdentifier.subjectKeyIdentifier[2]:
      let identifier = try value.next(DERReader.Tag.octetString, "the subject key identifier")
      subjectKeyIdentifier = hexadecimal(value.content(identifier))
    case ObjectIdentifier.authorityKeyIdentifier[2]:
      var parts = try value.enter(DERReader.Tag.sequence, "the authority key identifier")
      if let identifier = try parts.optional(DERReader.Tag.primitive(0)) {
        authorityKeyIdentifier = hexadecimal(parts.content(identifier))
      }
      if let issuer = try parts.optional(DERReader.Tag.constructed(1)) {
        var names = parts.inside(issuer)
        while !names.isAtEnd { _ = try names.next() }
      }
      _ = try parts.optional(DERReader.Tag.primitive(2))
      try parts.finish("the authority key identifier")
    default: return
    }
    try value.finish("an extension's value")
  }

  private mutating func readBasicConstraints(_ value: inout DERReader) throws(DERReader.Malformed) {
    var constraints = try value.enter(DERReader.Tag.sequence, "the basic constraints")
    if constraints.nextTag == DERReader.Tag.boolean { isCA = try constraints.boolean("the CA flag") }
    if !constraints.isAtEnd {
      let number = try constraints.integer("the path length")
      guard number.count <= 4, let first = number.first, first < 0x80 else {
        throw .init(what: "the path length is out of range")
      }
      pathLength = number.reduce(0) { $0 << 8 | Int($1) }
    }
    try constraints.finish("the basic constraints")
  }

  private mutating func readKeyUsages(_ value: inout DERReader) throws(DERReader.Malformed) {
    let (octets, _) = try value.bitString("the key usage")
    keyUsages = Set(
      KeyUsage.allCases.filter { usage in
        usage.bit / 8 < octets.count && octets[usage.bit / 8] & (0x80 >> UInt8(usage.bit % 8)) != 0
      })
    // No usages at all would be taken for no restriction at all.
    guard !keyUsages.isEmpty else { throw .init(what: "the key usage allows nothing") }
  }

  private mutating func readExtendedKeyUsages(_ value: inout DERReader) throws(DERReader.Malformed) {
    var purposes = try value.enter(DERReader.Tag.sequence, "the extended key usage")
    repeat {
      let purpose = try purposes.objectIdentifier("a purpose of the extended key usage")
      let text = ObjectIdentifier.text(purpose) ?? "0x" + hexadecimal(purpose)
      extendedKeyUsages.insert(ExtendedKeyUsage(rawValue: text))
    } while !purposes.isAtEnd
  }

  private mutating func readAlternativeNames(_ value: inout DERReader) throws(DERReader.Malformed) {
    var names = try value.enter(DERReader.Tag.sequence, "the subject alternative names")
    while !names.isAtEnd {
      let name = try names.next()
      let content = names.content(name)
      switch name.tag {
      case DERReader.Tag.primitive(2): dnsNames.append(String(decoding: content, as: UTF8.self))
      case DERReader.Tag.primitive(6): uris.append(String(decoding: content, as: UTF8.self))
      case DERReader.Tag.primitive(7):
        ipAddresses.append(IPAddress(bytes: content)?.description ?? "0x" + hexadecimal(content))
      // Other kinds of names are nobody's concern here: otherName, rfc822Name, x400Address, directoryName,
      // ediPartyName, registeredID.
      case DERReader.Tag.primitive(1), DERReader.Tag.primitive(8), DERReader.Tag.constructed(0),
        DERReader.Tag.constructed(3), DERReader.Tag.constructed(4), DERReader.Tag.constructed(5):
        break
      default: throw .init(what: "a subject alternative name is of no kind that there is")
      }
    }
  }

  private mutating func readNameConstraints(_ value: inout DERReader) throws(DERReader.Malformed) {
    var constraints = try value.enter(DERReader.Tag.sequence, "the name constraints")
    if let permitted = try constraints.optional(DERReader.Tag.constructed(0)) {
      var subtrees = constraints.inside(permitted)
      while !subtrees.isAtEnd {
        var subtree = try subtrees.enter(DERReader.Tag.sequence, "a name constraint")
        let base = try subtree.next()
        if base.tag == DERReader.Tag.primitive(2) {
          permittedDNSDomains.append(String(decoding: subtree.content(base), as: UTF8.self))
        }
        while !subtree.isAtEnd { _ = try subtree.next() }
      }
    }
    if let excluded = try constraints.optional(DERReader.Tag.constructed(1)) {
      var subtrees = constraints.inside(excluded)
      while !subtrees.isAtEnd { _ = try subtrees.next(DERReader.Tag.sequence, "a name constraint") }
    }
    try constraints.finish("the name constraints")
  }
}

extension KeyUsage {
  /// The bit's number in the extension (RFC 5280, section 4.2.1.3).
  var bit: Int {
    switch self {
    case .digitalSignature: 0
    case .contentCommitment: 1
    case .keyEncipherment: 2
    case .dataEncipherment: 3
    case .keyAgreement: 4
    case .keyCertSign: 5
    case .cRLSign: 6
    case .encipherOnly: 7
    case .decipherOnly: 8
    }
  }
}
