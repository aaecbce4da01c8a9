public import CoreMetrics
import HTTPTypes
import Metrics

/// A transport that repeats requests where that is safe and may help.
///
/// - A 429 or 503 with `Retry-After` means that nothing was done: any request is repeated after
///   that time.
/// - Reads are also repeated after a 429, 500, 502, 503 or 504 without it, and when there was no
///   response.
/// - A write without a response, or with another status, is not repeated: it may have taken effect.
///   A write is repeated after a failure only where the transport states that nothing was sent
///   (``TransportError/requestWasSent``).
///
/// A request's ``KubeRequest/timeout`` limits each attempt; with all attempts and waits, `send`
/// takes at most `maximumAttempts` times the sum of that and the longest wait. In a stack it is
/// above everything that should be repeated; see ``Transport``.
///
/// Each repeated request counts in `rest_client_request_retries_total{code,verb,host}`: by the HTTP
/// status before, `<error>` where there was no response, and the HTTP method.
public struct RetryingTransport: Transport {
  private let base: any Transport
  private let maximumAttempts: Int
  private let backoff: Backoff
  private let maximumWait: Duration
  private let clock: any Clock<Duration>
  private let jitter: @Sendable () -> Double
  private let onRetry: (@Sendable (Retry) -> Void)?
  private let host: String?
  private let factory: (any MetricsFactory)?

  /// A request that is about to be repeated.
  public struct Retry: Sendable, CustomStringConvertible {
    /// The request's method and path.
    public var request: String
    /// The number of attempts so far.
    public var attempts: Int
    /// The reason for the repetition: a status or an error.
    public var reason: String
    /// The wait before the next attempt.
    public var wait: Duration

    /// The retry as a sentence.
    public var description: String {
      let tenths = Int64((wait / .milliseconds(100)).rounded())
      return "\(request) is sent again in \(tenths / 10).\(tenths % 10) seconds: \(reason)"
    }
  }

  /// Creates a transport around `base`.
  ///
  /// - Parameters:
  ///   - base: The wrapped transport.
  ///   - maximumAttempts: The maximum number of attempts, the first one included.
  ///   - backoff: The waits where the server requires none.
  ///   - maximumWait: The longest `Retry-After` that is obeyed; a longer one is left to the caller.
  ///   - clock: The clock of the waits.
  ///   - jitter: A source of numbers from 0 to 1 that spread the waits.
  ///   - host: The server's name in metrics; `nil` leaves it out, where a program knows one server
  ///     only.
  ///   - metrics: The factory of metrics; `nil` for the bootstrapped one.
  ///   - onRetry: Called before every repetition.
  public init(
    _ base: any Transport, maximumAttempts: Int = 5,
    backoff: Backoff = Backoff(initial: .milliseconds(250), maximum: .seconds(8)),
    maximumWait: Duration = .seconds(60), clock: any Clock<Duration> = ContinuousClock(),
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    host: String? = nil, metrics: (any MetricsFactory)? = nil, onRetry: (@Sendable (Retry) -> Void)? = nil
  ) {
    self.host = host
    factory = metrics
    self.base = base
    self.maximumAttempts = maximumAttempts
    self.backoff = backoff
    self.maximumWait = maximumWait
    self.clock = clock
    self.jitter = jitter
    self.onRetry = onRetry
  }

  /// Sends `request`, repeatedly where needed; returns the last response, or throws the last error.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    guard request.isRepeatable else { return try await base.send(request) }
    var attempt = 1
    while true {
      let (wait, reason, code): (Duration, String, String)
      do {
        let response = try await base.send(request)
        guard attempt < maximumAttempts, let delay = delay(request, response, attempt: attempt) else {
          return response
        }
        (wait, reason, code) = (
          delay, "the server answered \(response.status.code)", "\(response.status.code)"
        )
      } catch {
        let wasSent = (error as? TransportError)?.requestWasSent ?? true
        guard attempt < maximumAttempts, !(error is CancellationError), !Task.isCancelled,
          !request.isWrite || !wasSent, isWorthRepeating(error)
        else { throw error }
        (wait, reason, code) = (
          backoff.delay(afterFailures: attempt, jitter: jitter()), "\(error)", "<error>"
        )
      }
      Counter(
        label: "rest_client_request_retries_total",
        dimensions: [("code", code), ("verb", request.method.rawValue)] + (host.map { [("host", $0)] } ?? []),
        factory: factory ?? MetricsSystem.factory
      ).increment()
      onRetry?(
        Retry(
          request: "\(request.method) /\(request.path.joined(separator: "/"))", attempts: attempt,
          reason: reason,
          wait: wait))
      try await clock.sleep(for: wait)
      attempt += 1
    }
  }

  private func delay(_ request: KubeRequest, _ response: KubeResponse, attempt: Int) -> Duration? {
    let status = response.status.code
    if status == 429 || status == 503, let wait = RetryAfter.wait(response.headers) {
      guard wait <= maximumWait else { return nil }
      return RetryAfter.spread(wait, jitter: jitter())
    }
    guard !request.isWrite, [429, 500, 502, 503, 504].contains(status) else { return nil }
    return backoff.delay(afterFailures: attempt, jitter: jitter())
  }

  private func isWorthRepeating(_ error: any Error) -> Bool {
    switch (error as? TransportError)?.code {
    case .tlsFailed?, .shutDown?, .invalidRequest?, .credentialsUnavailable?: false
    default: true
    }
  }
}
