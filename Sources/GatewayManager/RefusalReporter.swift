import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime
import Logging
import Metrics
import Synchronization

/// Reports requests that the API server refuses: each once in the log and as an Event, and by the
/// gauge `gateway_rights_missing` for as long as it lasts.
final class RefusalReporter: Sendable {
  private let logger: Logger
  private let known = Mutex<Set<Problem>>([])

  private struct Problem: Hashable {
    var verb: String
    var resource: String
    var namespace: String
    var text: String
    var isRight: Bool
  }

  init(logger: Logger) { self.logger = logger }

  /// Reports the current refusals, as Events of `configuration`.
  func report(
    writes: [Refusal], watches: Set<ObjectSelection>, on configuration: DynamicObject?,
    by recorder: EventRecorder?
  ) {
    var problems = Set(
      writes.map { refusal in
        Problem(
          verb: refusal.verb, resource: refusal.resource, namespace: refusal.target.namespace ?? "",
          text: "\(refusal)", isRight: refusal.cause == .rightsMissing)
      })
    for selection in watches {
      problems.insert(
        Problem(
          verb: "list", resource: selection.type.qualifiedPlural, namespace: selection.namespace ?? "",
          text: "list and watch \(selection)", isRight: true))
    }
    let before = known.withLock { known in
      defer { known = problems }
      return known
    }
    for problem in problems.subtracting(before).sorted(by: { $0.text < $1.text }) {
      logger.warning("the API server refuses to \(problem.text)")
      gauge(problem)?.record(1)
      guard let recorder, let configuration else { continue }
      recorder.record(
        configuration, .warning,
        reason: (problem.isRight ? Finding.Code.rightsMissing : .writeRejected).rawValue,
        message: "the API server refuses to \(problem.text)")
    }
    for problem in before.subtracting(problems) {
      logger.info("the API server no longer refuses to \(problem.text)")
      gauge(problem)?.record(0)
    }
  }

  private func gauge(_ problem: Problem) -> Gauge? {
    guard problem.isRight else { return nil }
    return Gauge(
      label: "gateway_rights_missing",
      dimensions: [
        ("verb", problem.verb), ("resource", problem.resource), ("namespace", problem.namespace),
      ])
  }
}
