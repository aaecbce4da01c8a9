import Foundation

/// A lock that many handshakes share and that the clock takes alone: it is set only while no
/// handshake is under way, so that none takes longer than the clock shows.
final class Gate: @unchecked Sendable {
  // All state is guarded by the condition.
  private let condition = NSCondition()
  private var passing = 0
  private var isClosed = false

  func pass<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    while isClosed { condition.wait() }
    passing += 1
    condition.unlock()
    defer {
      condition.lock()
      passing -= 1
      if passing == 0 { condition.broadcast() }
      condition.unlock()
    }
    return body()
  }

  func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    condition.lock()
    while isClosed { condition.wait() }
    isClosed = true
    while passing > 0 { condition.wait() }
    defer {
      isClosed = false
      condition.broadcast()
      condition.unlock()
    }
    return try body()
  }
}
