import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore

/// That the clients refuse what they must refuse; otherwise their acceptance proves nothing.
struct Controls {
  var setWallClock: (Date) -> Void

  func run(_ clients: [any HandshakeClient]) throws {
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    let name = RotationScene.serverName
    func authority() throws -> IssuedCertificate {
      try CertificateIssuer.fulfil(
        CertificateProfile.authority(commonName: "cluster-gateway").request(
          id: "ca", at: now, reason: "control"),
        authority: nil)
    }
    let (ca, other) = (try authority(), try authority())
    let leaf = try CertificateIssuer.fulfil(
      CertificateProfile.serving(commonName: "cluster-gateway", dnsNames: [name]).request(
        id: "leaf", issuer: ca.facts.leaf, at: now, reason: "control"),
      authority: (SecretBytes(utf8: ca.certificatePEM), ca.privateKeyPEM))
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("controls-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Data(leaf.certificatePEM.utf8).write(to: directory.appendingPathComponent("tls.crt"))
    try Data((leaf.privateKeyPEM.exposedText() ?? "").utf8).write(
      to: directory.appendingPathComponent("tls.key"))
    let server = try GatewayServer()
    defer { server.stop() }
    server.reload(from: directory)
    let trusted = Array(ca.certificatePEM.utf8)
    let cases: [(what: String, bundle: [UInt8], name: String, time: Date, isAccepted: Bool)] = [
      ("the right one", trusted, name, now, true),
      ("among two authorities", trusted + Array(other.certificatePEM.utf8), name, now, true),
      ("another authority", Array(other.certificatePEM.utf8), name, now, false),
      ("another name", trusted, "cluster-gateway.other.svc", now, false),
      ("before its time", trusted, name, now.addingTimeInterval(-86_400 * 3), false),
      ("after its time", trusted, name, now.addingTimeInterval(86_400 * 181), false),
    ]
    for client in clients {
      for test in cases {
        setWallClock(test.time)
        let failure = client.failure(
          port: server.port, bundle: test.bundle, serverName: test.name, at: test.time)
        guard (failure == nil) == test.isAccepted else {
          throw Loopback.Failure(
            description: "control: \(client.stack) \(failure ?? "accepts"): \(test.what)")
        }
      }
    }
  }
}
