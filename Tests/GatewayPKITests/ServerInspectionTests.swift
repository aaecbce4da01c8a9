import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore
import Testing

@Suite struct ServerInspectionTests {
  @Test func `a missing server is reported`() {
    #expect(throws: PKIError.self) {
      _ = try ServerInspection.presentedChain(
        host: "127.0.0.1", port: 1, serverName: "cluster-gateway.ns.svc", timeout: .seconds(2))
    }
    #expect(throws: PKIError.self) {
      _ = try ServerInspection.presentedChain(
        host: "127.0.0.1", port: 70_000, serverName: "cluster-gateway.ns.svc", timeout: .seconds(2))
    }
  }
}
