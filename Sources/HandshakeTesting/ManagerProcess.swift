import KubeCore
import KubeMemory
import KubeTransport
import Synchronization

/// The manager's transport to the hub, for the lifetime of its process. It records writes.
final class ManagerProcess: Transport {
  struct Crash: Error {}

  private struct State {
    /// The number of requests after which the process dies, and whether the last one is performed.
    var crashAfter: Int?
    var isLastDone = false
    var loseAfter: Int?
    var isDead = false
    var hasLostResponse = false
  }

  private let harness: RotationHarness
  private let state = Mutex(State())

  init(_ harness: RotationHarness) { self.harness = harness }

  var hasFailed: Bool { state.withLock { $0.isDead || $0.hasLostResponse } }
  var hasLostResponse: Bool { state.withLock { $0.hasLostResponse } }

  func crash(after requests: Int, doneLast: Bool) {
    state.withLock { ($0.crashAfter, $0.isLastDone) = (requests, doneLast) }
  }

  func loseResponse(after requests: Int) { state.withLock { $0.loseAfter = requests } }

  /// Ends a round, and returns whether the process is dead.
  func endRound() -> Bool {
    state.withLock { state in
      state.hasLostResponse = false
      return state.isDead
    }
  }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    let fate = state.withLock { state -> (isSent: Bool, isAnswered: Bool) in
      if state.isDead { return (false, false) }
      if let left = state.crashAfter {
        state.crashAfter = left - 1
        if left <= 0 {
          state.isDead = true
          return (state.isLastDone, false)
        }
      }
      // Responses of reads aren't lost: the interesting case is a write whose response is.
      if let left = state.loseAfter, request.isWrite || left > 0 {
        state.loseAfter = left - 1
        if left <= 0 {
          state.loseAfter = nil
          state.hasLostResponse = true
          return (true, false)
        }
      }
      return (true, true)
    }
    guard fate.isSent else { throw Crash() }
    let response = try await harness.hub.send(request)
    if request.isWrite { harness.record(await harness.hub.snapshot) }
    guard fate.isAnswered else { throw Crash() }
    return response
  }
}
