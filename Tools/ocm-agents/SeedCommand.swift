import ArgumentParser
import Foundation
import GatewayAPI
import KubeCore
import KubeTransport
import OCMSimulator

/// `seed`: makes clusters join or leave.
struct SeedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed",
    abstract: "Lets clusters join: cluster-0, cluster-1 and so on, each with its namespace and accepted.")

  @OptionGroup var connection: ConnectionOptions

  @Option(help: "How many clusters.")
  var clusters = 1000

  @Option(help: "The number of the first one.")
  var first = 0

  @Flag(help: "Let them leave instead.")
  var remove = false

  func run() async throws {
    let (first, clusters, remove) = (first, clusters, remove)
    try await connection.open(as: "registration") { client in
      try await forEach(Array(first..<first + clusters), width: 16) { number in
        let cluster = Cluster(name: "cluster-\(number)", client: client)
        if remove { try await cluster.leave() } else { try await cluster.join() }
      }
    }
  }
}

/// A cluster that joins and leaves as by OCM's registration.
private struct Cluster {
  let name: String
  let client: KubeClient

  func join() async throws {
    for object in Registration.objects(of: name, at: Date()) {
      let options = WriteOptions(fieldManager: object.manager)
      do {
        _ = try await client.json(.create(object.key, object.document, options: options))
      } catch let error as KubeError where error.code == .alreadyExists { continue }
      guard let status = object.document["status"] else { continue }
      _ = try await client.json(
        .mergePatch(object.key, ["status": status], subresource: "status", options: options))
    }
  }

  /// Deletes the cluster and its add-ons, whose dependents are deleted with them, and removes the
  /// cluster's finalizers.
  func leave() async throws {
    let cluster = ObjectKey(ManagedCluster.type, name: name)
    try await delete(cluster)
    for addOn in [ClusterGatewayConfiguration.addOnName, ManagedServiceAccount.addOnName] {
      try await delete(ObjectKey(ManagedClusterAddOn.type, namespace: name, name: addOn))
    }
    do {
      _ = try await client.json(
        .mergePatch(cluster, ["metadata": ["finalizers": .null]], options: WriteOptions()))
    } catch let error as KubeError where error.isObjectNotFound {}
  }

  private func delete(_ key: ObjectKey) async throws {
    do { _ = try await client.delete(key) } catch let error as KubeError where error.isObjectNotFound {}
  }
}
