public import CertificatePolicy
public import GatewayPKI
public import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile

extension CertificateIssuer {
  /// Issues the certificates that a plan requests, with the CA keys of the signer Secret.
  ///
  /// Returns the certificates that can be issued now, and the first error among the others: a leaf
  /// that its CA may not sign doesn't block the next CA. A serving certificate whose CA isn't on
  /// the hub yet waits for a later plan's request.
  public static func issue(
    _ requests: [IssuanceRequest], for state: InstallationState
  ) -> (issued: [IssuedCertificate], failure: PKIError?) {
    var issued: [IssuedCertificate] = []
    var failure: PKIError?
    for request in requests {
      do {
        if let certificate = try issue(request, for: state) { issued.append(certificate) }
      } catch {
        failure = failure ?? error
      }
    }
    return (issued, failure)
  }

  private static func issue(
    _ request: IssuanceRequest, for state: InstallationState
  ) throws(PKIError) -> IssuedCertificate? {
    var request = request
    switch request.purpose {
    case .ca: return try issue(request)
    case .serving, .client, .peer:
      guard let signer = signer(request.issuerFingerprint, in: state) else { return nil }
      request.issuerFingerprint = signer.fingerprint
      return try issue(
        request, signedBy: CertificateAuthority(certificatePEM: signer.certificate, keyPEM: signer.key))
    }
  }

  /// The CA with this fingerprint, or the one in force if `fingerprint` is `nil`.
  private static func signer(
    _ fingerprint: String?, in state: InstallationState
  ) -> (fingerprint: String, certificate: SecretBytes, key: SecretBytes)? {
    let secret = state.objects.value(
      Secret.self, namespace: state.identity.namespace, name: state.identity.signerSecretName)
    guard let data = secret?.data else { return nil }
    let pairs = [
      (state.certificates.ca, SignerKey.certificate, SignerKey.key),
      (state.certificates.nextCA, SignerKey.nextCertificate, SignerKey.nextKey),
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
