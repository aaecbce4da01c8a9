import CertificatePolicy
import Foundation
import GatewayPKI
import HTTPTypes
import KubeCore
import KubeMemoryPort
import KubeTransport

/// An embedded hub behind TLS on this machine, with a kubeconfig that leads there.
///
/// Its authority, its certificate and the token that every request must carry are made anew each time and are in
/// the kubeconfig alone.
final class DemoServer: Sendable {
  private let port: MemoryPort
  private let authority: String
  private let token: SecretBytes

  /// Opens a port for `hub` and writes the kubeconfig; returns the server and the kubeconfig's path.
  static func open(_ hub: any Transport, port number: Int, kubeconfig path: String?) async throws -> (
    server: DemoServer, kubeconfig: String
  ) {
    let server = try DemoServer(hub)
    let address = try await server.port.start(port: number)
    do {
      return (server, try DemoServer.write(server.kubeconfig(port: address), to: path))
    } catch {
      await server.port.stop()
      throw error
    }
  }

  private init(_ hub: any Transport) throws {
    let now = Date()
    let authority = try CertificateIssuer.fulfil(
      CertificateProfile.authority(commonName: "demo-hub-ca").request(id: "ca", at: now, reason: "demo"),
      authority: nil)
    let serving = try CertificateIssuer.fulfil(
      CertificateProfile.serving(
        commonName: "demo-hub", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"]
      ).request(id: "hub", issuer: authority.facts.chain.first, at: now, reason: "demo"),
      authority: (SecretBytes(utf8: authority.certificatePEM), authority.privateKeyPEM))
    self.authority = authority.certificatePEM
    var generator = SystemRandomNumberGenerator()
    let digits = (0..<32).map { _ in String(UInt8.random(in: 16...255, using: &generator), radix: 16) }
    token = SecretBytes(utf8: digits.joined())
    port = try MemoryPort(
      certificateChainPEM: Array(serving.certificatePEM.utf8), keyPEM: serving.privateKeyPEM,
      bearerToken: token
    ) { request in
      (try? await hub.send(request))
        ?? KubeResponse(status: .internalServerError, headers: [:], body: ResponseBody([]))
    }
  }

  /// Closes the port.
  func close() async { await port.stop() }

  private func kubeconfig(port: Int) -> SecretBytes {
    SecretBytes(
      Array(
        """
        apiVersion: v1
        kind: Config
        current-context: demo
        contexts:
        - name: demo
          context: {cluster: demo, user: demo}
        clusters:
        - name: demo
          cluster:
            server: https://127.0.0.1:\(port)
            certificate-authority-data: \(Data(authority.utf8).base64EncodedString())
        users:
        - name: demo
          user:
            token: 
        """.utf8) + token.exposed() + [UInt8(ascii: "\n")])
  }

  /// Writes a file that its owner alone may read, in one step; returns its absolute path.
  private static func write(_ contents: SecretBytes, to path: String?) throws -> String {
    let file: URL
    if let path {
      file = URL(fileURLWithPath: path)
    } else {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("gateway-manager-demo-\(UUID().uuidString.prefix(8))")
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      file = folder.appendingPathComponent("kubeconfig")
    }
    let draft = file.deletingLastPathComponent().appendingPathComponent(".kubeconfig-\(UUID().uuidString)")
    guard
      FileManager.default.createFile(
        atPath: draft.path, contents: Data(contents.exposed()), attributes: [.posixPermissions: 0o600]),
      rename(draft.path, file.path) == 0
    else {
      let reason = String(cString: strerror(errno))
      unlink(draft.path)
      throw CommandFailure("cannot write the kubeconfig to \(file.path): \(reason)")
    }
    return file.path
  }
}
