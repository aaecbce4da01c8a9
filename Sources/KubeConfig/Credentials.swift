public import KubeCore

/// The credentials of a ``ClientConfiguration`` at one moment, from files and plugin.
public struct Credentials: Sendable, Hashable {
  /// The value of the `Authorization` header, where there is one.
  public var authorization: SecretBytes?
  /// The certificates and keys for TLS.
  public var tls: TLSMaterial

  /// Creates credentials.
  public init(authorization: SecretBytes? = nil, tls: TLSMaterial) {
    self.authorization = authorization
    self.tls = tls
  }
}

/// The certificates that a TLS client verifies the server with and authenticates itself with; all
/// PEM.
public struct TLSMaterial: Sendable, Hashable {
  /// The verification of the server's certificate.
  public enum Trust: Sendable, Hashable {
    /// The CAs that the operating system trusts.
    case system
    /// The CAs in these PEM bytes, and no others; at least one.
    case caBundle([UInt8])
    /// No verification of the server.
    case insecureSkipVerification
  }

  /// The verification of the server's certificate.
  public var trust: Trust
  /// The client certificate with its intermediates.
  public var certificate: [UInt8]?
  /// The client certificate's key.
  public var key: SecretBytes?

  /// Creates material for TLS.
  public init(trust: Trust, certificate: [UInt8]? = nil, key: SecretBytes? = nil) {
    self.trust = trust
    self.certificate = certificate
    self.key = key
  }
}
