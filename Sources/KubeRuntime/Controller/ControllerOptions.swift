public import KubeReconcile
public import KubeTransport
public import Tracing

public import struct Foundation.Date

/// How a ``ControllerRunner`` runs.
public struct ControllerOptions: Sendable {
  /// How many keys are worked on at a time.
  public var workers: Int
  /// The delays after failures.
  public var backoff: Backoff
  /// How long a plan may take to be carried out, its effects included. One that takes longer is cancelled and comes
  /// back after a growing delay.
  public var timeLimit: Duration
  /// The name of this instance in the Events that are recorded; without it none are.
  public var eventInstance: String?
  /// Whether each finding is logged when it appears.
  public var logsFindings: Bool
  /// Whether plans are made without a kind that the server doesn't serve, which is a finding then. A proxy that answers 404
  /// in the server's place looks the same: an operator that must conclude nothing from that waits instead.
  public var goesOnWithoutUnservedKinds: Bool
  /// Traces what is carried out, a span per plan that writes; `nil` for the tracer that was bootstrapped.
  public var tracer: (any Tracer)?
  /// What delays and time limits are measured by.
  public var clock: any Clock<Duration>
  /// The time of each reconcile.
  public var now: @Sendable () -> Date

  /// Options.
  public init(
    workers: Int = 4, backoff: Backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(60)),
    timeLimit: Duration = .seconds(300), eventInstance: String? = nil, logsFindings: Bool = true,
    goesOnWithoutUnservedKinds: Bool = true, tracer: (any Tracer)? = nil,
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.workers = max(1, workers)
    self.backoff = backoff
    self.timeLimit = timeLimit
    self.eventInstance = eventInstance
    self.logsFindings = logsFindings
    self.goesOnWithoutUnservedKinds = goesOnWithoutUnservedKinds
    self.tracer = tracer
    self.clock = clock
    self.now = now
  }
}

/// A plan that took longer to be carried out than ``ControllerOptions/timeLimit``.
public struct TimeLimitExceeded: Error, Sendable, Hashable, CustomStringConvertible {
  /// The limit.
  public var limit: Duration

  /// The error on one line.
  public var description: String { "the plan was not carried out within \(limit)" }
}

/// The state of a ``ControllerRunner`` at one moment.
public struct ControllerReport<Key: Hashable & Sendable>: Sendable {
  /// Whether all that plans need was listed, or is refused.
  public var isSynced: Bool
  /// Whether a plan waits to be made or is being carried out.
  public var isBusy: Bool
  /// What a person must know that concerns no single key.
  public var generalFindings: [Finding]
  /// What a person must know, by key.
  public var findings: [Key: [Finding]]
  /// The last failure of each plan that has not succeeded since.
  public var failures: [Key: String]
  /// How many patches have taken effect since the start.
  public var writes: Int
}
