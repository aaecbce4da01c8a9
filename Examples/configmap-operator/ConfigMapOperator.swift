import ConfigMapMirror
import KubeOperator

@main
struct ConfigMapOperator {
  static func main() async {
    await OperatorGroup.main(configMapMirror(from: "default", to: "kube-public"))
  }
}
