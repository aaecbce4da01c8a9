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
  private let metrics: (any MetricsFactory)?
  private let known = Mutex<Set<Problem>>([])

  /// A request, as far as its right is concerned: several problems may be about the same.
  private struct Request: Hashable {
    var verb: String
    var resource: String
    var namespace: String
  }

  private struct Problem: Hashable {
    var request: Request
    var text: String
    var remedy: String?
    var code: Finding.Code
  }

  /// Creates a reporter; without `metrics` they go to the bootstrapped ones.
  init(logger: Logger, metrics: (any MetricsFactory)? = nil) {
    self.logger = logger
    self.metrics = metrics
  }

  /// Reports the current refusals, as Events of `configuration`.
  func report(
    writes: [Refusal], watches: Set<ObjectSelection>, on configuration: DynamicObject?,
    by recorder: EventRecorder?
  ) {
    var problems = Set(
      writes.map { refusal in
        // The server's message is in the finding: it may change while the problem stays.
        let isOwnText = [.contended, .unserved].contains(refusal.cause)
        return Problem(
          request: Request(
            verb: refusal.verb, resource: refusal.resource, namespace: refusal.target.namespace ?? ""),
          text: isOwnText ? refusal.problemWithObject : "the API server refuses to \(refusal)",
          remedy: isOwnText ? refusal.remedy : nil, code: refusal.cause.code)
      })
    let unserved = writes.filter { $0.cause == .unserved }.map(\.target.type)
    for selection in watches where !unserved.contains(selection.type) {
      problems.insert(
        Problem(
          request: Request(
            verb: "list", resource: selection.type.qualifiedPlural, namespace: selection.namespace ?? ""),
          text: "the API server refuses to list and watch \(selection)", code: .rightsMissing))
    }
    let before = known.withLock { known in
      defer { known = problems }
      return known
    }
    for problem in problems.subtracting(before).sorted(by: { $0.text < $1.text }) {
      let message = problem.text + (problem.remedy.map { "; " + $0 } ?? "")
      logger.warning("\(message)")
      guard let recorder, let configuration else { continue }
      recorder.record(configuration, .warning, reason: problem.code.rawValue, message: message)
    }
    for problem in before.subtracting(problems) { logger.info("no longer: \(problem.text)") }
    let missing = Self.missingRights(problems)
    for request in Self.missingRights(before).union(missing) {
      gauge(request).record(missing.contains(request) ? 1 : 0)
    }
  }

  private static func missingRights(_ problems: Set<Problem>) -> Set<Request> {
    Set(problems.filter { $0.code == .rightsMissing }.map(\.request))
  }

  private func gauge(_ request: Request) -> Gauge {
    Gauge(
      label: "gateway_rights_missing",
      dimensions: [
        ("verb", request.verb), ("resource", request.resource), ("resource_namespace", request.namespace),
      ], factory: metrics ?? MetricsSystem.factory)
  }
}
