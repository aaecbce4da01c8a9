import ArgumentParser
import Foundation
import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeTransport

/// `read`: lists the objects of all clusters as typed values: the least that a manager's restart
/// can take.
struct ReadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "Lists the objects that the manager watches, as typed values, and prints what that took.")

  @OptionGroup var connection: ConnectionOptions

  @Option(help: "The account's name.")
  var account = "cluster-gateway"

  @Option(help: "The namespace of the gateway Secrets.")
  var secretNamespace = "open-cluster-management-credentials"

  func run() async throws {
    try await connection.open(as: "read") { client in
      async let clusters = client.list(ManagedCluster.self)
      async let addOns = client.list(ManagedClusterAddOn.self, fieldSelector: "metadata.name=cluster-gateway")
      async let accounts = client.list(ManagedServiceAccount.self)
      async let works = client.list(
        ManifestWork.self, fieldSelector: "metadata.name=\(ManifestWork.name(deploying: "cluster-gateway"))")
      async let tokens = client.list(Secret.self, fieldSelector: "metadata.name=\(account)")
      async let credentials = client.list(Secret.self, namespace: secretNamespace)
      let lists = try await (clusters, addOns, accounts, works, tokens, credentials)
      let count =
        lists.0.items.count + lists.1.items.count + lists.2.items.count + lists.3.items.count
        + lists.4.items.count + lists.5.items.count
      var usage = rusage()
      guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { throw ExitCode.failure }
      let times = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1_000_000 }
      print(
        "\(count) objects, \(String(format: "%.2f", times[0] + times[1])) CPU s, peak \(usage.ru_maxrss / 1024) MB"
      )
    }
  }
}
