import ConfigMapMirror
import KubeOperator

@main
struct ConfigMapOperator {
  static func main() async throws {
    try await OperatorGroup.run(configMapMirror(from: "default", to: "kube-public"))
  }
}
