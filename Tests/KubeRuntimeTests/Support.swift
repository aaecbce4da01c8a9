import HTTPTypes
import KubeCore
import KubeTransport
import Logging
import Synchronization

@testable import KubeRuntime

let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// Runs `body` while a runner runs.
func run<Model>(_ runner: ControllerRunner<Model>, _ body: () async throws -> Void) async throws {
  let work = Task { try await runner.run() }
  do { try await body() } catch {
    work.cancel()
    throw error
  }
  work.cancel()
  try await work.value
}

/// The messages of a logger.
final class CapturedLog: Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
  }
}

/// A clock that moves only when the test advances it.
final class ManualClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct State {
    var now = Instant(offset: .zero)
    var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
    var next = 0
  }
  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .nanoseconds(1) }
  var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let outcome: Result<Void, any Error>? = state.withLock { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          if deadline <= state.now { return .success(()) }
          state.sleepers[id] = (deadline, continuation)
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(
        throwing: CancellationError())
    }
  }

  func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }
}

/// Waits until `condition` holds; the test's own time limit ends a wait that is in vain.
func until(_ condition: @Sendable () async -> Bool) async throws {
  while !(await condition()) {
    try Task.checkCancellation()
    await Task.yield()
  }
}

/// Waits until `condition` holds, and leaves the processor to other tasks meanwhile.
func eventually(_ condition: @Sendable () async -> Bool) async throws {
  while !(await condition()) { try await Task.sleep(for: .milliseconds(2)) }
}

struct FakeTransport: Transport {
  var answer: @Sendable (KubeRequest) async throws -> KubeResponse
  func send(_ request: KubeRequest) async throws -> KubeResponse { try await answer(request) }
}

func response(_ code: Int, _ json: JSONValue) -> KubeResponse {
  KubeResponse(
    status: HTTPResponse.Status(code: code), body: ResponseBody(JSONWriter(secrets: .revealed).bytes(json)))
}

func refusal(_ code: Int, _ reason: String) -> KubeResponse {
  response(code, Status(status: "Failure", reason: reason, code: code).json)
}

let noTimeouts = KubeClient.Limits(headTimeout: nil, idleTimeout: nil)

func configMap(_ name: String, version: String = "1", namespace: String = "ns") -> JSONValue {
  [
    "apiVersion": "v1", "kind": "ConfigMap",
    "metadata": [
      "name": .string(name), "namespace": .string(namespace), "uid": .string("uid-" + name),
      "resourceVersion": .string(version),
    ],
  ]
}
