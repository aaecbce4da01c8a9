// Extensions that Go reads and that aren't used here: only their form matters.
extension ExtensionValues {
  /// Throws for CRLDistributionPoints (RFC 5280, section 4.2.1.13) that Go doesn't accept: names
  /// must be full ones.
  static func checkDistributionPoints(_ value: inout DERReader) throws(DERReader.Malformed) {
    var points = try value.enter(DERReader.Tag.sequence, "the CRL distribution points")
    while !points.isAtEnd {
      var point = try points.enter(DERReader.Tag.sequence, "a CRL distribution point")
      guard let name = try point.optional(DERReader.Tag.constructed(0)) else { continue }
      var inner = point.inside(name)
      var names = try inner.enter(DERReader.Tag.constructed(0), "a CRL distribution point's full name")
      while !names.isAtEnd { _ = try names.next() }
    }
  }

  /// Throws for a malformed AuthorityInfoAccess (RFC 5280, section 4.2.2.1).
  static func checkAuthorityInformation(_ value: inout DERReader) throws(DERReader.Malformed) {
    var descriptions = try value.enter(DERReader.Tag.sequence, "the authority information access")
    while !descriptions.isAtEnd {
      var description = try descriptions.enter(DERReader.Tag.sequence, "an authority information access")
      _ = try description.objectIdentifier("an authority information access's method")
      if !description.isAtEnd { _ = try description.next() }
    }
  }

  /// Throws for CertificatePolicies (RFC 5280, section 4.2.1.4) that are malformed or contain one
  /// twice.
  static func checkPolicies(_ value: inout DERReader) throws(DERReader.Malformed) {
    var policies = try value.enter(DERReader.Tag.sequence, "the certificate policies")
    var seen: Set<ArraySlice<UInt8>> = []
    while !policies.isAtEnd {
      var policy = try policies.enter(DERReader.Tag.sequence, "a certificate policy")
      let identifier = try policy.objectIdentifier("a certificate policy", takesLargeArcs: true)
      guard seen.insert(identifier).inserted else { throw .init(what: "a certificate policy is there twice") }
    }
  }

  /// Throws for malformed PolicyMappings (RFC 5280, section 4.2.1.5).
  static func checkPolicyMappings(_ value: inout DERReader) throws(DERReader.Malformed) {
    var mappings = try value.enter(DERReader.Tag.sequence, "the policy mappings")
    while !mappings.isAtEnd {
      var mapping = try mappings.enter(DERReader.Tag.sequence, "a policy mapping")
      for _ in 0..<2 { _ = try mapping.next(DERReader.Tag.objectIdentifier, "a mapped policy") }
    }
  }

  /// Throws for malformed PolicyConstraints (RFC 5280, section 4.2.1.11).
  static func checkPolicyConstraints(_ value: inout DERReader) throws(DERReader.Malformed) {
    var constraints = try value.enter(DERReader.Tag.sequence, "the policy constraints")
    for tag in [DERReader.Tag.primitive(0), DERReader.Tag.primitive(1)] where constraints.nextTag == tag {
      _ = try constraints.shortInteger("a policy constraint", tag: tag)
    }
    try constraints.finish("the policy constraints")
  }
}
