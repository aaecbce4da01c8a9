import Foundation
import KubeOperator
import Logging
import Website

@main
struct WebsiteOperator {
  static func main() async throws {
    let logger = Logger(label: "website-operator")
    let client = try await KubeClient.connect(fieldManager: "website-operator", logger: logger)
    let runner = ControllerRunner(
      Website.controller, client: client,
      options: .init(eventInstance: ProcessInfo.processInfo.hostName), logger: logger
    ) { change in logger.info("DNS: \(change)") }
    try await OperatorGroup(
      client, leaderElection: .lease("website-operator", namespace: "default"), port: 8080, logger: logger
    ).run(runner)
  }
}
