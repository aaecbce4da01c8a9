import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime
import Logging
import Metrics
import Synchronization

/// Reports requests that the API server refuses, and objects that another program keeps changing
/// back: each once in the log and as an Event, and missing rights by the gauge
/// `gateway_rights_missing` for as long as they last.
final class RefusalReporter: Sendable {
  private let logger: Logger
  private let known = Mutex<Set<Problem>>([])

  private struct Problem: Hashable {
    var verb: String
    var resource: String
    var namespace: String
    var text: String
    var remedy: String?
    var code: Finding.Code
  }

  init(logger: Logger) { self.logger = logger }

  /// Reports the current refusals, as Events of `configuration`.
  func report(
    writes: [Refusal], watches: Set<ObjectSelection>, on configuration: DynamicObject?,
    by recorder: EventRecorder?
  ) {
    var problems = Set(
      writes.map { refusal in
        // The server's message is in the finding: it may change while the problem stays.
        let isContended = refusal.cause == .contended
        return Problem(
          verb: refusal.verb, resource: refusal.resource, namespace: refusal.target.namespace ?? "",
          text: isContended ? refusal.problemWithObject : "the API server refuses to \(refusal)",
          remedy: isContended ? refusal.contentionRemedy : nil, code: refusal.cause.code)
      })
    for selection in watches {
      problems.insert(
        Problem(
          verb: "list", resource: selection.type.qualifiedPlural, namespace: selection.namespace ?? "",
          text: "the API server refuses to list and watch \(selection)", code: .rightsMissing))
    }
    let before = known.withLock { known in
      defer { known = problems }
      return known
    }
    for problem in problems.subtracting(before).sorted(by: { $0.text < $1.text }) {
      let message = problem.text + (problem.remedy.map { "; " + $0 } ?? "")
      logger.warning("\(message)")
      gauge(problem)?.record(1)
      guard let recorder, let configuration else { continue }
      recorder.record(configuration, .warning, reason: problem.code.rawValue, message: message)
    }
    for problem in before.subtracting(problems) {
      logger.info("no longer: \(problem.text)")
      gauge(problem)?.record(0)
    }
  }

  private func gauge(_ problem: Problem) -> Gauge? {
    guard problem.code == .rightsMissing else { return nil }
    return Gauge(
      label: "gateway_rights_missing",
      dimensions: [
        ("verb", problem.verb), ("resource", problem.resource), ("namespace", problem.namespace),
      ])
  }
}
