import GatewayManager
import GatewayPKI
import KubeCore

/// A probe of the pods over the network, at their loopback addresses instead of those on the hub.
struct LoopbackProbe: EndpointProbe {
  var kubelet: Kubelet

  func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
    guard let port = kubelet.port(of: host) else {
      throw Loopback.Failure(description: "there is no way to \(host)")
    }
    return try await TLSEndpointProbe(timeout: .seconds(20)).presentedChain(
      host: "127.0.0.1", port: port, serverName: serverName)
  }
}

/// A probe that reports the Secret's content for every pod, like a manager without a probe.
struct CredulousProbe: EndpointProbe {
  var harness: RotationHarness

  func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
    try Certificate.chain(pem: harness.history.pairs.last?.certificate ?? SecretBytes([])).map(\.der)
  }
}
