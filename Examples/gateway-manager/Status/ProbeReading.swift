import GatewayManager
import GatewayReconcile
import KubeCore
import KubeTransport

/// The clusters' last probes.
enum ProbeReading {
  /// The port of `/debug/state`, unless the operator runs with another.
  private static let port = 48081
  /// The number of concurrent probes.
  private static let width = 16

  /// Returns the leader's last probes by cluster, from its `/debug/state`. There are none without a
  /// leader in a pod, and for a reader who may not get `pods/proxy`.
  static func last(_ client: KubeClient, lease: ManagerLease, namespace: String) async -> [String:
    ProbeAttempt]
  {
    guard let pod = lease.pod else { return [:] }
    var request = KubeRequest.raw(
      path: "/api/v1/namespaces/\(namespace)/pods/\(pod):\(port)/proxy/debug/state")
    request.isRepeatable = false
    request.timeout = .seconds(2)
    return ProbeAttempt.attempts(in: (try? await client.json(request)) ?? nil)
  }

  /// Probes the clusters through the gateway now.
  static func now(
    _ clusters: [String], through client: KubeClient, clock: ServerClock, timeout: Duration
  ) async -> [String: ProbeAttempt] {
    await withTaskGroup(of: (String, ProbeAttempt).self) { group in
      var rest = clusters.makeIterator()
      func next() {
        guard let name = rest.next() else { return }
        group.addTask {
          let start = ContinuousClock.now
          let result = await ProbeResult.asking(name, through: client, timeout: timeout)
          let latency = ContinuousClock.now - start
          return (name, ProbeAttempt(time: clock.now, latency: latency, outcome: .init(result)))
        }
      }
      for _ in 0..<width { next() }
      var attempts: [String: ProbeAttempt] = [:]
      for await (name, attempt) in group {
        attempts[name] = attempt
        next()
      }
      return attempts
    }
  }
}
