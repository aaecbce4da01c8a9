import HTTPTypes
public import KubeCore
import Synchronization

/// The API server's clock, from its responses' `Date` (RFC 9110, section 6.6.1).
///
/// An operator's decisions by time take effect on machines that follow the server's time: a
/// certificate is valid by the server's clock. With this clock, a wrong local clock, or one that is
/// set while the program runs, does no harm. Between responses the time advances by the monotonic
/// `clock`; before the first response it is the local one.
///
/// Only responses of the server itself count, which those of the core API are: proxied ones have
/// others' dates.
///
/// ```swift
/// let clock = ServerClock(transport)
/// let client = KubeClient(clock, fieldManager: "example")
/// clock.now
/// ```
public final class ServerClock: Transport {
  /// The maximum difference in seconds of two readings of the same clock: whole seconds and the
  /// response's latency.
  public static let tolerance = 2.0

  private let base: any Transport
  private let local: @Sendable () -> Date
  private let stopwatch: Stopwatch
  /// The server's time at the creation.
  private let origin = Mutex<Date?>(nil)

  /// Creates a transport around `base`.
  ///
  /// - Parameters:
  ///   - base: The wrapped transport.
  ///   - local: The machine's own clock.
  ///   - clock: The monotonic clock for the time between responses.
  public init(
    _ base: any Transport, local: @escaping @Sendable () -> Date = { Date() },
    clock: some Clock<Duration> = ContinuousClock()
  ) {
    self.base = base
    self.local = local
    stopwatch = Stopwatch(clock)
  }

  /// The current time.
  public var now: Date {
    origin.withLock { $0 }?.addingTimeInterval(stopwatch.elapsed / .seconds(1)) ?? local()
  }

  /// Sends `request` through the wrapped transport and reads the response's time.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let response = try await base.send(request)
    if request.path.first == "api", !request.path.contains("proxy") { record(response.headers) }
    return response
  }

  private func record(_ headers: HTTPFields) {
    guard let seconds = headers[.date].flatMap(RetryAfter.secondsSince1970) else { return }
    // The header omits half a second on average.
    let reading = Date(timeIntervalSince1970: Double(seconds) + 0.5).addingTimeInterval(
      -(stopwatch.elapsed / .seconds(1)))
    origin.withLock { origin in
      // A reading within the tolerance changes nothing: the clock would move back and forth within
      // its second.
      if let origin, abs(origin.timeIntervalSince(reading)) <= Self.tolerance { return }
      origin = reading
    }
  }
}
