public import KubeCore
public import KubeTransport
public import Tracing

/// The options of a ``ControllerRunner``.
public struct ControllerOptions: Sendable {
  /// The number of keys that are worked on at a time.
  public var workers: Int
  /// The delays after failures.
  public var backoff: Backoff
  /// The time limit of applying a plan, its effects included. A plan that takes longer is cancelled
  /// and retried with backoff.
  public var timeLimit: Duration
  /// The name of this instance in recorded Events: by default the host's, which is the pod's in a
  /// pod; `nil` to record none.
  public var eventInstance: String?
  /// Whether each finding is logged when it first appears.
  public var logsFindings: Bool
  /// Whether plans are made without a kind if the server doesn't serve it, which is then a finding.
  ///
  /// A proxy that answers 404 instead of the server looks the same: an operator that must not
  /// conclude anything from that waits instead.
  public var toleratesUnserved: @Sendable (ResourceType) -> Bool
  /// The tracer, which gets a span for each plan that writes; `nil` for the bootstrapped one.
  public var tracer: (any Tracer)?
  /// The clock of delays and time limits.
  public var clock: any Clock<Duration>
  /// The time of each reconcile.
  public var now: @Sendable () -> Date

  /// Creates options.
  public init(
    workers: Int = 4, backoff: Backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(60)),
    timeLimit: Duration = .seconds(300), eventInstance: String? = ProcessInfo.processInfo.hostName,
    logsFindings: Bool = true, toleratesUnserved: @escaping @Sendable (ResourceType) -> Bool = { _ in true },
    tracer: (any Tracer)? = nil,
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.workers = max(1, workers)
    self.backoff = backoff
    self.timeLimit = timeLimit
    self.eventInstance = eventInstance
    self.logsFindings = logsFindings
    self.toleratesUnserved = toleratesUnserved
    self.tracer = tracer
    self.clock = clock
    self.now = now
  }
}
