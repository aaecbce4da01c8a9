// A whole operator's main program: the hub that kubectl would speak to, and the loop.
import ConfigMapMirror
import KubeConfig
import KubeHTTP
import KubeTransport
import Logging

@main
struct ConfigMapOperator {
  static func main() async throws {
    let logger = Logger(label: "configmap-operator")
    let transport = try await HTTPTransport(.standard(context: nil), logger: logger)
    let client = KubeClient(RetryingTransport(transport), fieldManager: "configmap-operator")
    try await ConfigMapMirror(client, from: "default", to: "kube-public", logger: logger).run()
  }
}
