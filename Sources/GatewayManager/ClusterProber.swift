import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeTransport

/// How the manager sees whether clusters answer through the gateway.
public struct ProbePolicy: Sendable, Hashable {
  /// How long after an answer a cluster is asked again. One that didn't answer is asked three times as often.
  public var interval: Duration
  /// How long a cluster may take to answer.
  public var timeout: Duration
  /// How many times in a row a cluster must not answer before that is told: once is no outage.
  public var failureThreshold: Int
  /// How many clusters are asked at a time.
  public var parallelism: Int

  /// A policy; by default every 30 seconds, 5 seconds for an answer, 3 failures, 16 clusters at a time.
  public init(
    interval: Duration = .seconds(30), timeout: Duration = .seconds(5), failureThreshold: Int = 3,
    parallelism: Int = 16
  ) {
    self.interval = interval
    self.timeout = timeout
    self.failureThreshold = max(1, failureThreshold)
    self.parallelism = max(1, parallelism)
  }
}

/// Asks every cluster for its health by the way that the gateway's users go: aggregator, gateway, egress
/// identity, cluster.
///
/// Clusters that hang hold nobody up: they are asked last, and no longer than the policy's timeout.
struct ClusterProber: Sendable {
  /// What came of asking once.
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

  private struct Record {
    var next: ContinuousClock.Instant
    var failures = 0
  }

  let client: KubeClient
  let policy: ProbePolicy
  /// The clusters that the gateway should be able to reach now.
  let targets: @Sendable () -> [String]
  /// Takes in what is to be told of a cluster; `nil` for as long as nothing is.
  let note: @Sendable (_ result: ProbeResult?, _ cluster: String) -> Void
  /// Takes in that the hub doesn't let the manager ask, or `nil` that it does.
  let noteRefusal: @Sendable (Refusal?) -> Void

  /// Asks until the task is cancelled.
  func run() async {
    let clock = ContinuousClock()
    var records: [String: Record] = [:]
    while !Task.isCancelled {
      let now = clock.now
      let names = Set(targets())
      records = records.filter { names.contains($0.key) }
      let due = names.filter { records[$0].map { $0.next <= now } ?? true }
        .sorted { (records[$0]?.failures ?? 0, $0) < (records[$1]?.failures ?? 0, $1) }
      await ask(due) { name, answer in
        var record = records[name] ?? Record(next: now)
        switch answer {
        case .reached:
          record.failures = 0
          note(.reached, name)
        case .failed(let reason):
          record.failures = min(record.failures + 1, policy.failureThreshold)
          note(record.failures < policy.failureThreshold ? nil : .failed(reason: reason), name)
        case .inconclusive:
          note(nil, name)
        case .forbidden(let message):
          note(nil, name)
          noteRefusal(
            Refusal(
              verb: "get", target: ObjectKey(ClusterGateway.type, name: name), subresource: "proxy",
              cause: .rightsMissing, message: String(message.prefix(Refusal.maximumMessage))))
        }
        if answer == .reached { noteRefusal(nil) }
        record.next = clock.now + (answer == .reached ? policy.interval : policy.interval / 3)
        records[name] = record
      }
      try? await clock.sleep(for: min(.milliseconds(250), policy.interval))
    }
  }

  private func ask(_ clusters: [String], _ take: (String, Answer) -> Void) async {
    await withTaskGroup(of: (String, Answer).self) { group in
      for (index, name) in clusters.enumerated() {
        if index >= policy.parallelism, let (name, answer) = await group.next() { take(name, answer) }
        group.addTask { (name, await ask(name)) }
      }
      for await (name, answer) in group { take(name, answer) }
    }
  }

  private func ask(_ cluster: String) async -> Answer {
    await withTaskGroup(of: Answer.self) { group in
      group.addTask { await answer(of: cluster) }
      // Of the whole attempt: what is below may try again and again.
      group.addTask {
        do { try await client.clock.sleep(for: policy.timeout) } catch { return .inconclusive }
        return .failed("the cluster does not answer through the gateway within \(policy.timeout)")
      }
      defer { group.cancelAll() }
      return await group.next() ?? .inconclusive
    }
  }

  private func answer(of cluster: String) async -> Answer {
    let gateway = ClusterGateway.type
    let path = "apis/\(gateway.apiVersion)/\(gateway.plural)/\(cluster)/proxy/healthz"
    do {
      _ = try await client.bytes(.raw(path: path))
      return .reached
    } catch let error as KubeError {
      return Answer(error)
    } catch {
      return .inconclusive
    }
  }
}

extension ClusterProber.Answer {
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
