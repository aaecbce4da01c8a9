import Foundation
import KubeOperator
import Logging
import Website

@main
struct WebsiteOperator {
  static func main() async throws {
    let logger = Logger(label: Website.controller.fieldManager)
    let client = try await KubeClient.connect(fieldManager: Website.controller.fieldManager, logger: logger)
    let runner = ControllerRunner(
      Website.controller, client: client,
      options: .init(eventInstance: ProcessInfo.processInfo.hostName), logger: logger
    ) { change in logger.info("DNS: \(change)") }
    try await OperatorGroup(
      client, leaderElection: .lease(client.fieldManager, namespace: "default"), port: 8080, logger: logger
    ).run(runner)
  }
}
