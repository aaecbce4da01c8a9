/// The facts about a Secret's certificate chain and private key. The key itself is not included.
public struct KeyPairFacts: Sendable, Hashable {
  /// The certificates in the order of the file: the leaf, or the CA itself, first. Never empty when
  /// read from a Secret.
  public var chain: [CertificateFacts]
  /// Whether the private key belongs to the first certificate.
  public var keyMatches: Bool
  /// The fingerprints of the CAs that signed the first certificate, among those that were given
  /// when the pair was read. Such a CA's name is the certificate's issuer, and its key verifies the
  /// signature.
  public var signerFingerprints: Set<String>
  /// The reasons, for people, why peers would refuse the first certificate, or certificates that it
  /// signs as a CA, beyond what the other facts show; empty without reasons or without
  /// verification. Time is ignored.
  public var problems: [String]

  /// Creates facts.
  public init(
    chain: [CertificateFacts], keyMatches: Bool, signerFingerprints: Set<String> = [],
    problems: [String] = []
  ) {
    self.chain = chain
    self.keyMatches = keyMatches
    self.signerFingerprints = signerFingerprints
    self.problems = problems
  }

  /// The first certificate, to which the private key should belong.
  public var leaf: CertificateFacts? { chain.first }
}

/// The observation of a certificate and its private key.
public enum KeyPairObservation: Sendable, Hashable {
  /// There is neither a certificate nor a key.
  case absent
  /// The content isn't a certificate chain with a private key. The reason is for people and doesn't
  /// contain it.
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
