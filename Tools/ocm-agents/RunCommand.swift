import ArgumentParser
import Foundation
import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeRuntime
import KubeTransport
import Logging
import OCMSimulator

/// `run`: runs the agents.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract:
      "Reports a token for each ManagedServiceAccount, and says of each ManifestWork that it is applied.")

  @OptionGroup var connection: ConnectionOptions

  @Option(help: "Of 100 clusters, so many have no agents that run.")
  var stopped = 0

  @Option(help: "How many requests are sent at a time.")
  var width = 16

  func run() async throws {
    try await connection.open(as: "agents") { client in
      await Agents(client, stopped: stopped).run(width: width)
    }
  }
}

/// The token and work agents of all clusters.
private final class Agents: Sendable {
  private enum Task: Hashable {
    case token(ObjectStore.Key)
    case work(ObjectStore.Key)
  }

  private let client: KubeClient
  private let stopped: Int
  private let queue = WorkQueue<Task>(capacity: .max)
  private let accounts: ObjectStore
  private let secrets: ObjectStore
  private let works: ObjectStore

  init(_ client: KubeClient, stopped: Int) {
    self.client = client
    self.stopped = stopped
    func store(_ queue: WorkQueue<Task>, _ task: @escaping @Sendable (ObjectStore.Key) -> Task) -> ObjectStore
    {
      ObjectStore(onChanges: { changes in
        for key in changes.compactMap(\.key) { queue.add(task(key)) }
      })
    }
    accounts = store(queue) { .token($0) }
    secrets = store(queue) { .token($0) }
    works = store(queue) { .work($0) }
  }

  func run(width: Int) async {
    await withTaskGroup(of: Void.self) { group in
      for (store, selection) in [
        (accounts, ResourceSelection(ManagedServiceAccount.type)),
        (secrets, ResourceSelection(Secret.type, labelSelector: OCMLabels.isManagedServiceAccount + "=true")),
        (works, ResourceSelection(ManifestWork.type)),
      ] {
        let reflector = Reflector(client, selection, into: store, logger: Logger(label: "ocm-agents"))
        group.addTask { try? await reflector.run() }
      }
      group.addTask { await self.queue.process(workers: width) { try await self.work(on: $0) } }
    }
  }

  /// Whether the agents of a cluster don't run; determined by its name.
  private func isStopped(_ cluster: String?) -> Bool {
    let digits = (cluster ?? "").suffix(2)
    return stopped > 0 && Int(digits.drop { !$0.isNumber }).map { $0 < stopped } ?? false
  }

  private func work(on task: Task) async throws -> Duration? {
    switch task {
    case .token(let key):
      guard accounts.isSynced, secrets.isSynced, !isStopped(key.namespace),
        let object = accounts.object(namespace: key.namespace, name: key.name),
        object.metadata.deletionTimestamp == nil,
        let account = try? object.decode(ManagedServiceAccount.self)
      else { return nil }
      let secret = secrets.object(namespace: key.namespace, name: key.name)
      await send(TokenAgent().request(for: account, object, try secret?.decode(Secret.self), at: Date()))
    case .work(let key):
      guard !isStopped(key.namespace), let object = works.object(namespace: key.namespace, name: key.name)
      else { return nil }
      await send(WorkAgent().request(for: object, at: Date()))
    }
    return nil
  }

  /// Sends a request. A refused one was based on an older state, and the watch will deliver the
  /// newer one.
  private func send(_ request: KubeRequest?) async {
    guard let request else { return }
    do {
      _ = try await client.json(request)
    } catch let error as KubeError
      where [.conflict, .alreadyExists, .notFound, .preconditionFailed].contains(error.code)
    {
    } catch {
      FileHandle.standardError.write(Data("ocm-agents: \(error)\n".utf8))
    }
  }
}
