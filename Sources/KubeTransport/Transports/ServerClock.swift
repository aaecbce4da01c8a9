import HTTPTypes
import Synchronization

public import struct Foundation.Date

/// The API server's clock, as its responses tell it (`Date`, RFC 9110, section 6.6.1).
///
/// What an operator decides by time, others judge by the server's: a certificate is valid when the server's clock says so. A
/// machine whose own clock is wrong, or is set while the program runs, then does no harm. Between responses time goes on
/// by `clock`, which nobody sets; as long as the server has said nothing, by the machine's own.
///
/// Only what the server answers for itself counts, which is sure for the core API: what it passes on bears others' dates.
///
/// ```swift
/// let clock = ServerClock(transport)
/// let client = KubeClient(clock, fieldManager: "example")
/// clock.now
/// ```
public final class ServerClock: Transport {
  /// How far apart two readings may be and still stand for the same clock: whole seconds, and the way of the response.
  public static let tolerance = 2.0

  private let base: any Transport
  private let local: @Sendable () -> Date
  private let elapsed: @Sendable () -> Duration
  /// The server's time when the time elapsed was nothing.
  private let origin = Mutex<Date?>(nil)

  /// A transport around `base`.
  ///
  /// - Parameters:
  ///   - local: The machine's own clock.
  ///   - clock: What the time between responses is measured by.
  public init(
    _ base: any Transport, local: @escaping @Sendable () -> Date = { Date() },
    clock: some Clock<Duration> = ContinuousClock()
  ) {
    self.base = base
    self.local = local
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
  }

  /// The time now.
  public var now: Date {
    origin.withLock { $0 }?.addingTimeInterval(elapsed() / .seconds(1)) ?? local()
  }

  /// Sends `request` by way of the wrapped transport, and reads the time that the response tells.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let response = try await base.send(request)
    if request.path.first == "api", !request.path.contains("proxy") { note(response.headers) }
    return response
  }

  private func note(_ headers: HTTPFields) {
    guard let seconds = headers[.date].flatMap(RetryAfter.secondsSince1970) else { return }
    // Half a second is what the header leaves out on average.
    let reading = Date(timeIntervalSince1970: Double(seconds) + 0.5).addingTimeInterval(
      -(elapsed() / .seconds(1)))
    origin.withLock { origin in
      // A reading that agrees moves nothing: the clock would go back and forth within its second.
      if let origin, abs(origin.timeIntervalSince(reading)) <= Self.tolerance { return }
      origin = reading
    }
  }
}
