import CertificatePolicy
import GatewayAPI
public import GatewayReconcile
import KubeReconcile
import KubeRuntime
import Synchronization

/// The observations besides the API server's objects: the clusters' health, the gateway's, and the
/// certificates of its pods.
extension GatewayOperator {
  /// Observes until the task is cancelled.
  func probe() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.keepHealth() }
      group.addTask { await self.keepProbing() }
      if options.probes != .disabled {
        group.addTask { await self.prober.run() }
        group.addTask { await self.gatewayProber.run() }
      }
    }
  }

  /// Records the result of a probe of a cluster; `nil` if nothing is known.
  public func record(_ probe: ProbeResult?, of cluster: String) {
    runner.update { $0.record(probe, of: cluster) }
    recordAttempt(at: cluster)
  }

  /// Records that a cluster was probed, and that the last verdict on it stands.
  private func recordAttempt(at cluster: String) {
    _ = asked.withLock { $0.clusters.insert(cluster) }
  }

  /// Whether a cluster has not been probed yet, or an answer of the gateway is awaited.
  var isAsking: Bool {
    guard options.probes != .disabled else { return false }
    let (reachable, probe) = (runner.model.reachableClusters, handler.requestedProbes.servingProbe)
    return asked.withLock { asked in
      !asked.clusters.isSuperset(of: reachable) || probe.map { $0 != asked.gateway } ?? false
    }
  }

  /// The policy in force for probing clusters.
  private var probePolicy: ProbePolicy {
    if case .policy(let policy) = options.probes { return policy }
    return runner.model.facts.configuration.map { ProbePolicy($0.health) } ?? ProbePolicy()
  }

  /// Summarizes the clusters' health for the configuration's status, once an interval; as each
  /// summary is a write, the interval grows up to tenfold while the summaries keep changing.
  private func keepHealth() async {
    var reported: FleetMeasures?
    var interval = options.healthInterval
    while !Task.isCancelled {
      let isChanging = runner.model.isFleetHealthStale
      runner.update { $0.sumUpFleetHealth() }
      interval = isChanging ? min(interval * 2, options.healthInterval * 10) : options.healthInterval
      let measures = runner.model.measures
      if measures != reported { FleetReporter.report(measures) }
      reported = measures
      try? await Task.sleep(for: interval)
    }
  }

  /// Probes the endpoints for as long as plans request it.
  private func keepProbing() async {
    guard let probe = options.endpointProbe else { return }
    for await _ in handler.probeRequests.stream {
      while !Task.isCancelled {
        let targets = handler.requestedProbes.endpoints
        guard !targets.isEmpty else { break }
        let leaf = runner.model.installation.certificates.serving.leaf
        let observations = await probe.observations(of: targets)
        runner.update { $0.record(observations, since: leaf) }
        try? await Task.sleep(for: options.endpointProbeInterval)
      }
    }
  }

  private var prober: ClusterProber {
    ClusterProber(
      client: client, policy: { self.probePolicy },
      changes: {
        var changes = ReachabilityChanges()
        guard self.runner.isSynced else { return changes }
        self.runner.update { model in
          changes = model.takeReachabilityChanges()
          return HubCache.Change()
        }
        if let clusters = changes.clusters {
          self.attempts.withLock { $0 = $0.filter { clusters.contains($0.key) } }
        }
        return changes
      },
      recordAttempt: { cluster, latency, result in
        let attempt = ProbeAttempt(time: self.now(), latency: latency, result: result)
        self.attempts.withLock { $0[cluster] = attempt }
      },
      record: { result, cluster in
        if let result { self.record(result, of: cluster) } else { self.recordAttempt(at: cluster) }
      },
      recordRefusal: { self.runner.setRefusal($0, of: "cluster probes") })
  }

  private var gatewayProber: GatewayProber {
    GatewayProber(
      client: client, policy: { self.probePolicy }, probe: { self.handler.requestedProbes.servingProbe },
      record: { serves, probe in self.runner.update { $0.record(serves, by: probe) } },
      isReportedBroken: { self.handler.requestedProbes.reportsBrokenGateway },
      recordEnd: { probe in self.asked.withLock { $0.gateway = probe } },
      recordRefusal: { self.runner.setRefusal($0, of: "gateway probes") })
  }
}
