import Synchronization

/// Sends no more requests than a rate allows: those beyond it wait for their turn, in the order in which they
/// came.
///
/// A token bucket: it holds `burst` tokens, gains `requestsPerSecond` tokens a second, and each request takes
/// one.
/// Opening a watch is one request; what comes over it is not limited.
///
/// The wait is part of a request's `timeout`: one whose turn comes too late fails at once, with a
/// `TransportError` that says that nothing was sent. In a stack it stands below `RetryingTransport`, so that
/// repeated requests wait, too, and above `ObservingTransport`; see `Transport`.
public final class RateLimitingTransport: Transport {
  private let base: any Transport
  private let interval: Duration
  private let burst: Duration
  private let elapsed: @Sendable () -> Duration
  private let sleep: @Sendable (Duration) async throws -> Void
  /// When the bucket will be full again, as time since the beginning.
  private let full = Mutex(Duration.zero)

  /// A transport around `base`.
  ///
  /// - Parameters:
  ///   - requestsPerSecond: How many requests may be sent a second in the long run; at least one in 1,000
  /// seconds.
  ///   - burst: How many may be sent at once after a rest; at least 1.
  ///   - clock: What the rate is measured by.
  public init(
    _ base: any Transport, requestsPerSecond: Double, burst: Int,
    clock: some Clock<Duration> = ContinuousClock()
  ) {
    self.base = base
    let rate = requestsPerSecond.isNaN ? 1 : min(max(requestsPerSecond, 0.001), 1_000_000)
    interval = .seconds(1 / rate)
    self.burst = interval * min(max(burst, 1), 1_000_000)
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
    sleep = { try await clock.sleep(for: $0) }
  }

  /// Sends `request` when its turn has come.
  ///
  /// A request that is cancelled while it waits gives its turn back.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let wait = try reserve(within: request.timeout)
    guard wait > .zero else { return try await base.send(request) }
    do {
      try await sleep(wait)
    } catch {
      full.withLock { $0 -= interval }
      throw error
    }
    var request = request
    if let timeout = request.timeout { request.timeout = timeout - wait }
    return try await base.send(request)
  }

  /// Takes a token, and says how long it is until it will be there.
  private func reserve(within timeout: Duration?) throws -> Duration {
    let now = elapsed()
    let wait = full.withLock { full -> Duration? in
      let next = max(full, now) + interval
      let wait = max(.zero, next - now - burst)
      if let timeout, wait >= timeout, wait > .zero { return nil }
      full = next
      return wait
    }
    guard let wait else {
      throw TransportError(
        code: .timedOut, requestWasSent: false,
        message:
          "the rate limit leaves no turn within \(timeout ?? .zero); ask less often, or raise the limit")
    }
    return wait
  }
}
