public import GatewayAPI
package import GatewayReconcile
import KubeCore
import KubeReconcile
package import KubeTransport

/// The policy by which the manager probes clusters through the gateway.
public struct ProbePolicy: Sendable, Hashable {
  /// The time between an answer and the next probe of a cluster. A cluster that doesn't answer is
  /// probed again within seconds until ``failureThreshold`` is reached, and then after one
  /// interval, two, four and so on, up to five minutes.
  public var interval: Duration
  /// The time within which a cluster must answer.
  public var timeout: Duration
  /// The number of consecutive failures after which the cluster's condition reports the failure.
  public var failureThreshold: Int
  /// The number of concurrent probes; at most half of them are of clusters that failed last.
  public var concurrency: Int

  /// Creates a policy.
  public init(
    interval: Duration = .seconds(60), timeout: Duration = .seconds(5), failureThreshold: Int = 3,
    concurrency: Int = 64
  ) {
    self.interval = interval
    self.timeout = timeout
    self.failureThreshold = max(1, failureThreshold)
    self.concurrency = max(1, concurrency)
  }

  /// Creates the policy of a valid configuration.
  public init(_ health: ClusterGatewayConfiguration.Health) {
    self.init(
      interval: health.intervalDuration.length, timeout: health.timeoutDuration.length,
      failureThreshold: Int(health.failureThreshold),
      concurrency: Int(health.concurrency))
  }

  /// The longest time between two attempts, unless the interval is longer.
  static let longestDelay = Duration.seconds(300)
  /// The time between a failure and the next probe while the failures are below the threshold.
  var repeatDelay: Duration { min(interval, .seconds(2)) }
}

/// Probes the health of every cluster on the path of the gateway's users: aggregator, gateway,
/// egress identity, cluster.
struct ClusterProber: Sendable {
  private enum Event: Sendable {
    case tick
    /// A cluster that waits may be probed.
    case start
    case attempt(String, ProbeResult, latency: Duration)
  }

  let client: KubeClient
  /// The current policy.
  let policy: @Sendable () -> ProbePolicy
  /// The changes of the probed clusters since the last call.
  let changes: @Sendable () -> ReachabilityChanges
  /// Records every attempt, and how long it took.
  var recordAttempt: @Sendable (_ cluster: String, _ latency: Duration, _ result: ProbeResult) -> Void = {
    _, _, _ in
  }
  /// Records the result of an attempt; `nil` if the last verdict stands.
  let record: @Sendable (_ result: ProbeResult?, _ cluster: String) -> Void
  /// Records that the hub forbids the probes, or with `nil` that it allows them.
  let recordRefusal: @Sendable (Refusal?) -> Void

  /// Probes until the task is cancelled.
  func run() async {
    let clock = ContinuousClock()
    let start = clock.now
    var policy = policy()
    var schedule = ProbeSchedule(policy)
    var awaitsStart = false
    await withTaskGroup(of: Event.self) { group in
      group.addTask { .tick }
      while let event = await group.next(), !Task.isCancelled {
        let now = clock.now - start
        switch event {
        case .tick:
          policy = self.policy()
          schedule.setPolicy(policy, at: now)
          let changes = changes()
          // At the start, or when the gateway comes back, every cluster is new.
          for name in changes.hurried { schedule.hurry(name, at: now) }
          if let clusters = changes.clusters { schedule.setClusters(clusters, at: now) }
          schedule.advance(to: now)
          let pause = min(.milliseconds(250), policy.interval)
          group.addTask {
            try? await clock.sleep(for: pause)
            return .tick
          }
        case .start: awaitsStart = false
        case .attempt(let name, let result, let latency):
          recordAttempt(name, latency, result)
          let failures = schedule.record(hasAnswered: result == .reached, of: name, at: now)
          evaluate(result, of: name, isClear: failures >= policy.failureThreshold)
        }
        while let name = schedule.next(at: now) {
          let timeout = policy.timeout
          group.addTask {
            let start = clock.now
            let result = await ask(name, timeout: timeout)
            return .attempt(name, result, latency: clock.now - start)
          }
        }
        if !awaitsStart, let pause = schedule.pause(at: now) {
          awaitsStart = true
          group.addTask {
            try? await clock.sleep(for: pause)
            return .start
          }
        }
      }
      group.cancelAll()
    }
  }

