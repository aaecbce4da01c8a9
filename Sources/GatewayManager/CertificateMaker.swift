public import CertificatePolicy
public import GatewayPKI
public import GatewayReconcile
import KubeCore

/// Fulfils the certificate requests of plans, with the authorities' keys that the signer Secret holds.
public struct CertificateMaker: Sendable {
  /// A maker.
  public init() {}

  /// The certificates that can be issued now. A serving certificate whose authority isn't on the hub yet
  /// waits for a later plan's request.
  public func fulfil(
    _ requests: [CertificateRequest], for state: InstallationState
  ) throws(PKIError) -> [IssuedCertificate] {
    var issued: [IssuedCertificate] = []
    for var request in requests {
      switch request.purpose {
      case .authority:
        issued.append(try CertificateIssuer.fulfil(request, authority: nil))
      case .serving, .client, .peer:
        guard let signer = signer(request.issuerFingerprint, in: state) else { continue }
        request.issuerFingerprint = signer.fingerprint
        issued.append(
          try CertificateIssuer.fulfil(
            request, authority: (certificatePEM: signer.certificate, keyPEM: signer.key)))
      }
    }
    return issued
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
