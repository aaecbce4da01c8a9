import CertificatePolicy
public import GatewayAPI
import GatewayPKI
public import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
public import KubeReconcile

/// Reads the installation's certificates from the Secrets and the APIService that hold them.
///
/// Reading parses keys, so the result is cached until one of the objects changes.
public struct CertificateReader: Sendable {
  private var source: [DynamicObject?] = []
  private var names: [String] = []
  private var read = CertificateObservations()

  /// Creates a reader with an empty cache.
  public init() {}

  /// Returns the observations of the certificates among `objects`; `configuration` names the
  /// gateway's namespace and its proxy. Bad data is an observation (`unreadable`), never an error.
  public mutating func observations(
    of objects: ObservedObjects, identity: ManagerIdentity, configuration: ClusterGatewayConfiguration.Spec?
  ) -> CertificateObservations {
    func secret(_ namespace: String?, _ name: String?) -> DynamicObject? {
      guard let namespace, let name else { return nil }
      return objects[Secret.type.groupKind, namespace: namespace, name: name]
    }
    let signer = secret(identity.namespace, identity.signerSecretName)
    let serving = secret(configuration?.installNamespace, GatewayNames.servingSecret)
    let service = objects[APIService.type.groupKind, namespace: nil, name: GatewayNames.apiService]
    let tunnel = configuration?.clusterProxy?.credentials
    let client = secret(tunnel?.namespace, tunnel?.proxyClientSecretName)
    let entryPoint = secret(tunnel?.namespace, tunnel?.proxyClientCASecretName)
    let names = configuration.map { GatewayNames.serverNames(in: $0.installNamespace) } ?? []
    guard [signer, serving, service, client, entryPoint] != source || names != self.names else { return read }
    source = [signer, serving, service, client, entryPoint]
    self.names = names

    let bundle = service.flatMap { try? $0.decode(APIService.self) }?.spec.caBundle.map {
      TrustBundle(pem: SecretBytes($0)).certificates
    }
    let ca = pair(
      in: signer, certificate: SignerKey.certificate, key: SignerKey.key, purpose: .ca)
    let next = pair(
      in: signer, certificate: SignerKey.nextCertificate, key: SignerKey.nextKey, purpose: .ca)
    let caCertificates = [ca, next].compactMap(\.leaf) + (bundle ?? [])
    read = CertificateObservations(
      ca: ca, nextCA: next,
      serving: pair(
        in: serving, certificate: "tls.crt", key: "tls.key", purpose: .serving, caCertificates: caCertificates
      ),
      bundle: bundle ?? [],
      // Its verifier, and how strict that is, isn't known here.
      tunnelClient: client.map { pair(in: $0, certificate: "tls.crt", key: "tls.key", purpose: nil) },
      tunnelCAs: entryPoint.map { object in
        TrustBundle(pem: (try? object.decode(Secret.self))?.data["ca.crt"] ?? SecretBytes([]))
      })
    return read
  }

  private func pair(
    in object: DynamicObject?, certificate: String, key: String, purpose: IssuanceRequest.Purpose?,
    caCertificates: [CertificateFacts] = []
  ) -> KeyPairObservation {
    guard let object else { return .absent }
    do {
      let data = try object.decode(Secret.self).data
      return KeyPairReader.observe(
        certificatePEM: data[certificate], keyPEM: data[key], caCertificates: caCertificates,
        purpose: purpose,
        names: names)
    } catch {
      return .unreadable(reason: "the Secret can't be read: \(error)")
    }
  }
}
