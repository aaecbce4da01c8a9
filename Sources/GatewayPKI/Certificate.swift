import COpenSSLShim
public import CertificatePolicy
public import KubeCore
import Synchronization

/// An X.509 certificate decoded from DER, with its facts.
///
/// The facts are decoded without OpenSSL, which decodes the certificate only when a signature or a
/// chain is to be verified.
public final class Certificate: Sendable, CustomStringConvertible {
  /// OpenSSL's object. `@unchecked Sendable`: it isn't changed after its creation, and OpenSSL
  /// guards its cache of extension values by a lock.
  private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private let handle = Mutex<Handle?>(nil)
  /// The certificate's bytes.
  public let der: [UInt8]
  /// The decoded contents of the certificate.
  public let facts: CertificateFacts

  /// Decodes one certificate in DER. Trailing bytes and encodings other than DER are refused.
  public init(der: [UInt8]) throws(PKIError) {
    guard der.count <= PKILimits.certificateBytes else {
      throw PKIError(.tooLarge, "the certificate has more than \(PKILimits.certificateBytes) bytes")
    }
    facts = try CertificateDecoder.facts(der)
    self.der = der
  }

  deinit { handle.withLock { $0.map { X509_free($0.pointer) } } }

  /// Decodes the first certificate of a PEM text.
  public static func first(pem: SecretBytes) throws(PKIError) -> Certificate {
    guard let first = try chain(pem: pem).first else {
      throw PKIError(.invalidPEM, "there is no PEM block of a certificate")
    }
    return first
  }

  /// Decodes the first certificate of a PEM text.
  public static func first(pem: String) throws(PKIError) -> Certificate {
    try first(pem: SecretBytes(utf8: pem))
  }

  /// Decodes all certificates of a PEM text, in its order; at least one. Blocks of other kinds and
  /// text between them are skipped, an invalid certificate is an error. The limits are
  /// ``PKILimits/certificateBytes`` and ``PKILimits/certificates``.
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

  /// Whether `ca` has this certificate's issuer as its subject, and its key verifies the
  /// signature. Validity and permissions of the CA are not checked.
  public func isSigned(by ca: Certificate) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let isSigned = withHandle { certificate in
      ca.withHandle { ca in
        guard X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(ca)) == 0,
          let key = X509_get0_pubkey(ca)
        else { return false }
        return X509_verify(certificate, key) == 1
      }
    }
    return isSigned == true
  }

  /// Whether the public key is valid. Go's crypto/x509, and so an API server, refuses to parse a
  /// certificate whose key is a point outside of its curve.
  var hasSoundKey: Bool {
    guard let key = CertificateDecoder.subjectAndKey(der)?.key, PublicKeyInfo.kind(of: key) == .ecdsa else {
      return true
    }
    ERR_clear_error()
    defer { ERR_clear_error() }
    let decoded = key.withUnsafeBufferPointer { bytes in
      var cursor = bytes.baseAddress
      return d2i_PUBKEY(nil, &cursor, bytes.count)
    }
    EVP_PKEY_free(decoded)
    return decoded != nil
  }

  /// Calls `body` with the public key; `nil` where OpenSSL doesn't support its kind.
  func withPublicKey<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
    withHandle { X509_get0_pubkey($0).map(body) } ?? nil
  }

  /// Calls `body` with OpenSSL's object, which this object keeps; `nil` where OpenSSL can't decode
  /// the certificate.
  func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
    let handle = handle.withLock { handle in
      if handle == nil {
        handle = der.withUnsafeBufferPointer { bytes in
          var cursor = bytes.baseAddress
          return d2i_X509(nil, &cursor, bytes.count).map(Handle.init)
        }
      }
      return handle
    }
    return withExtendedLifetime(self) { handle.map { body($0.pointer) } }
  }

  /// The serial number and the subject.
  public var description: String { "certificate \(facts.serialNumber) of \(facts.subject)" }
}
