public import KubeCore

/// The credentials of a `ClientConfiguration` as they are at one moment: files read, plugin run.
public struct Credentials: Sendable, Hashable {
  /// The value of the `Authorization` header, where there is one.
  public var authorization: SecretBytes?
  /// What TLS needs.
  public var tls: TLSMaterial

  /// Credentials.
  public init(authorization: SecretBytes? = nil, tls: TLSMaterial) {
    self.authorization = authorization
    self.tls = tls
  }
}

/// What a TLS client needs to verify the server and to show who it is itself; all PEM.
public struct TLSMaterial: Sendable, Hashable {
  /// Whose word is taken for who the server is.
  public enum Trust: Sendable, Hashable {
    /// The certificate authorities that the operating system trusts.
    case system
    /// The certificate authorities in these PEM bytes, and no others; at least one.
    case authorities([UInt8])
    /// Nobody's: the server is not verified.
    case insecureSkipVerification
  }

  /// Whose word is taken for who the server is.
  public var trust: Trust
  /// The client certificate with its intermediates.
  public var certificate: [UInt8]?
  /// The client certificate's key.
  public var key: SecretBytes?

  /// Material for TLS.
  public init(trust: Trust, certificate: [UInt8]? = nil, key: SecretBytes? = nil) {
    self.trust = trust
    self.certificate = certificate
    self.key = key
  }
}
