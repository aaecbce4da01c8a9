import Synchronization

/// A limit of how many watchers may read all their objects at a time.
///
/// A server sends them faster than they are decoded, and what a connection holds of each stream
/// until then is megabytes: many at a time need a multiple of the memory that a few do.
public final class InitialReadLimit: Sendable {
  /// The right to read, until it is released.
  final class Permit: Sendable {
    private let limit: InitialReadLimit

    fileprivate init(_ limit: InitialReadLimit) { self.limit = limit }

    deinit { limit.release() }
  }

  private struct State {
    var free: Int
    var number = 0
    var waiting: [(number: Int, reader: CheckedContinuation<Bool, Never>)] = []
  }

  private let state: Mutex<State>

  /// Creates a limit of `count` readers, of at least one.
  public init(_ count: Int) {
    precondition(count > 0, "a limit of 0 readers would never be left")
    state = Mutex(State(free: count))
  }

  /// Returns a permit once one is free, in the order of the calls. Throws `CancellationError` if the
  /// task is cancelled before.
  func acquire() async throws -> Permit {
    try Task.checkCancellation()
    let number: Int? = state.withLock { state in
      state.number += 1
      guard state.free == 0 else {
        state.free -= 1
        return nil
      }
      return state.number
    }
    guard let number else { return Permit(self) }
    let isGranted = await withTaskCancellationHandler {
      await withCheckedContinuation { reader in
        let answer: Bool? = state.withLock { state in
          if Task.isCancelled { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.waiting.append((number, reader))
          return nil
        }
        if let answer { reader.resume(returning: answer) }
      }
    } onCancel: {
      let reader = state.withLock { state in
        state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0).reader }
      }
      reader?.resume(returning: false)
    }
    guard isGranted else { throw CancellationError() }
    return Permit(self)
  }

  private func release() {
    let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst().reader }
      state.free += 1
      return nil
    }
    next?.resume(returning: true)
  }
}
