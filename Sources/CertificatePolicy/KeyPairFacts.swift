/// What a Secret's certificate chain and private key say together. The key itself is not here.
public struct KeyPairFacts: Sendable, Hashable {
  /// The certificates in the order of the file: the leaf, or the authority itself, first. Never empty when it
  /// was
  /// read from a Secret.
  public var chain: [CertificateFacts]
  /// Whether the private key belongs to the first certificate.
  public var keyMatches: Bool
  /// Fingerprints of those candidate authorities, given when the pair was read, whose name is the first
  /// certificate's issuer and whose key verifies its signature.
  public var signerFingerprints: Set<String>
  /// Why peers would refuse the first certificate, or what it signs as an authority, beyond what the other facts
  /// show, in words; empty where they wouldn't, or nobody verified it. Time is left aside.
  public var objections: [String]

  /// The facts given.
  public init(
    chain: [CertificateFacts], keyMatches: Bool, signerFingerprints: Set<String> = [],
    objections: [String] = []
  ) {
    self.chain = chain
    self.keyMatches = keyMatches
    self.signerFingerprints = signerFingerprints
    self.objections = objections
  }

  /// The first certificate: the one that the private key should belong to.
  public var leaf: CertificateFacts? { chain.first }
}

/// What was found where a certificate and its private key should be.
public enum KeyPairObservation: Sendable, Hashable {
  /// Neither certificate nor key.
  case absent
  /// Something that isn't a certificate chain with a private key. The reason is for people and holds no
  /// content.
  case unreadable(reason: String)
  /// A certificate chain and a private key.
  case readable(KeyPairFacts)

  /// The facts, where the pair is readable.
  public var facts: KeyPairFacts? {
    if case .readable(let facts) = self { facts } else { nil }
  }

  /// The first certificate, where the pair is readable.
  public var leaf: CertificateFacts? { facts?.leaf }
}
