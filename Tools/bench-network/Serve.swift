import CertificatePolicy
import Foundation
import GatewayPKI
import HTTPTypes
import KubeCore
import KubeMemory
import KubeTestServer
import KubeTransport

/// Serves an empty KubeMemory over TLS until the process ends.
func serve(kubeconfig: String) async throws {
  let hub = InMemoryCluster()
  let now = Date()
  let ca = try CertificateAuthority.create(
    CertificateProfile.ca(commonName: "bench").request(id: "ca", at: now, reason: "bench"))
  let issuer = try CertificateAuthority(ca)
  var profile = CertificateProfile.serving(commonName: "localhost", dnsNames: ["localhost"])
  profile.ipAddresses = ["127.0.0.1"]
  let serving = try issuer.issue(
    profile.request(id: "serving", issuer: ca.facts.leaf, at: now, reason: "bench"))
  let port = try TLSServer(
    certificateChainPEM: Array(serving.certificatePEM.utf8), keyPEM: serving.privateKeyPEM,
    bearerToken: SecretBytes(utf8: "bench"),
    handler: { request in
      (try? await hub.send(request)) ?? KubeResponse(status: .internalServerError)
    })
  let number = try await port.start()
  let text = """
    apiVersion: v1
    kind: Config
    current-context: bench
    contexts: [{name: bench, context: {cluster: bench, user: bench}}]
    clusters:
    - name: bench
      cluster:
        server: https://127.0.0.1:\(number)
        certificate-authority-data: \(Data(ca.certificatePEM.utf8).base64EncodedString())
    users: [{name: bench, user: {token: bench}}]

    """
  try Data(text.utf8).write(to: URL(fileURLWithPath: kubeconfig), options: .atomic)
  report("serves https://127.0.0.1:\(number)")
  while true { try await Task.sleep(for: .seconds(3600)) }
}
