public import CertificatePolicy
public import GatewayPKI
public import GatewayReconcile
import KubeCore
import KubeKindsCore

/// Fulfils the certificate requests of plans, with the authorities' keys that the signer Secret holds.
public struct CertificateMaker: Sendable {
  /// A maker.
  public init() {}

  /// The certificates that can be issued now, and why the first of the others can't: a leaf that its authority may not
  /// sign is no reason to go without the next authority. A serving certificate whose authority isn't on the hub yet
  /// waits for a later plan's request.
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

  /// The authority with this fingerprint, or the one in force where none is named.
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
