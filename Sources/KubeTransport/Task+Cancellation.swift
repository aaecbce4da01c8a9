import Synchronization

extension Task where Failure == any Error {
  /// The task's value; unlike `value` it throws `CancellationError` as soon as the *waiting* task
  /// is cancelled. The task itself continues for other callers.
  package func valueOrCancellation() async throws -> Success {
    let gate = Gate<Success>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        gate.open(continuation)
        Task<Void, Never> { gate.resume(with: await self.result) }
      }
    } onCancel: {
      gate.resume(with: .failure(Swift.CancellationError()))
    }
  }
}

/// A continuation that is resumed once, by the result or the cancellation, whichever comes first.
private final class Gate<Success: Sendable>: Sendable {
  private struct State {
    var continuation: CheckedContinuation<Success, any Error>?
    var result: Result<Success, any Error>?
    var isResumed = false
  }

  private let state = Mutex(State())

  func open(_ continuation: CheckedContinuation<Success, any Error>) {
    advance {
      precondition($0.continuation == nil && !$0.isResumed, "a gate has one continuation")
      $0.continuation = continuation
    }
  }

  func resume(with result: Result<Success, any Error>) {
    advance { if $0.result == nil { $0.result = result } }
  }

  private func advance(_ change: (inout State) -> Void) {
    let ready = state.withLock {
      state -> (CheckedContinuation<Success, any Error>, Result<Success, any Error>)? in
      change(&state)
      guard !state.isResumed, let continuation = state.continuation, let result = state.result else {
        return nil
      }
      state.isResumed = true
      state.continuation = nil
      return (continuation, result)
    }
    if let (continuation, result) = ready { continuation.resume(with: result) }
  }
}
