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
  func look() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.keepHealth() }
      group.addTask { await self.keepLooking() }
      if options.probes != .disabled {
        group.addTask { await self.prober.run() }
        group.addTask { await self.gatewayProber.run() }
      }
    }
  }

  /// Records the result of a probe of a cluster; `nil` if nothing is known.
  public func note(_ probe: ProbeResult?, of cluster: String) {
    runner.update { $0.note(probe, of: cluster) }
    noteAttempt(at: cluster)
  }

  /// Records that a cluster was probed, and that the last verdict on it stands.
  private func noteAttempt(at cluster: String) {
    _ = asked.withLock { $0.clusters.insert(cluster) }
  }

  /// Whether a cluster or the gateway has not been probed yet.
  var isAsking: Bool {
    guard options.probes != .disabled else { return false }
    let (reachable, probe) = (runner.model.reachableClusters, handler.questions.servingProbe)
    return asked.withLock { asked in
      !asked.clusters.isSuperset(of: reachable) || probe.map { $0 != asked.gateway } ?? false
    }
  }

  /// The policy in force for probing clusters.
  private var probePolicy: ProbePolicy {
    if case .policy(let policy) = options.probes { return policy }
    return runner.model.facts.configuration.map { ProbePolicy($0.health) } ?? ProbePolicy()
  }

  /// Summarises the clusters' health for the configuration's status, once an interval; as each
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
  private func keepLooking() async {
    guard let probe = options.endpointProbe else { return }
    for await _ in handler.looksWanted.stream {
      while !Task.isCancelled {
        let looks = handler.questions.looks
        guard !looks.isEmpty else { break }
        let leaf = runner.model.installation.certificates.serving.leaf
        let sightings = await probe.sightings(of: looks)
        runner.update { $0.note(sightings, since: leaf) }
        try? await Task.sleep(for: options.lookInterval)
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
          return HubModel.Change()
        }
        if let clusters = changes.clusters {
          self.attempts.withLock { $0 = $0.filter { clusters.contains($0.key) } }
        }
        return changes
      },
      recordAttempt: { cluster, latency, answer in
        let attempt = ProbeAttempt(time: self.now(), latency: latency, outcome: .init(answer))
        self.attempts.withLock { $0[cluster] = attempt }
      },
      note: { result, cluster in
        if let result { self.note(result, of: cluster) } else { self.noteAttempt(at: cluster) }
      },
      noteRefusal: { self.runner.setRefusal($0, of: "cluster probes") })
  }

  private var gatewayProber: GatewayProber {
    GatewayProber(
      client: client, policy: { self.probePolicy }, probe: { self.handler.questions.servingProbe },
      note: { observation, probe in
        if let observation { self.runner.update { $0.note(observation) } }
        self.asked.withLock { $0.gateway = probe }
      },
      noteRefusal: { self.runner.setRefusal($0, of: "gateway probes") })
  }
}
