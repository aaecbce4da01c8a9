import CertificatePolicy
import GatewayAPI
import GatewayPKI
public import GatewayReconcile
import KubeCore

/// Reads what the installation's certificates say, out of the Secrets and the APIService that hold them.
///
/// Reading parses keys, so what was read is kept until one of the objects changes.
public struct CertificateReader: Sendable {
  private var source: [DynamicObject?] = []
  private var read = CertificateObservations()

  /// A reader that has read nothing yet.
  public init() {}

  /// What the certificates among `objects` say; `namespace` is where the gateway is installed. Bad data is an
  /// observation (`unreadable`), never an error.
  public mutating func observations(
    of objects: ObservedObjects, identity: ManagerIdentity, installNamespace namespace: String?
  ) -> CertificateObservations {
    let signer = objects[Secret.type.groupKind, identity.namespace, identity.signerSecretName]
    let serving = namespace.flatMap { objects[Secret.type.groupKind, $0, GatewayNames.servingSecret] }
    let service = objects[APIService.type.groupKind, nil, GatewayNames.apiService]
    guard [signer, serving, service] != source else { return read }
    source = [signer, serving, service]

    let bundle = service.flatMap { try? $0.decode(APIService.self) }?.spec.caBundle.map {
      TrustBundle(pem: SecretBytes($0)).certificates
    }
    let authority = CertificateReader.pair(signer, SignerKey.certificate, SignerKey.key, [])
    let next = CertificateReader.pair(signer, SignerKey.nextCertificate, SignerKey.nextKey, [])
    let authorities = [authority, next].compactMap(\.leaf) + (bundle ?? [])
    read = CertificateObservations(
      authority: authority, nextAuthority: next,
      serving: CertificateReader.pair(serving, "tls.crt", "tls.key", authorities), bundle: bundle ?? [])
    return read
  }

  private static func pair(
    _ object: DynamicObject?, _ certificate: String, _ key: String, _ authorities: [CertificateFacts]
  ) -> KeyPairObservation {
    guard let object else { return .absent }
    do {
      let data = try object.decode(Secret.self).data
      return KeyPairReader.observe(
        certificatePEM: data[certificate], keyPEM: data[key], authorities: authorities)
    } catch {
      return .unreadable(reason: "the Secret can't be read: \(error)")
    }
  }
}
