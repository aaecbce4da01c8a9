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
  /// The result of one attempt.
  enum Answer: Sendable, Hashable {
    /// The cluster answered.
    case reached
    /// The cluster did not answer; the reason's text stays the same for as long as the reason does.
    case failed(String)
    /// The request didn't get far enough to show anything about the cluster.
    case inconclusive
    /// The hub forbids the probe; the server's message.
    case forbidden(String)
  }

  private enum Event: Sendable {
    case tick
    case answer(String, Answer, latency: Duration)
  }

  let client: KubeClient
  /// The current policy.
  let policy: @Sendable () -> ProbePolicy
  /// The changes of the probed clusters since the last call.
  let changes: @Sendable () -> ReachabilityChanges
  /// Records every attempt, and how long it took.
  var recordAttempt: @Sendable (_ cluster: String, _ latency: Duration, _ answer: Answer) -> Void = {
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
    await withTaskGroup(of: Event.self) { group in
      group.addTask { .tick }
      while let event = await group.next(), !Task.isCancelled {
        let now = clock.now - start
        switch event {
        case .tick:
          policy = self.policy()
          schedule.setPolicy(policy, at: now)
          let changes = changes()
          if let clusters = changes.clusters { schedule.setClusters(clusters, at: now) }
          for name in changes.hurried { schedule.hurry(name, at: now) }
          schedule.advance(to: now)
          let pause = min(.milliseconds(250), policy.interval)
          group.addTask {
            try? await clock.sleep(for: pause)
            return .tick
          }
        case .answer(let name, let answer, let latency):
          recordAttempt(name, latency, answer)
          let failures = schedule.record(answer.outcome, of: name, at: now)
          evaluate(answer, of: name, isClear: failures >= policy.failureThreshold)
        }
        while let name = schedule.next() {
          let timeout = policy.timeout
          group.addTask {
            let start = clock.now
            let answer = await ask(name, timeout: timeout)
            return .answer(name, answer, latency: clock.now - start)
          }
        }
      }
      group.cancelAll()
    }
  }

  private func evaluate(_ answer: Answer, of name: String, isClear: Bool) {
    switch answer {
    case .reached:
      recordRefusal(nil)
      record(.reached, name)
    case .failed(let reason): record(isClear ? .failed(reason: reason) : nil, name)
    case .inconclusive: record(isClear ? .inconclusive : nil, name)
    case .forbidden(let message):
      record(.forbidden, name)
      recordRefusal(
        Refusal(
          verb: "get", target: ObjectKey(ClusterGateway.type, name: name), subresource: "proxy",
          cause: .rightsMissing, message: message))
    }
  }

  /// Probes a cluster once.
  func ask(_ cluster: String, timeout: Duration) async -> Answer {
    await withTaskGroup(of: Answer.self) { group in
      group.addTask { await answer(of: cluster) }
      // The timeout covers the whole attempt, including the wait for a connection.
      group.addTask {
        do { try await client.clock.sleep(for: timeout) } catch { return .inconclusive }
        return .failed("the cluster does not answer through the gateway within \(timeout)")
      }
      defer { group.cancelAll() }
      return await group.next() ?? .inconclusive
    }
  }

  private func answer(of cluster: String) async -> Answer {
    let gateway = ClusterGateway.type
    let path = "apis/\(gateway.apiVersion)/\(gateway.plural)/\(cluster)/proxy/healthz"
    // A failure is an answer, not a reason to retry.
    var request = KubeRequest.raw(path: path)
    request.isRepeatable = false
    do {
      _ = try await client.bytes(request)
      return .reached
    } catch let error as KubeError {
      return Answer(error)
    } catch {
      return .inconclusive
    }
  }
}

extension ProbeResult {
  /// Probes one cluster once on the path of the gateway's users; returns the result of that
  /// attempt.
  package static func asking(_ cluster: String, through client: KubeClient, timeout: Duration) async
    -> ProbeResult
  {
    let prober = ClusterProber(
      client: client, policy: { ProbePolicy() }, changes: { ReachabilityChanges() }, record: { _, _ in },
      recordRefusal: { _ in })
    return switch await prober.ask(cluster, timeout: timeout) {
    case .reached: .reached
    case .failed(let reason): .failed(reason: reason)
    case .inconclusive: .inconclusive
    case .forbidden: .forbidden
    }
  }
}

extension ClusterProber.Answer {
  /// The outcome, as far as the next attempt depends on it.
  var outcome: ProbeSchedule.Outcome {
    switch self {
    case .reached: .answered
    case .failed: .failed
    case .inconclusive, .forbidden: .inconclusive
    }
  }

  /// Creates the answer for a refusal by the hub, the gateway or the cluster itself.
  init(_ error: KubeError) {
    let details = error.status?.details
    let isAboutGateway = details?.group == ClusterGateway.type.group
    switch error.httpStatus {
    case 403?:
      // The cluster has authenticated the gateway; its rights are the configuration's business.
      self = isAboutGateway ? .forbidden(error.serverMessage) : .reached
    case 401?: self = .failed("the cluster refuses the gateway's credential")
    case 404?:
      self = isAboutGateway ? .failed("the gateway does not know the cluster") : .inconclusive
    case let status? where status >= 500:
      self = .failed("the cluster does not answer through the gateway (\(status))")
    default: self = .inconclusive
    }
  }
}
