public import CoreMetrics
import HTTPTypes
import Metrics

/// Sends requests again where that is safe and may help.
///
/// - A 429 or 503 with `Retry-After` says that nothing was done: any request is sent again, after that time.
/// - Reads are also sent again after a 429, 500, 502, 503 or 504 without it, and when there was no response.
/// - A write that got no response, or another status, is never sent again: it may have taken effect. Unless
///   the transport
///   says that nothing was sent.
///
/// A request's `timeout` bounds each attempt; with all attempts and waits, `send` takes at most
/// `maximumAttempts` times the sum of that and the longest wait. In a stack it stands above what is to be repeated; see
/// `Transport`.
///
/// Each request that is sent again counts in `rest_client_request_retries_total{code,verb,host}`: by the HTTP status
/// before, `<error>` where there was no response, and the HTTP method.
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

  /// A request that is about to be sent again.
  public struct Retry: Sendable, CustomStringConvertible {
    /// The request's method and path.
    public var request: String
    /// How often it has been sent.
    public var attempts: Int
    /// Why it is sent again: a status, or an error.
    public var reason: String
    /// How long is waited before.
    public var wait: Duration

    /// The value in words.
    public var description: String { "\(request) is sent again in \(wait): \(reason)" }
  }

  /// A transport around `base`.
  ///
  /// - Parameters:
  ///   - maximumAttempts: How often a request is sent at most, the first time included.
  ///   - backoff: The waits where the server names none.
  ///   - maximumWait: The longest `Retry-After` that is waited for; a longer one is left to the caller.
  ///   - clock: What waits are measured by.
  ///   - jitter: Numbers from 0 to 1 that spread the waits.
  ///   - host: The server's name in metrics; `nil` leaves it out, where a program knows one server only.
  ///   - metrics: Where metrics go; `nil` for where swift-metrics was bootstrapped to.
  ///   - onRetry: Called before a request is sent again.
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

  /// Sends `request`, several times where need be; gives the last response, or throws the last error.
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
      // All clients were told the same: spread them by up to a quarter of the time.
      return wait * (1 + 0.25 * min(max(jitter(), 0), 1))
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
