import ConfigMapMirror
import KubeOperator
import Logging

@main
struct ConfigMapOperator {
  static func main() async throws {
    let mirror = configMapMirror(from: "default", to: "kube-public")
    let logger = Logger(label: mirror.fieldManager)
    let client = try await KubeClient.connect(fieldManager: mirror.fieldManager, logger: logger)
    try await OperatorGroup(client, logger: logger)
      .run(ControllerRunner(mirror, client: client, logger: logger))
  }
}
