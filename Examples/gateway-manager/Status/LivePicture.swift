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
  }

  /// Returns the picture's first line and its report if it must be drawn again.
  mutating func next(at now: Date) -> (head: StyledLine, report: HubReport)? {
    guard var report else { return nil }
    let content = Content(
      time: report.time, loss: loss, regained: regained, managerRuns: lease?.isRunning(at: now),
      hasLease: lease != nil)
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
