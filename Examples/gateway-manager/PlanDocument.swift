import CertificatePolicy
import GatewayReconcile
import KubeCore
import KubeReconcile

/// A plan as a document for programs.
struct PlanDocument {
  let plan: GatewayPlan
  var gaps = ReaderGaps()

  var json: JSONValue {
    .fields([
      "patches": .array(plan.patches.map(PlanDocument.patch)),
      "issuanceRequests": .array(plan.issuanceRequests.map(PlanDocument.request)),
      "findings": .array(plan.findings.map(PlanDocument.finding)),
      "probes": plan.endpointProbes.isEmpty ? nil : .array(plan.endpointProbes.map { .string($0.address) }),
      "requeueAfterSeconds": plan.requeueAfter.map { .integer($0.components.seconds) },
      "unread": GapsDocument.json(gaps),
    ])
  }

  static func object(_ key: ObjectKey) -> JSONValue {
    .fields([
      "apiVersion": .string(key.type.apiVersion),
      "kind": .string(key.type.kind),
      "namespace": key.namespace.map { .string($0) },
      "name": .string(key.name),
    ])
  }

  private static func patch(_ patch: ObjectPatch) -> JSONValue {
    let precondition: JSONValue
    switch patch.precondition {
    case .absent: precondition = ["absent": true]
    case .uid(let uid): precondition = ["uid": .string(uid)]
    case .uidAndResourceVersion(let uid, let version):
      precondition = ["uid": .string(uid), "resourceVersion": .string(version)]
    }
    return .fields([
      "target": object(patch.target),
      "operation": .string(patch.operationName),
      "subresource": patch.subresource.map { .string($0) },
      "precondition": precondition,
      "dependency": patch.dependency.map(object),
      "reason": .string(patch.reason),
      "body": patch.body,
    ])
  }

  static func request(_ request: IssuanceRequest) -> JSONValue {
    .fields([
      "id": .string(request.id),
      "purpose": .string(request.purpose.rawValue),
      "commonName": .string(request.commonName),
      "dnsNames": request.dnsNames.jsonUnlessEmpty,
      "algorithm": .string(request.algorithm.rawValue),
      "notBefore": Timestamp(request.notBefore).json,
      "notAfter": Timestamp(request.notAfter).json,
      "issuerFingerprint": request.issuerFingerprint.map { .string($0) },
      "reason": .string(request.reason),
    ])
  }

  static func finding(_ finding: Finding) -> JSONValue {
    .fields([
      "severity": .string(finding.severity.rawValue),
      "code": .string(finding.code.rawValue),
      "object": finding.object.map(object),
      "cluster": finding.cluster.map { .string($0) },
      "problem": .string(finding.problem),
      "remedy": .string(finding.remedy),
      "awaitedFrom": finding.awaitedFrom.map { .string($0) },
      "documentation": Troubleshooting.json(finding.code.rawValue),
    ])
  }
}
