import KubeOperator
import Website

@main
struct WebsiteOperator {
  static func main() async {
    await OperatorGroup.main(
      Website.controller, leaderElection: .lease("website-operator", namespace: "default"), port: 8080
    ) { change, logger in logger.info("DNS: \(change)") }
  }
}
