import GatewayDemo
import GatewayManager
import KubeCore

/// The picture of a hub that is followed: the last report, and whether it is still current.
struct LivePicture {
  /// The time between two reads of the manager's Lease.
  static let leaseInterval = Duration.seconds(10)

  /// The last report.
  var report: HubReport?
  /// The manager's Lease, as last read.
  var lease: ManagerLease?
  /// The last probes of the clusters that are shown in full.
  var probes = LiveProbes()
  /// The lost connection; `nil` while the hub answers.
  var loss: ConnectionState.Loss?
  /// The time at which a lost connection was there again.
  var regained: Date?
  private var drawn: Content?

  /// Everything of a picture that is worth drawing it again.
  private struct Content: Equatable {
    var time: Date
    var loss: ConnectionState.Loss?
    var regained: Date?
    var managerRuns: Bool?
    var hasLease: Bool
    var probes: [String: ProbeAttempt]
  }

  /// Returns the picture's first line and its report if it must be drawn again.
  mutating func next(at now: Date) -> (head: StyledLine, report: HubReport)? {
    guard var report else { return nil }
    let content = Content(
      time: report.time, loss: loss, regained: regained, managerRuns: lease?.isRunning(at: now),
      hasLease: lease != nil, probes: probes.attempts)
    guard content != drawn else { return nil }
    drawn = content
    let head = head(of: report.time)
    // Ages and the Lease are those of now, unless nothing is known of now.
    if loss == nil { report.time = max(report.time, now) }
    return (head, report)
  }

  private func head(of time: Date) -> StyledLine {
    if let loss {
      return StyledLine(
        "connection lost at \(Timestamp(loss.since)), this is the state of \(Timestamp(time)): \(loss.reason)",
        .bad)
    }
    let back = regained.map { "; connected again since \(Timestamp($0))" } ?? ""
    return StyledLine("changed at \(Timestamp(time))\(back); Ctrl-C ends it")
  }
}

/// The clusters' last probes while a hub is followed, and when they are read again.
struct LiveProbes {
  /// The time between two reads.
  static let interval = Duration.seconds(15)
  /// The time between two reads while they are refused or not answered.
  static let failureInterval = Duration.seconds(300)

  /// The probes by cluster, as last read.
  private(set) var attempts: [String: ProbeAttempt] = [:]
  /// The pod that was asked last, and when it is asked again.
  private var next: (pod: String, time: ContinuousClock.Instant)?

  /// Whether the leader, which runs in `pod`, is to be asked; another leader is asked at once.
  func isDue(for pod: String, at now: ContinuousClock.Instant) -> Bool {
    guard let next, next.pod == pod else { return true }
    return next.time <= now
  }

  /// Records the answer of the leader in `pod`, as far as it is about the clusters of these names.
  /// Without an answer the earlier probes stay, and have their time.
  mutating func record(
    _ answer: ProbeReading.Answer, of pod: String, about names: Set<String>, at now: ContinuousClock.Instant
  ) {
    switch answer {
    case .attempts(let attempts): self.attempts = attempts.filter { names.contains($0.key) }
    case .forbidden: attempts = [:]
    case .unanswered: break
    }
    let isAnswered = if case .attempts = answer { true } else { false }
    next = (pod, now + (isAnswered ? LiveProbes.interval : LiveProbes.failureInterval))
  }
}
