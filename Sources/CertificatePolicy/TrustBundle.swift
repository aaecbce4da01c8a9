public import struct Foundation.Date

/// The authorities that a client trusts, as in an APIService's `caBundle`: no duplicates, and always in the
/// same order, so that equal
/// bundles are equal texts.
public struct TrustBundle: Sendable, Hashable {
  /// The certificates, by fingerprint.
  public let certificates: [CertificateFacts]
  /// How many blocks of the text that was read are no certificates.
  public let unreadable: Int

  /// The bundle of these certificates.
  public init(_ certificates: some Sequence<CertificateFacts>, unreadable: Int = 0) {
    var seen: Set<String> = []
    self.certificates = certificates.filter { seen.insert($0.fingerprint).inserted }
      .sorted { $0.fingerprint < $1.fingerprint }
    self.unreadable = unreadable
  }

  /// The bundle in PEM; empty where it holds no certificate.
  public var pem: String { certificates.map(\.pem).joined() }

  /// The bundle without what has expired at `now`.
  public func unexpired(at now: Date) -> TrustBundle {
    TrustBundle(certificates.filter { $0.notAfter >= now })
  }

  /// Whether the bundle holds the certificate of this fingerprint.
  public func contains(fingerprint: String) -> Bool {
    certificates.contains { $0.fingerprint == fingerprint }
  }
}
