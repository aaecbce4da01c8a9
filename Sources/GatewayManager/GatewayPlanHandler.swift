import CertificatePolicy
import GatewayAPI
public import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile
public import KubeRuntime
import KubeTransport
import Logging
import Synchronization

/// The effects of the gateway's plans besides writes: issues certificates, records the endpoints to
/// probe, and reports findings and decisions.
final class GatewayPlanHandler: PlanHandler {
  typealias Model = HubCache

  /// The probes that the newest plan of the installation requests.
  struct RequestedProbes: Sendable {
    var endpoints: [EndpointTarget] = []
    var servingProbe: ServingProbe?
    /// Whether that plan reports that the gateway doesn't serve.
    var reportsBrokenGateway = false
  }

  private let client: KubeClient
  private let logger: Logger
  private let certificateReporter = CertificateReporter()
  private let refusalReporter: RefusalReporter
  private let findingReporter: FindingReporter
  private let newest = Mutex(RequestedProbes())
  /// A stream that yields when there are endpoints to probe.
  let probeRequests = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  init(_ client: KubeClient, logger: Logger) {
    self.client = client
    self.logger = logger
    refusalReporter = RefusalReporter(logger: logger)
    findingReporter = FindingReporter(logger: logger)
  }

  /// The probes that the newest plan of the installation requests.
  var requestedProbes: RequestedProbes { newest.withLock { $0 } }

  func willApply(
    _ plan: GatewayPlan, for key: ReconcileKey, at time: Date, in runner: ControllerRunner<HubCache>
  ) {
    if key == .installation {
      newest.withLock {
        $0 = RequestedProbes(
          endpoints: plan.endpointProbes, servingProbe: plan.servingProbe,
          reportsBrokenGateway: plan.findings.contains { $0.code == "GatewayNotServing" })
      }
      if !plan.endpointProbes.isEmpty { probeRequests.continuation.yield() }
      certificateReporter.report(runner.model.installation, at: time, by: runner.recorder)
    }
    findingReporter.report(plan.findings, of: key)
  }

  func didApply(
    of plan: GatewayPlan, for key: ReconcileKey, outcome: PlanApplier.Outcome,
    in runner: ControllerRunner<HubCache>
  ) async throws {
    // Each change of the refusals causes a plan of the installation.
    if key == .installation { reportRefusals(in: runner) }
    // A certificate does not wait for an object that the server refuses.
    if key == .installation, outcome.failure?.isRefusal ?? true {
      let isHeldBack = outcome.heldBack.contains { $0.target.type == Secret.type }
      try issue(plan.issuanceRequests, hasFailed: outcome.failure != nil || isHeldBack, in: runner)
    }
    if let failure = outcome.failure { throw failure }
    if let report = plan.healthReport { try await record(report, in: runner) }
  }

  private func reportRefusals(in runner: ControllerRunner<HubCache>) {
    let model = runner.model
    let configuration = model.facts.configurationName.flatMap {
      model.object(ClusterGatewayConfiguration.type.groupKind, namespace: nil, name: $0)
    }
    refusalReporter.report(
      writes: model.refusals, watches: runner.refusedSelections, on: configuration, by: runner.recorder)
    findingReporter.report(conditionsOf: configuration, by: runner.recorder)
  }

  /// Issues the certificates that a plan requests. Issued certificates are kept until a plan has
  /// stored them: after a refusal of their Secret, or while it is held back, the next attempt
  /// stores the same certificate instead of a new one.
  private func issue(
    _ requests: [IssuanceRequest], hasFailed: Bool, in runner: ControllerRunner<HubCache>
  ) throws {
    let (certificates, failure) = CertificateIssuer.issue(requests, for: runner.model.installation)
    let replaced = Set(certificates.map(\.request.id))
    runner.update { model in
      model.issued.removeAll { !hasFailed || replaced.contains($0.request.id) }
      model.issued += certificates
      return HubCache.Change(keys: certificates.isEmpty ? [] : [.installation])
    }
    for certificate in certificates {
      logger.info("issued \(certificate.request.id)", metadata: ["reason": "\(certificate.request.reason)"])
    }
    if let failure { throw failure }
  }

  /// Has the gateway record a cluster's health on a Secret that a person created.
  ///
  /// The gateway may answer with an error after it has written, so the Secret decides. The answer
  /// holds the credential, and is neither kept nor logged.
  private func record(_ report: HealthReport, in runner: ControllerRunner<HubCache>) async throws {
    let gateway = ObjectKey(ClusterGateway.type, name: report.cluster)
    let body: JSONValue = [
      "apiVersion": .string(ClusterGateway.type.apiVersion), "kind": .string(ClusterGateway.type.kind),
      "metadata": ["name": .string(report.cluster)],
      "status": ["healthy": .bool(report.isHealthy), "healthyReason": .string(report.reason)],
    ]
    let request = "health reports"
    do {
      try await client.complete(.replace(gateway, with: body, subresource: "health"))
      runner.setRefusal(nil, of: request)
    } catch let error as KubeError {
      if let refusal = Refusal(missingRight: error, verb: "update", target: gateway, subresource: "health") {
        runner.setRefusal(refusal, of: request)
        return
      }
      // A gateway without the subresource shows nothing; an unknown cluster is retried.
      let isUnknownCluster = error.status?.details?.name == report.cluster
      if error.httpStatus == 405 || error.httpStatus == 404 && !isUnknownCluster { return }
      let secret = try await client.find(
        Secret.self, namespace: report.secretNamespace, name: report.cluster)
      let recorded = secret?.metadata.annotations[GatewayAnnotations.healthy]?.lowercased()
      guard recorded != (report.isHealthy ? "true" : "false") else { return }
      throw HealthReportFailure(cluster: report.cluster, status: error.httpStatus)
    }
  }
}

extension PKIError: DisplayableError {}

/// A failure of the gateway to record a cluster's health.
private struct HealthReportFailure: DisplayableError {
  var cluster: String
  var status: Int?

  var description: String {
    "the gateway did not record the health of cluster \(cluster)\(status.map { " (\($0))" } ?? "")"
  }
}
