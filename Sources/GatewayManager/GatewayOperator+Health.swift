import GatewayAPI
public import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeRuntime
import KubeTransport
import Synchronization

/// The clusters' health: how they are probed, and where the verdicts are shown.
extension GatewayOperator {
  /// Notes what came of attempts to reach a cluster through the gateway; `nil` tells that nothing can be said.
  public func note(_ probe: ProbeResult?, of cluster: String) {
    let keys = state.withLock { state in
      state.asked.insert(cluster)
      return state.model.note(probe, of: cluster).keys
    }
    for key in keys { queue.add(key) }
  }

  /// Notes that a cluster was asked, and that the last verdict on it stands.
  private func noteAttempt(at cluster: String) {
    _ = state.withLock { $0.asked.insert(cluster) }
  }

  /// The policy by which clusters are asked now.
  private var probePolicy: ProbePolicy {
    if case .policy(let policy) = options.probes { return policy }
    let health = state.withLock { $0.model.facts.configuration?.health }
    return health.map { ProbePolicy($0) } ?? ProbePolicy()
  }

  /// Sums up the clusters' health for the configuration's status from time to time.
  func keepHealth() async {
    while !Task.isCancelled {
      update { state in [state.model.sumUpFleetHealth()] }
      try? await Task.sleep(for: options.healthInterval)
    }
  }

  var prober: ClusterProber {
    ClusterProber(
      client: client, policy: { self.probePolicy },
      targets: {
        self.state.withLock { state in
          guard state.isSynced else { return ([], []) }
          return (Set(state.model.reachableClusters), state.model.takeReachabilityChanges())
        }
      },
      note: { result, cluster in
        if let result { self.note(result, of: cluster) } else { self.noteAttempt(at: cluster) }
      },
      noteRefusal: { self.note($0, of: .clusterProbe) })
  }

  var gatewayProber: GatewayProber {
    GatewayProber(
      client: client, policy: { self.probePolicy },
      probe: { self.state.withLock { $0.servingProbe } },
      note: { observation, probe in
        let keys = self.state.withLock { state in
          state.askedGateway = probe
          return observation.map { state.model.note($0).keys } ?? []
        }
        for key in keys { self.queue.add(key) }
      },
      noteRefusal: { self.note($0, of: .gatewayProbe) })
  }

  /// Has the gateway note a cluster's health on a Secret that a person made.
  ///
  /// The gateway may answer an error after it has written: what counts is what the Secret shows. The answer
  /// holds the credential, and is neither kept nor logged.
  func pass(_ report: HealthReport) async throws {
    let gateway = ObjectKey(ClusterGateway.type, name: report.cluster)
    let body: JSONValue = [
      "apiVersion": .string(ClusterGateway.type.apiVersion), "kind": .string(ClusterGateway.type.kind),
      "metadata": ["name": .string(report.cluster)],
      "status": ["healthy": .bool(report.isHealthy), "healthyReason": .string(report.reason)],
    ]
    do {
      _ = try await client.bytes(.replace(gateway, with: body, subresource: "health"))
      note(nil, of: .healthReport)
    } catch let error as KubeError {
      if error.isMissingRight {
        note(
          Refusal(
            verb: "update", target: gateway, subresource: "health", cause: .rightsMissing,
            message: String((error.status?.message ?? "").prefix(Refusal.maximumMessage))),
          of: .healthReport)
        return
      }
      // A gateway without the subresource shows nothing; a cluster that it doesn't know yet is tried again.
      let isUnknownCluster = error.status?.details?.name == report.cluster
      if error.httpStatus == 405 || error.httpStatus == 404 && !isUnknownCluster { return }
      let secret = try await client.find(
        Secret.self, namespace: report.secretNamespace, name: report.cluster)
      let noted = secret?.metadata.annotations[GatewayAnnotations.healthy]?.lowercased()
      guard noted != (report.isHealthy ? "true" : "false") else { return }
      throw HealthReportFailure(cluster: report.cluster, status: error.httpStatus)
    }
  }
}

/// A gateway that did not note a cluster's health.
private struct HealthReportFailure: Error, CustomStringConvertible {
  var cluster: String
  var status: Int?

  var description: String {
    "the gateway did not note the health of cluster \(cluster)\(status.map { " (\($0))" } ?? "")"
  }
}
