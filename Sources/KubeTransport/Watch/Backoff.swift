/// An exponential, bounded wait after failures in a row, spread by jitter.
///
/// Pure: the random number is an argument.
public struct Backoff: Sendable, Hashable {
  /// The wait after the first failure.
  public var initial: Duration
  /// The longest wait.
  public var maximum: Duration
  /// The share of the wait that jitter may take away, from 0 (none) to 1 (all).
  public var jitterShare: Double

  /// Creates a backoff that doubles from `initial` up to `maximum`.
  public init(initial: Duration, maximum: Duration, jitterShare: Double = 0.5) {
    self.initial = initial
    self.maximum = maximum
    self.jitterShare = min(max(jitterShare, 0), 1)
  }

  /// The backoff of watches: from 0.8 to 30 seconds.
  public static let watch = Backoff(initial: .milliseconds(800), maximum: .seconds(30))

  /// The wait after `failures` failures in a row; zero after none. `jitter` is a random number from
  /// 0 to 1: 0 gives the shortest wait, 1 the full one.
  public func delay(afterFailures failures: Int, jitter: Double) -> Duration {
    guard failures > 0 else { return .zero }
    var delay = min(initial, maximum)
    // 63 doublings exceed any bound that a Duration can hold in practice.
    for _ in 1..<min(max(failures, 1), 64) {
      guard delay < maximum else { break }
      delay = delay > maximum / 2 ? maximum : delay * 2
    }
    let share = 1 - jitterShare * (1 - min(max(jitter.isNaN ? 1 : jitter, 0), 1))
    return delay * share
  }
}
