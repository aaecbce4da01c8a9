import CertificatePolicy
import GatewayPKI
import KubeCore
import KubeTestServer
import KubeTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An embedded hub behind TLS on this machine, with a kubeconfig for it.
///
/// Its CA, its certificate and the token that every request must carry are created at each start
/// and are only in the kubeconfig.
enum DemoServer {
  /// Opens a port for `hub` and writes the kubeconfig; returns the server and the kubeconfig's
  /// path.
  static func open(_ hub: any Transport, port: Int, kubeconfig path: String?) async throws -> (
    server: TestServer, kubeconfig: String
  ) {
    let server = try await TestServer.start(hub, port: port, identity: identity())
    do {
      let file = try path.map { URL(fileURLWithPath: $0) } ?? temporaryFile()
      try server.writeKubeconfig(to: file.path)
      return (server, file.path)
    } catch {
      await server.stop()
      throw error
    }
  }

  private static func identity() throws -> TestServer.Identity {
    let now = Date()
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "demo-hub-ca").request(id: "ca", at: now, reason: "demo"))
    let serving = try CertificateIssuer.issue(
      CertificateProfile.serving(
        commonName: "demo-hub", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"]
      ).request(id: "hub", issuer: ca.facts.chain.first, at: now, reason: "demo"),
      signedBy: CertificateAuthority(ca))
    return TestServer.Identity(
      certificateChainPEM: serving.certificatePEM, privateKeyPEM: serving.privateKeyPEM,
      caPEM: ca.certificatePEM)
  }

  private static func temporaryFile() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("gateway-manager-demo-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return folder.appendingPathComponent("kubeconfig")
  }
}
