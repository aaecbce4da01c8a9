import CertificatePolicy
package import Foundation
import GatewayPKI
import KubeCore

/// The control experiments: the clients refuse what they must refuse, without which their
/// acceptance would prove nothing.
package struct Controls {
  /// The time at which the clients verify.
  private let now: Date

  package init(at now: Date) { self.now = now }

  package func run(_ clients: [any HandshakeClient]) throws {
    let name = RotationHarness.serverName
    let (ca, other) = (try makeCA(), try makeCA())
    let (leaf, early, late) = (
      try self.leaf(name, under: ca, at: now),
      try self.leaf(name, under: ca, at: now.addingTimeInterval(3 * 86_400)),
      try self.leaf(name, under: ca, at: now.addingTimeInterval(-181 * 86_400))
    )
    let trusted = Array(ca.certificatePEM.utf8)
    let untrusted = Array(other.certificatePEM.utf8)
    let cases: [(what: String, leaf: IssuedCertificate, bundle: [UInt8], name: String, isAccepted: Bool)] = [
      ("the right one", leaf, trusted, name, true),
      ("among two CAs", leaf, untrusted + trusted, name, true),
      ("another CA", leaf, untrusted, name, false),
      ("another name", leaf, trusted, "cluster-gateway.other.svc", false),
      ("before its time", early, trusted, name, false),
      ("after its time", late, trusted, name, false),
    ]
    for test in cases {
      let server = try server(presenting: test.leaf)
      defer { server.stop() }
      for client in clients {
        let failure = client.failure(
          port: server.port, bundle: test.bundle, serverName: test.name, at: now)
        guard (failure == nil) == test.isAccepted else {
          throw Loopback.Failure(
            description: "control: \(client.stack) \(failure ?? "accepts"): \(test.what)")
        }
      }
    }
  }

  private func makeCA() throws -> IssuedCertificate {
    try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "cluster-gateway").request(
        id: "ca", at: now.addingTimeInterval(-200 * 86_400), reason: "control"))
  }

  private func leaf(_ name: String, under ca: IssuedCertificate, at time: Date) throws
    -> IssuedCertificate
  {
    try CertificateIssuer.issue(
      CertificateProfile.serving(commonName: "cluster-gateway", dnsNames: [name]).request(
        id: "leaf", issuer: ca.facts.leaf, at: time, reason: "control"),
      signedBy: CertificateAuthority(ca))
  }

  private func server(presenting leaf: IssuedCertificate) throws -> GatewayServer {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("controls-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Data(leaf.certificatePEM.utf8).write(to: directory.appendingPathComponent("tls.crt"))
    try Data((leaf.privateKeyPEM.exposedText() ?? "").utf8).write(
      to: directory.appendingPathComponent("tls.key"))
    let server = try GatewayServer()
    server.reload(from: directory)
    return server
  }
}