  private func evaluate(_ result: ProbeResult, of name: String, isClear: Bool) {
    switch result {
    case .reached:
      recordRefusal(nil)
      record(.reached, name)
    case .failed, .inconclusive: record(isClear ? result : nil, name)
    case .forbidden:
      record(.forbidden, name)
      recordRefusal(
        Refusal(
          verb: "get", target: ObjectKey(ClusterGateway.type, name: name), subresource: "proxy",
          cause: .rightsMissing, message: "a SelfSubjectAccessReview denies it"))
    }
  }

  /// Probes a cluster once.
  func ask(_ cluster: String, timeout: Duration) async -> ProbeResult {
    await withTaskGroup(of: ProbeResult.self) { group in
      group.addTask { await answer(of: cluster) }
      // The timeout covers the whole attempt, including the wait for a connection.
      group.addTask {
        do { try await client.clock.sleep(for: timeout) } catch { return .inconclusive }
        return .failed(reason: "the cluster does not answer through the gateway within \(timeout)")
      }
      defer { group.cancelAll() }
      return await group.next() ?? .inconclusive
    }
  }

  private func answer(of cluster: String) async -> ProbeResult {
    let gateway = ClusterGateway.type
    let path = "apis/\(gateway.apiVersion)/\(gateway.plural)/\(cluster)/proxy/healthz"
    // A failure is an answer, not a reason to retry.
    var request = KubeRequest.raw(path: path)
    request.isRepeatable = false
    do {
      // The body is the cluster's, of any length.
      try await client.complete(request)
      return .reached
    } catch let error as KubeError {
      let result = ProbeResult(error)
      return result == .forbidden ? await confirmedRefusal(of: cluster) : result
    } catch {
      return .inconclusive
    }
  }

  /// The result of a probe that was answered with a refusal in the hub's form, which a cluster can
  /// give, too.
  private func confirmedRefusal(of cluster: String) async -> ProbeResult {
    let gateway = ClusterGateway.type
    let right = RequiredRight(
      namespace: nil,
      rule: PolicyRule(
        verbs: ["get"], apiGroups: [gateway.group], resources: ["\(gateway.plural)/proxy"],
        resourceNames: [cluster]),
      reasons: [])
    guard let rows = try? await RightsReview(client, of: .caller).rows([right]) else { return .inconclusive }
    return rows.allSatisfy(\.missing.isEmpty) ? .reached : .forbidden
  }
}

extension ProbeResult {
  /// The result of a 503, the cluster's own or that of a gateway that serves nothing.
  package static let serviceUnavailable = ProbeResult(status: 503)

  /// Creates the result of a probe that was answered with a server's error.
  init(status: Int) {
    self = .failed(reason: "the cluster does not answer through the gateway (\(status))")
  }

  /// Probes one cluster once on the path of the gateway's users; returns the result of that
  /// attempt.
  package static func asking(_ cluster: String, through client: KubeClient, timeout: Duration) async
    -> ProbeResult
  {
    let prober = ClusterProber(
      client: client, policy: { ProbePolicy() }, changes: { ReachabilityChanges() }, record: { _, _ in },
      recordRefusal: { _ in })
    return await prober.ask(cluster, timeout: timeout)
  }

  /// Creates the result of a probe that ended in a refusal by the hub, the gateway or the cluster
  /// itself, whose text stays the same for as long as its reason does.
  fileprivate init(_ error: KubeError) {
    let isAboutGateway = error.status?.details?.group == ClusterGateway.type.group
    switch error.httpStatus {
    // The cluster has authenticated the gateway; its rights are the configuration's business.
    case 403?: self = isAboutGateway ? .forbidden : .reached
    case 401?: self = .failed(reason: "the cluster refuses the gateway's credential")
    case 404?:
      self = isAboutGateway ? .failed(reason: "the gateway does not know the cluster") : .inconclusive
    case let status? where status >= 500: self.init(status: status)
    default: self = .inconclusive
    }
  }
}
