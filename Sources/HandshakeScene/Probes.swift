import GatewayManager
import GatewayPKI
import KubeCore

/// Looks at the pods over the network; they have other addresses here than they have on the hub.
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

/// Believes that every pod presents what is in the Secret, as an operator would that doesn't look.
struct CredulousProbe: EndpointProbe {
  var scene: RotationScene

  func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
    try Certificate.chain(pem: scene.history.pairs.last?.certificate ?? SecretBytes([])).map(\.der)
  }
}
