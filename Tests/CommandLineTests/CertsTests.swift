import Foundation
import GatewayAPI
import GatewayPKI
import KubeCore
import KubeMemory
import OCMStandIns
import Testing

/// `certs` on files and on a hub behind TLS.
@Suite struct CertsTests {
  private func certs(_ arguments: String...) async throws -> Ending {
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", fixture().text(Fixture.taken))
    let ending = try await Program.run(["certs", "-f", file] + arguments, limit: .seconds(60))
    try fixture().expectNoSecrets(in: ending)
    return ending
  }

  @Test func everyCertificateIsShownWithItsSignerAndWhatComesNext() async throws {
    let ending = try await certs("--at", PlanTests.early)
    #expect(ending.code == 0, "\(ending.output) \(ending.errors)")
    for words in [
      "AuthoritySteady", "Certificate authority in force", "signed by itself", "Serving certificate",
      "cluster-gateway.vela-system.svc", "next: renewed at 2027-", "next: followed by another at 203", "━",
      "┄",
      "valid for",
    ] {
      #expect(ending.output.contains(words), "\(words): \(ending.output)")
    }
  }

  @Test func forProgramsItIsADocument() async throws {
    let document = try await certs("-o", "json", "--at", PlanTests.early).json()
    let certificates = document["certificates"]?.array ?? []
    #expect(certificates.compactMap { $0["role"]?.string }.prefix(2) == ["authority", "serving"])
    for certificate in certificates {
      for key in ["subject", "signedBy", "notBefore", "notAfter", "nextAction"] {
        #expect(certificate[key]?.string?.isEmpty == false, "\(key)")
      }
    }
    #expect(document["phase"] == "AuthoritySteady")
  }

  @Test func whatHasExpiredIsAProblem() async throws {
    let ending = try await certs("--at", "2029-01-01T00:00:00Z")
    #expect(ending.code == 1)
    #expect(ending.output.contains("expired"))
  }

  @Test func rotateSetsTheAnnotationThatTheOperatorObeys() async throws {
    try await TestHub.open(try TestHub.server()) { hub in
      let kubeconfig = try hub.kubeconfig()
      let ending = try await Program.run(
        ["certs", "rotate", "--ca", "--kubeconfig", kubeconfig], limit: .seconds(30))
      #expect(ending.code == 0, "\(ending.errors)")
      let server = await hub.server
      let configuration = server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")
      #expect(configuration?.metadata.annotations[GatewayAnnotations.rotateCA]?.isEmpty == false)
      #expect(configuration?.metadata.annotations[GatewayAnnotations.rotateServing] == nil)
      // And the hub's own port is a server to look at.
      let chain = try ServerInspection.presentedChain(
        host: "127.0.0.1", port: hub.number, serverName: "localhost", timeout: .seconds(10))
      #expect(!chain.isEmpty)
    }
  }
}
