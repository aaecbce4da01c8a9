import Synchronization

/// A transport that limits the rate of requests: those beyond it wait in the order of their
/// arrival.
///
/// A token bucket: it holds `burst` tokens, gains `requestsPerSecond` tokens per second, and each
/// request takes one. Opening a watch is one request; its events are not limited.
///
/// The wait is part of a request's ``KubeRequest/timeout``: a request that would wait longer fails
/// at once with a ``TransportError`` which states that nothing was sent. In a stack it is below
/// ``RetryingTransport``, so that the limit includes repeated requests, and above
/// ``ObservingTransport``; see ``Transport``.
public final class RateLimitingTransport: Transport {
  private let base: any Transport
  private let interval: Duration
  private let burst: Duration
  private let stopwatch: Stopwatch
  private let sleep: @Sendable (Duration) async throws -> Void
  /// The time when the bucket will be full again, since the creation.
  private let full = Mutex(Duration.zero)

  /// Creates a transport around `base`.
  ///
  /// - Parameters:
  ///   - base: The wrapped transport.
  ///   - requestsPerSecond: The long-term rate; at least one in 1,000 seconds.
  ///   - burst: The number of requests that may be sent at once after a pause; at least 1.
  ///   - clock: The clock of the rate.
  public init(
    _ base: any Transport, requestsPerSecond: Double, burst: Int,
    clock: some Clock<Duration> = ContinuousClock()
  ) {
    self.base = base
    let rate = requestsPerSecond.isNaN ? 1 : min(max(requestsPerSecond, 0.001), 1_000_000)
    interval = .seconds(1 / rate)
    self.burst = interval * min(max(burst, 1), 1_000_000)
    stopwatch = Stopwatch(clock)
    sleep = { try await clock.sleep(for: $0) }
  }

  /// Sends `request` when the rate allows it.
  ///
  /// A request that is cancelled while it waits returns its token.
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

  /// Takes a token and returns the time until it is available.
  private func reserve(within timeout: Duration?) throws -> Duration {
    let now = stopwatch.elapsed
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
