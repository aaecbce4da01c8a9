import ConfigMapMirror
import KubeOperator
import Logging

@main
struct ConfigMapOperator {
  static func main() async throws {
    let logger = Logger(label: "configmap-operator")
    let client = try await KubeClient.connect(fieldManager: "configmap-operator", logger: logger)
    let mirror = configMapMirror(from: "default", to: "kube-public")
    try await OperatorGroup(client, logger: logger)
      .run(ControllerRunner(mirror, client: client, logger: logger))
  }
}
