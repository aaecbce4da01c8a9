import COpenSSLShim
public import CertificatePolicy
public import KubeCore

/// An X.509 certificate that was read from DER, together with what it says.
///
/// `@unchecked Sendable`: the library's object isn't changed after `init`, and OpenSSL guards the extension
/// values that it
/// caches inside by a lock.
public final class Certificate: @unchecked Sendable, CustomStringConvertible {
  private let handle: OpaquePointer
  /// The certificate's bytes.
  public let der: [UInt8]
  /// What the certificate says.
  public let facts: CertificateFacts

  /// Reads one certificate in DER. Bytes after it, and encodings other than DER, are refused.
  public init(der: [UInt8]) throws(PKIError) {
    guard der.count <= PKILimits.certificateBytes else {
      throw PKIError(.tooLarge, "the certificate has more than \(PKILimits.certificateBytes) bytes")
    }
    ERR_clear_error()
    let (parsed, consumed) = der.withUnsafeBufferPointer { bytes -> (OpaquePointer?, Int) in
      var cursor = bytes.baseAddress
      let parsed = d2i_X509(nil, &cursor, bytes.count)
      guard let start = bytes.baseAddress, let cursor else { return (parsed, 0) }
      return (parsed, cursor - start)
    }
    guard let parsed else {
      throw PKIError.openSSL(.invalidCertificate, "the certificate cannot be decoded")
    }
    let facts: CertificateFacts
    do throws(PKIError) {
      guard consumed == der.count else {
        throw PKIError(.invalidCertificate, "the certificate is followed by other bytes")
      }
      guard try encoded("the certificate", { i2d_X509(parsed, $0) }) == der else {
        throw PKIError(.invalidCertificate, "the certificate is not encoded in DER")
      }
      facts = try FactsReader(certificate: parsed, der: der).facts()
      ERR_clear_error()
    } catch {
      X509_free(parsed)
      throw error
    }
    handle = parsed
    self.der = der
    self.facts = facts
  }

  deinit { X509_free(handle) }

  /// Reads the first certificate of a PEM text.
  public static func first(pem: SecretBytes) throws(PKIError) -> Certificate {
    guard let first = try chain(pem: pem).first else {
      throw PKIError(.invalidPEM, "there is no PEM block of a certificate")
    }
    return first
  }

  /// Reads the first certificate of a PEM text.
  public static func first(pem: String) throws(PKIError) -> Certificate {
    try first(pem: SecretBytes(utf8: pem))
  }

  /// Reads all certificates of a PEM text, in its order; at least one. Blocks of other kinds and text between
  /// them are passed over,
  /// a damaged certificate is an error. At most `PKILimits.certificateBytes` and `PKILimits.certificates` are
  /// read.
  public static func chain(pem: SecretBytes) throws(PKIError) -> [Certificate] {
    guard pem.count <= PKILimits.certificateBytes else {
      throw PKIError(.tooLarge, "the certificates have more than \(PKILimits.certificateBytes) bytes")
    }
    var chain: [Certificate] = []
    for entry in pem.withExposedBytes({ PEM.entries(in: $0) }) {
      let block = try entry.get()
      guard block.label == "CERTIFICATE" else { continue }
      guard chain.count < PKILimits.certificates else {
        throw PKIError(.tooLarge, "there are more than \(PKILimits.certificates) certificates")
      }
      chain.append(try Certificate(der: block.content.exposed()))
    }
    guard !chain.isEmpty else {
      throw PKIError(.invalidPEM, "there is no PEM block of a certificate")
    }
    return chain
  }

  /// The certificate in PEM, in canonical form.
  public var pem: String { facts.pem }

  /// Whether `authority` has this certificate's issuer for its subject, and its key verifies the signature.
  /// Says nothing about
  /// validity or about what the authority may do.
  public func isSigned(by authority: Certificate) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return withHandle { certificate in
      authority.withHandle { authority in
        guard X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(authority)) == 0,
          let key = X509_get0_pubkey(authority)
        else { return false }
        return X509_verify(certificate, key) == 1
      }
    }
  }

  /// Lends the public key; `nil` where it is of a kind that OpenSSL doesn't know.
  func withPublicKey<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
    withHandle { X509_get0_pubkey($0).map(body) }
  }

  /// Lends the library's object; it stays this object's.
  func withHandle<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result: Swift.Result<Result, Failure> = withExtendedLifetime(self) {
      do throws(Failure) { return .success(try body(handle)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Subject and serial number.
  public var description: String { "certificate \(facts.serialNumber) of \(facts.subject)" }
}
