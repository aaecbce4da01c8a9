import CertificatePolicy

/// The values of the extensions (RFC 5280, section 4.2) that are used here, of a certificate or of
/// a request for one.
///
/// Everything that Go's crypto/x509 reads must be valid for Go; other extensions are skipped, and
/// listed where they are critical.
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
  /// The critical extensions that Go doesn't process, as dotted object identifiers.
  var unhandledCriticalExtensions: [String] = []

  /// The maximum number of extensions.
  static let limit = 64

  /// Creates empty values.
  init() {}

  /// Decodes Extensions: `reader` is at their SEQUENCE, after which nothing may follow.
  init(_ reader: DERReader) throws(DERReader.Malformed) {
    var reader = reader
    var extensions = try reader.enter(DERReader.Tag.sequence, "the list of extensions")
    try reader.finish("the list of extensions")
    var seen: [ArraySlice<UInt8>] = []
    repeat {
      var one = try extensions.enter(DERReader.Tag.sequence, "an extension")
      let identifier = try one.objectIdentifier("an extension's identifier")
      let isCritical =
        one.nextTag == DERReader.Tag.boolean ? try one.boolean("an extension's criticality") : false
      let value = try one.next(DERReader.Tag.octetString, "an extension's value")
      try one.finish("an extension")
      guard seen.count < ExtensionValues.limit else { throw .init(what: "there are too many extensions") }
      guard !seen.contains(identifier) else { throw .init(what: "an extension is there twice") }
      seen.append(identifier)
      if !(try read(identifier, one.inside(value), isCritical: isCritical)), isCritical {
        unhandledCriticalExtensions.append(ObjectIdentifier.text(identifier) ?? "unknown")
      }
    } while !extensions.isAtEnd
  }

  /// Decodes one extension; returns whether Go would process it too.
  private mutating func read(
    _ identifier: ArraySlice<UInt8>, _ value: DERReader, isCritical: Bool
  ) throws(DERReader.Malformed) -> Bool {
    func refuseCritical(_ what: String) throws(DERReader.Malformed) {
      if isCritical { throw .init(what: "\(what) is marked critical") }
    }
    var value = value
    var isHandled = true
    switch Array(identifier) {
    case ObjectIdentifier.basicConstraints: try readBasicConstraints(&value)
    case ObjectIdentifier.keyUsage: try readKeyUsages(&value)
    case ObjectIdentifier.extendedKeyUsage: try readExtendedKeyUsages(&value)
    case ObjectIdentifier.subjectAlternativeName: isHandled = try readAlternativeNames(&value)
    case ObjectIdentifier.nameConstraints: isHandled = try readNameConstraints(&value)
    case ObjectIdentifier.subjectKeyIdentifier:
      try refuseCritical("the subject key identifier")
      let identifier = try value.next(DERReader.Tag.octetString, "the subject key identifier")
      subjectKeyIdentifier = hexadecimal(value.content(identifier))
    case ObjectIdentifier.authorityKeyIdentifier:
      try refuseCritical("the authority key identifier")
      try readAuthorityKeyIdentifier(&value)
    case ObjectIdentifier.distributionPoints: try ExtensionValues.checkDistributionPoints(&value)
    case ObjectIdentifier.policies: try ExtensionValues.checkPolicies(&value)
    case ObjectIdentifier.policyMappings: try ExtensionValues.checkPolicyMappings(&value)
    case ObjectIdentifier.policyConstraints: try ExtensionValues.checkPolicyConstraints(&value)
    case ObjectIdentifier.inhibitAnyPolicy: _ = try value.shortInteger("the inhibited policies' depth")
    case ObjectIdentifier.authorityInformation:
      try refuseCritical("the authority information access")
      try ExtensionValues.checkAuthorityInformation(&value)
    default: return false
    }
    try value.finish("an extension's value")
    return isHandled
  }

  private mutating func readAuthorityKeyIdentifier(
    _ value: inout DERReader
  ) throws(DERReader.Malformed) {
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
    // An empty set of usages would be treated as no restriction.
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
