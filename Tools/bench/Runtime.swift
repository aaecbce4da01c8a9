import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTransport
import Logging
import Synchronization

/// Measures the cost of the queue and the runner, without planning and sending.
@MainActor
func measureRuntime(_ harness: Harness) async throws {
  try await measureQueue(harness)
  try await measureRunner(harness)
}

@MainActor
private func measureQueue(_ harness: Harness) async throws {
  let count = 100_000
  await harness.time(
    "Queue: a key added with a delay, up to \(count) of them", unit: "µs", scale: 1e6, count: count,
    target: .atMost(2)
  ) {
    let queue = WorkQueue<Int>(capacity: count + 1)
    // No order that the heap might like.
    for number in 0..<count { queue.add(number, after: .seconds(1_000 + number * 7_919 % count)) }
  }
  let queue = WorkQueue<Int>(capacity: 2 * count)
  for number in 0..<count { queue.add(number, after: .seconds(1_000 + number * 7_919 % count)) }
  await harness.time(
    "Queue: a key added, taken, done, or delayed again among \(count) delayed ones", unit: "µs", scale: 1e6,
    count: 4 * 10_000, target: .atMost(2)
  ) { await turn(queue) }
}

/// Takes ten thousand keys, in one task without a hop between actors.
@concurrent
private func turn(_ queue: WorkQueue<Int>) async {
  for number in 0..<10_000 {
    queue.add(number)
    guard let key = await queue.next() else { fatalError("no key") }
    queue.add(key, after: .seconds(999 - number % 7))
    queue.done(key)
  }
}

/// A model without objects whose plans are empty, so that only the runner's work is measured.
private struct EmptyModel: ControllerModel {
  var selections: Set<ObjectSelection> { [] }
  let keys = (0..<1_000).map { "key-\($0)" }

  mutating func insert(_ object: DynamicObject) -> ModelChange<String> { ModelChange() }
  mutating func remove(_ object: DynamicObject) -> ModelChange<String> { ModelChange() }
  mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> ModelChange<String> { ModelChange() }
  func reconcile(_ key: String, at now: Date) -> Plan<Never> { Plan() }
}

/// A stream with an element for every thousand reconciles.
private final class Rounds: Sendable {
  private let count = Mutex(0)
  let ended = AsyncStream.makeStream(of: Void.self)

  func record() {
    let isRound = count.withLock { count in
      count += 1
      return count % 1_000 == 0
    }
    if isRound { ended.continuation.yield() }
  }
}

private struct CountingHandler: PlanHandler {
  typealias Model = EmptyModel

  let rounds: Rounds

  func didApply(
    of result: Plan<Never>, for key: String, outcome: PlanApplier.Outcome,
    in runner: ControllerRunner<EmptyModel>
  ) async throws {
    rounds.record()
  }
}

@MainActor
private func measureRunner(_ harness: Harness) async throws {
  let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
  let hub = InMemoryCluster()
  let client = KubeClient(hub, fieldManager: "bench")
  var rounds = Rounds()
  let empty = ControllerRunner(
    EmptyModel(), name: "bench", client: client, options: ControllerOptions(workers: 1),
    handler: CountingHandler(rounds: rounds), logger: logger)
  var work = Task { await empty.work() }
  var ended = rounds.ended.stream.makeAsyncIterator()
  await harness.time(
    "Runner: a reconcile that finds nothing to do, without the plan", unit: "µs", scale: 1e6, count: 1_000,
    target: .atMost(20)
  ) {
    empty.reconcileAll()
    _ = await ended.next(isolation: MainActor.shared)
  }
  work.cancel()

  for number in 0..<1_000 {
    _ = try await client.create(
      ConfigMap(metadata: ObjectMeta(name: "map-\(number)", namespace: "default"), data: ["a": "b"]))
  }
  rounds = Rounds()
  let controller = Controller(ConfigMap.self, fieldManager: "bench") { [rounds] _ in rounds.record() }
  let runner = ControllerRunner(
    controller, client: client, options: ControllerOptions(workers: 1), logger: logger)
  work = Task {
    async let standingBy: Void = runner.standBy()
    await runner.work()
    await standingBy
  }
  ended = rounds.ended.stream.makeAsyncIterator()
  _ = await ended.next(isolation: MainActor.shared)
  await harness.time(
    "Runner: the same with a Controller of 1000 objects, the plan included", unit: "µs", scale: 1e6,
    count: 1_000,
    target: .atMost(20)
  ) {
    runner.reconcileAll()
    _ = await ended.next(isolation: MainActor.shared)
  }
  work.cancel()
}
