import GatewayManager
import GatewayReconcile
import KubeCore
import KubeRuntime
import KubeTransport

/// The clusters' last probes.
enum ProbeReading {
  /// The answer to the question for the leader's last probes.
  enum Answer: Sendable, Equatable {
    /// The probes, by cluster.
    case attempts([String: ProbeAttempt])
    /// The reader may not get `pods/proxy`.
    case forbidden
    /// The leader, or what is between it and the API server, has given no answer.
    case unanswered
  }

  /// The port of `/debug/state`, unless the manager runs with another.
  private static let port = 48081
  /// The number of concurrent probes.
  private static let width = 16

  /// Asks the leader, which runs in `pod`, for its last probes, by its `/debug/state`.
  static func last(_ client: KubeClient, pod: String, namespace: String) async -> Answer {
    var request = KubeRequest.raw(
      path: "/api/v1/namespaces/\(namespace)/pods/\(pod):\(port)/proxy/debug/state")
    request.isRepeatable = false
    request.timeout = .seconds(2)
    do {
      return .attempts(ProbeAttempt.attempts(in: try await client.json(request)))
    } catch let error as KubeError where error.isMissingRight {
      return .forbidden
    } catch {
      return .unanswered
    }
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
          return (name, ProbeAttempt(time: clock.now, latency: latency, result: result))
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
