public import KubeCore

/// The CAs that a client trusts, as in an APIService's `caBundle`: without duplicates and always in
/// the same order, so that equal bundles are equal texts.
public struct TrustBundle: Sendable, Hashable {
  /// The certificates, by fingerprint.
  public let certificates: [CertificateFacts]
  /// The number of unreadable blocks in the text.
  public let unreadable: Int

  /// Creates the bundle of these certificates.
  public init(_ certificates: some Sequence<CertificateFacts>, unreadable: Int = 0) {
    var seen: Set<String> = []
    self.certificates = certificates.filter { seen.insert($0.fingerprint).inserted }
      .sorted { $0.fingerprint < $1.fingerprint }
    self.unreadable = unreadable
  }

  /// The bundle in PEM; empty without certificates.
  public var pem: String { certificates.map(\.pem).joined() }

  /// The bundle without certificates that have expired at `now`.
  public func unexpired(at now: Date) -> TrustBundle {
    TrustBundle(certificates.filter { $0.notAfter >= now })
  }

  /// Whether the bundle contains the certificate with this fingerprint.
  public func contains(fingerprint: String) -> Bool {
    certificates.contains { $0.fingerprint == fingerprint }
  }
}
