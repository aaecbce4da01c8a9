public import GatewayAPI
package import GatewayReconcile
import KubeCore
import KubeReconcile
package import KubeTransport

/// How the manager sees whether clusters answer through the gateway.
public struct ProbePolicy: Sendable, Hashable {
  /// How long after an answer a cluster is asked again. One that doesn't answer is asked again within seconds until
  /// that is clear, and from then on after an interval, two, four …, up to five minutes.
  public var interval: Duration
  /// How long a cluster may take to answer.
  public var timeout: Duration
  /// How many times in a row a cluster must not answer before its condition says so: once is no outage.
  public var failureThreshold: Int
  /// How many clusters are asked at a time; of those that failed last half as many.
  public var concurrency: Int

  /// A policy; by default every 60 seconds, 5 seconds for an answer, 3 failures, 64 clusters at a time.
  public init(
    interval: Duration = .seconds(60), timeout: Duration = .seconds(5), failureThreshold: Int = 3,
    concurrency: Int = 64
  ) {
    self.interval = interval
    self.timeout = timeout
    self.failureThreshold = max(1, failureThreshold)
    self.concurrency = max(1, concurrency)
  }

  /// The policy that a valid configuration asks for.
  public init(_ health: ClusterGatewayConfiguration.Health) {
    self.init(
      interval: health.intervalDuration.length, timeout: health.timeoutDuration.length,
      failureThreshold: Int(health.failureThreshold),
      concurrency: Int(health.concurrency))
  }

  /// The longest time between two attempts, unless the interval is longer.
  static let longestDelay = Duration.seconds(300)
  /// How long after a failure a cluster is asked again while the verdict isn't clear.
  var repeatDelay: Duration { min(interval, .seconds(2)) }
}

/// Asks every cluster for its health by the way that the gateway's users go: aggregator, gateway, egress
/// identity, cluster.
struct ClusterProber: Sendable {
  /// What one attempt has shown.
  enum Answer: Sendable, Hashable {
    /// The cluster answered.
    case reached
    /// It did not, and why in words that stay the same for as long as the reason does.
    case failed(String)
    /// The question didn't get far enough to say anything about the cluster.
    case inconclusive
    /// The hub doesn't let the manager ask; the server's message.
    case forbidden(String)
  }

  private enum Event: Sendable {
    case tick
    case answer(String, Answer)
  }

  let client: KubeClient
  /// How clusters are asked now.
  let policy: @Sendable () -> ProbePolicy
  /// The changes since the last call of which clusters are to be asked.
  let changes: @Sendable () -> ReachabilityChanges
  /// Takes in what an attempt says of a cluster; `nil` where the last verdict stands.
  let note: @Sendable (_ result: ProbeResult?, _ cluster: String) -> Void
  /// Takes in that the hub doesn't let the manager ask, or `nil` that it does.
  let noteRefusal: @Sendable (Refusal?) -> Void

  /// Asks until the task is cancelled.
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
        case .answer(let name, let answer):
          let failures = schedule.note(answer.outcome, of: name, at: now)
          take(answer, of: name, isClear: failures >= policy.failureThreshold)
        }
        while let name = schedule.next() {
          let timeout = policy.timeout
          group.addTask { .answer(name, await ask(name, timeout: timeout)) }
        }
      }
      group.cancelAll()
    }
  }

  private func take(_ answer: Answer, of name: String, isClear: Bool) {
    switch answer {
    case .reached:
      noteRefusal(nil)
      note(.reached, name)
    case .failed(let reason): note(isClear ? .failed(reason: reason) : nil, name)
    case .inconclusive: note(isClear ? .inconclusive : nil, name)
    case .forbidden(let message):
      note(.forbidden, name)
      noteRefusal(
        Refusal(
          verb: "get", target: ObjectKey(ClusterGateway.type, name: name), subresource: "proxy",
          cause: .rightsMissing, message: String(message.prefix(Refusal.maximumMessage))))
    }
  }

  /// One attempt.
  func ask(_ cluster: String, timeout: Duration) async -> Answer {
    await withTaskGroup(of: Answer.self) { group in
      group.addTask { await answer(of: cluster) }
      // Of the whole attempt, the wait for a connection included.
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
    // Its failure is the answer.
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
  /// Asks one cluster once, by the way that its users go; the result of that one attempt.
  package static func asking(_ cluster: String, through client: KubeClient, timeout: Duration) async
    -> ProbeResult
  {
    let prober = ClusterProber(
      client: client, policy: { ProbePolicy() }, changes: { ReachabilityChanges() }, note: { _, _ in },
      noteRefusal: { _ in })
    return switch await prober.ask(cluster, timeout: timeout) {
    case .reached: .reached
    case .failed(let reason): .failed(reason: reason)
    case .inconclusive: .inconclusive
    case .forbidden: .forbidden
    }
  }
}

extension ClusterProber.Answer {
  /// What the next attempt depends on.
  var outcome: ProbeSchedule.Outcome {
    switch self {
    case .reached: .answered
    case .failed: .failed
    case .inconclusive, .forbidden: .inconclusive
    }
  }

  /// What a refusal says about the cluster, whether the hub, the gateway or the cluster itself refused.
  init(_ error: KubeError) {
    let details = error.status?.details
    let isAboutGateway = details?.group == ClusterGateway.type.group
    switch error.httpStatus {
    case 403?:
      // The cluster knows who asks; what it grants is the configuration's business.
      self = isAboutGateway ? .forbidden(error.status?.message ?? "\(error)") : .reached
    case 401?: self = .failed("the cluster refuses the gateway's credential")
    case 404?:
      self = isAboutGateway ? .failed("the gateway does not know the cluster") : .inconclusive
    case let status? where status >= 500:
      self = .failed("the cluster does not answer through the gateway (\(status))")
    default: self = .inconclusive
    }
  }
}
