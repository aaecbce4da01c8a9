import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile

/// The state of a hub as a document for programs.
struct StatusDocument {
  let report: HubReport
  let lease: ManagerLease?
  let view: StatusView
  /// The clusters' last probes, as far as they are known.
  var probes: [String: ProbeAttempt] = [:]

  var json: JSONValue {
    let clusters = view.clusters(of: report)
    return .fields([
      "at": Timestamp(report.time).json,
      "gateway": gateway,
      "manager": lease.map(manager),
      "summary": summary(clusters),
      "clusters": .array(clusters.map { StatusDocument.cluster($0, probes[$0.name]) }),
      "certificates": CertificateDocument(inventory: report.certificates, now: report.time).json,
      "unread": GapsDocument.json(report.gaps),
    ])
  }

  private var gateway: JSONValue {
    let gateway = report.gateway
    let (isAvailable, problem): (Bool?, String?) =
      switch gateway.health {
      case .available: (true, nil)
      case .unavailable(let reason): (false, reason)
      case .unknown(let reason): (nil, reason)
      }
    return .fields([
      "available": isAvailable.map { .bool($0) },
      "problem": problem.map { .string($0) },
      "configuration": gateway.configurationName.map { .string($0) },
      "image": gateway.configuration.map { .string($0.image) },
      "installNamespace": gateway.configuration.map { .string($0.installNamespace) },
      "secretNamespace": gateway.configuration.map { .string($0.secretNamespace) },
      "egress": gateway.configuration.map { .string($0.egress.type.name) },
      "replicas": gateway.replicas.map(StatusDocument.replicas),
      "conditions": gateway.conditions.json,
      "apiService": gateway.apiService?.json,
      "pendingChanges": .integer(gateway.pendingChanges),
      "pendingCertificates": .integer(gateway.pendingCertificates),
      "findings": .array(gateway.findings.map(PlanDocument.finding)),
    ])
  }

  private static func replicas(_ replicas: GatewayReport.Replicas) -> JSONValue {
    [
      "ready": .integer(replicas.ready), "updated": .integer(replicas.updated),
      "wanted": .integer(replicas.wanted),
    ]
  }

  private func manager(_ lease: ManagerLease) -> JSONValue {
    guard case .held(let holder, let renewed, _) = lease else {
      return .fields(["running": lease.isRunning(at: report.time).map { .bool($0) }])
    }
    return .fields([
      "running": lease.isRunning(at: report.time).map { .bool($0) }, "instance": .string(holder),
      "renewed": Timestamp(renewed).json,
    ])
  }

  private func summary(_ clusters: [ClusterReport]) -> JSONValue {
    let fleet = FleetReport(clusters)
    return [
      "clusters": .integer(fleet.count), "healthy": .integer(fleet.healthy),
      "groups": .array(fleet.groups.map(StatusDocument.group)),
    ]
  }

  private static func group(_ group: FleetReport.Group) -> JSONValue {
    .fields([
      "health": .string(group.health.rawValue), "reason": .string(group.reason),
      "message": .string(group.message), "count": .integer(group.names.count),
      "clusters": .array(group.names.map { .string($0) }),
      "documentation": Troubleshooting.json(group.reason),
    ])
  }

  private static func cluster(_ cluster: ClusterReport, _ probe: ProbeAttempt?) -> JSONValue {
    let isHealthy = cluster.health == .healthy
    return .fields([
      "name": .string(cluster.name),
      "health": .string(cluster.health.rawValue),
      "reason": isHealthy ? nil : .string(cluster.reason),
      "message": isHealthy ? nil : .string(cluster.message),
      "documentation": isHealthy ? nil : Troubleshooting.json(cluster.reason),
      "enabled": .bool(cluster.isEnabled),
      "conditions": cluster.conditions.json,
      "manifestWork": cluster.work.map(work),
      "identity": cluster.identity.map(identity),
      "probe": probe?.json,
      "pendingChanges": .integer(cluster.pendingChanges),
      "findings": .array(cluster.findings.map(PlanDocument.finding)),
    ])
  }

  private static func work(_ work: ClusterReport.Work) -> JSONValue {
    .fields([
      "name": .string(work.name), "applied": work.applied?.json,
      "manifests": .array(work.manifests.map(manifest)),
    ])
  }

  private static func manifest(_ manifest: ClusterReport.Work.Manifest) -> JSONValue {
    .fields([
      "kind": .string(manifest.kind), "namespace": manifest.namespace.map { .string($0) },
      "name": .string(manifest.name), "applied": .string(manifest.applied.rawValue),
    ])
  }

  private static func identity(_ identity: ClusterReport.Identity) -> JSONValue {
    .fields([
      "account": identity.account.map { .string($0) },
      "since": identity.since.map { Timestamp($0).json },
      "tokenIssued": identity.tokenIssued.map { Timestamp($0).json },
      "tokenExpires": identity.tokenExpires.map { Timestamp($0).json },
      "credential": .string(identity.credential.rawValue),
      "lacksAgent": identity.lacksAgent ? true : nil,
    ])
  }
}
