import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore
import Testing

/// Hubs in files, with certificates and tokens that were made for this run.
struct Fixture: Sendable {
  /// Before any manager of cluster-gateway ran.
  static let fresh = "fresh"
  /// As the Go manager leaves it.
  static let taken = "after-go-manager"

  /// When the Go manager issued its certificates.
  static let issued = Timestamp(rfc3339: "2026-11-22T17:08:30Z")?.date ?? Date()

  static let shared = Result { try Fixture() }

  /// What stands for each placeholder, before Base64.
  let values: [String: String]

  /// What must never be seen without being asked for: tokens and keys, plain and as Secrets hold
  /// them.
  let secrets: [String]

  private init() throws {
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "cluster-gateway", algorithm: .rsa2048)
        .request(id: "ca", at: Fixture.issued, reason: "test"))
    let names = ["cluster-gateway", "cluster-gateway.vela-system", "cluster-gateway.vela-system.svc"]
    let serving = try CertificateIssuer.issue(
      CertificateProfile.serving(commonName: "cluster-gateway", dnsNames: names, algorithm: .rsa2048)
        .request(id: "serving", issuer: ca.facts.chain.first, at: Fixture.issued, reason: "test"),
      signedBy: CertificateAuthority(ca))
    var clientProfile = CertificateProfile.client(commonName: "proxy-client")
    clientProfile.validity = .seconds(10 * 365 * 86_400)
    let client = try CertificateIssuer.issue(
      clientProfile.request(
        id: "client", issuer: ca.facts.chain.first, at: Fixture.issued, reason: "test"),
      signedBy: CertificateAuthority(ca))
    let secret = [
      "SIGNER_KEY": try #require(ca.privateKeyPEM.exposedText()),
      "SERVING_KEY": try #require(serving.privateKeyPEM.exposedText()),
      "PROXY_KEY": try #require(client.privateKeyPEM.exposedText()),
      "TOKEN_CLUSTER1": "a-marker-in-the-token-of-cluster1",
      "TOKEN_LOCAL_CLUSTER": "a-marker-in-the-token-of-local-cluster",
    ]
    var chain = serving.certificatePEM
    if !chain.contains(ca.certificatePEM) { chain += ca.certificatePEM }
    values = secret.merging([
      "SIGNER_CA": ca.certificatePEM, "SERVING_CHAIN": chain, "SPOKE_CA": ca.certificatePEM,
      "PROXY_CA": ca.certificatePEM, "PROXY_CERTIFICATE": client.certificatePEM,
    ]) { $1 }
    secrets = secret.values.flatMap { text in
      // Of a key in PEM, a line from its middle gives it away.
      let lines = text.split(separator: "\n").map(String.init)
      let plain = lines[lines.count / 2]
      return [plain, String(Base64.encode(Array(text.utf8)).dropFirst(40).prefix(60))].filter {
        $0.count >= 20
      }
    }
  }

  /// The text of the fixture `name`, with `other` values for some of its placeholders.
  func text(_ name: String, _ other: [String: String] = [:]) throws -> String {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name).yaml")
    var text = try String(contentsOf: url, encoding: .utf8)
    for (key, value) in values.merging(other, uniquingKeysWith: { $1 }) {
      text = text.replacingOccurrences(of: "@\(key)@", with: Base64.encode(Array(value.utf8)))
    }
    return text
  }

  /// The documents of a stream.
  static func documents(_ text: String) -> [String] { text.components(separatedBy: "\n---\n") }

  /// Fails where a secret is seen in what a process wrote.
  func expectNoSecrets(in ending: Ending, sourceLocation: SourceLocation = #_sourceLocation) {
    for secret in secrets {
      #expect(!ending.output.contains(secret), sourceLocation: sourceLocation)
      #expect(!ending.errors.contains(secret), sourceLocation: sourceLocation)
    }
  }
}

func fixture() throws -> Fixture { try Fixture.shared.get() }
