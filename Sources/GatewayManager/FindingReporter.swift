import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime
import Logging
import Metrics
import Synchronization

/// Reports the plans' findings and the changes of the configuration's conditions: each finding once
/// in the log and, while it lasts, by the gauge `gateway_findings`; each transition of a condition
/// as an Event.
final class FindingReporter: Sendable {
  private let logger: Logger
  private let state = Mutex(State())

  /// The identity of a finding, which doesn't depend on its wording.
  private struct Identity: Hashable {
    var severity: Finding.Severity
    var code: Finding.Code
    var object: ObjectKey?

    init(_ finding: Finding) {
      severity = finding.severity
      code = finding.code
      object = finding.object
    }
  }

  private struct Series: Hashable {
    var severity: Finding.Severity
    var code: String
  }

  private struct State {
    var known: [ReconcileKey: Set<Identity>] = [:]
    var counts: [Series: Int] = [:]
    var conditions: [String: Condition.Status]?
  }

  /// The findings without an Event here: refusals and certificates have reporters of their own.
  private static let reportedElsewhere: Set<Finding.Code> = [
    .rightsMissing, .writeRejected, .requestFailing, .kindNotServed, .contended,
  ]

  init(logger: Logger) { self.logger = logger }

  /// Records the findings of the newest plan for `key`.
  func report(_ findings: [Finding], of key: ReconcileKey) {
    var identities: Set<Identity> = []
    var fresh: [Finding] = []
    let (resolved, counts) = state.withLock { state in
      let before = state.known[key] ?? []
      for finding in findings where identities.insert(Identity(finding)).inserted {
        if !before.contains(Identity(finding)) { fresh.append(finding) }
      }
      state.known[key] = identities.isEmpty ? nil : identities
      var changed: Set<Series> = []
      func count(_ identities: Set<Identity>, by amount: Int) {
        for identity in identities {
          let series = Series(severity: identity.severity, code: identity.code.rawValue)
          state.counts[series, default: 0] += amount
          changed.insert(series)
        }
      }
      let resolved = before.subtracting(identities)
      count(identities.subtracting(before), by: 1)
      count(resolved, by: -1)
      return (resolved, changed.map { ($0, state.counts[$0] ?? 0) })
    }
    for (series, count) in counts {
      Gauge(
        label: "gateway_findings",
        dimensions: [("severity", series.severity.rawValue), ("code", series.code)]
      ).record(count)
    }
    for finding in fresh where !Self.reportedElsewhere.contains(finding.code) {
      logger.log(level: finding.severity.level, "\(finding)")
    }
    for identity in resolved where !Self.reportedElsewhere.contains(identity.code) {
      logger.log(
        level: min(identity.severity.level, .info),
        "no longer: \(identity.code)\(identity.object.map { ": \($0)" } ?? "")")
    }
  }

  /// Records the current conditions of `configuration`. Those of the first call cause no Event.
  func report(conditionsOf configuration: DynamicObject?, by recorder: EventRecorder?) {
    let conditions =
      configuration.flatMap { try? $0.decode(ClusterGatewayConfiguration.self) }?.status.conditions ?? []
    let now = Dictionary(conditions.map { ($0.type, $0.status) }) { first, _ in first }
    let before = state.withLock { state in
      defer { state.conditions = now }
      return state.conditions
    }
    guard let recorder, let configuration, let before else { return }
    typealias Kind = ClusterGatewayConfiguration.ConditionType
    for condition in conditions {
      guard let old = before[condition.type], old != condition.status,
        condition.type != Kind.rotating, condition.type != Kind.progressing,
        !Self.reportedElsewhere.contains(Finding.Code(rawValue: condition.reason))
      else { continue }
      let isGood = condition.status == (condition.type == Kind.degraded ? .false : .true)
      recorder.record(
        configuration, isGood ? .normal : .warning, reason: condition.reason,
        message: "\(condition.type) is \(condition.status.rawValue): \(condition.message)")
    }
  }
}

extension Finding.Severity {
  /// The level at which it is logged.
  fileprivate var level: Logger.Level {
    switch self {
    case .invalid, .error: .error
    case .warning: .warning
    case .awaiting: .info
    }
  }
}
