public import CertificatePolicy
public import GatewayPKI
public import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile

/// Issues the certificates that plans request, with the CA keys of the signer Secret.
public struct CertificateMaker: Sendable {
  /// Creates a maker.
  public init() {}

  /// Returns the certificates that can be issued now, and the first error among the others: a leaf
  /// that its CA may not sign doesn't block the next CA. A serving certificate whose CA isn't on
  /// the hub yet waits for a later plan's request.
  public func fulfil(
    _ requests: [CertificateRequest], for state: InstallationState
  ) -> (issued: [IssuedCertificate], failure: PKIError?) {
    var issued: [IssuedCertificate] = []
    var failure: PKIError?
    for request in requests {
      do {
        if let certificate = try fulfil(request, for: state) { issued.append(certificate) }
      } catch {
        failure = failure ?? error
      }
    }
    return (issued, failure)
  }

  private func fulfil(
    _ request: CertificateRequest, for state: InstallationState
  ) throws(PKIError) -> IssuedCertificate? {
    var request = request
    switch request.purpose {
    case .authority: return try CertificateIssuer.fulfil(request, authority: nil)
    case .serving, .client, .peer:
      guard let signer = signer(request.issuerFingerprint, in: state) else { return nil }
      request.issuerFingerprint = signer.fingerprint
      return try CertificateIssuer.fulfil(
        request, authority: (certificatePEM: signer.certificate, keyPEM: signer.key))
    }
  }

  /// The authority with this fingerprint, or the one in force if `fingerprint` is `nil`.
  private func signer(
    _ fingerprint: String?, in state: InstallationState
  ) -> (fingerprint: String, certificate: SecretBytes, key: SecretBytes)? {
    let secret = state.objects.value(
      Secret.self, namespace: state.identity.namespace, name: state.identity.signerSecretName)
    guard let data = secret?.data else { return nil }
    let pairs = [
      (state.certificates.authority, SignerKey.certificate, SignerKey.key),
      (state.certificates.nextAuthority, SignerKey.nextCertificate, SignerKey.nextKey),
    ]
    for (observation, certificateKey, keyKey) in pairs {
      guard let leaf = observation.leaf, fingerprint == nil || leaf.fingerprint == fingerprint,
        let certificate = data[certificateKey], let key = data[keyKey]
      else { continue }
      return (leaf.fingerprint, certificate, key)
    }
    return nil
  }
}
