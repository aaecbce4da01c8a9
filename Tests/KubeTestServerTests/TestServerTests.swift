import Foundation
import KubeConfig
import KubeCore
import KubeHTTP
import KubeKindsCore
import KubeMemory
import KubeTestServer
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(5))) struct TestServerTests {
  @Test func `a client with the kubeconfig reaches the server, and one with another token doesn't`()
    async throws
  {
    let server = try await TestServer.start(InMemoryCluster())
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "kubeconfig-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try server.writeKubeconfig(to: file.path)
    let permissions = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
    #expect(permissions as? Int == 0o600)
    var configuration = try Kubeconfig.load(path: file.path).clientConfiguration()
    let transport = try await HTTPTransport(configuration)
    let namespaces = try await KubeClient(transport, fieldManager: "test").list(Namespace.self)
    #expect(namespaces.items.contains { $0.metadata.name == "default" })
    await transport.shutdown()

    configuration.authentication = .bearer(.inline(SecretBytes(utf8: "wrong")))
    let stranger = try await HTTPTransport(configuration)
    let error = await #expect(throws: KubeError.self) {
      try await KubeClient(stranger, fieldManager: "test").list(Namespace.self)
    }
    #expect(error?.code == .unauthorized)
    await stranger.shutdown()
    await server.stop()
  }

  @Test func `a kubeconfig that can't be written is an error with the reason`() async throws {
    let server = try await TestServer.start(InMemoryCluster())
    let failure = #expect(throws: TestServer.WriteFailure.self) {
      try server.writeKubeconfig(to: "/nowhere/kubeconfig")
    }
    #expect(failure?.path == "/nowhere/kubeconfig" && failure?.reason == "No such file or directory")
    await server.stop()
  }
}
