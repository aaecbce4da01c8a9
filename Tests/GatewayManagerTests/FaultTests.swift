import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Logging
import OCMSimulator
import Synchronization
import Testing

/// The manager, with its watches and its queue, on a hub where requests fail.
@Suite struct FaultTests {
  /// The manager waits seconds for what takes microseconds here.
  static let haste = 50

  static let kinds: [Fault] =
    Fault.prompt + [
      // The most harmful fault is the likeliest: a write that took effect although its answer says otherwise.
      .responseLost, .responseLost, .requestLost, .responseHangs, .requestHangs,
      .refusal(status: 410, reason: "Expired"), .refusal(status: 503, reason: "ServiceUnavailable"),
      .bodyCut(afterBytes: 400), .bodyCut(afterBytes: 5000),
    ]

  /// The hub's state without the parts that depend on its history: uids, versions, times, random
  /// material.
  static func endState(_ server: MemoryAPIServer) -> [String] {
    let types: [ResourceType] = [
      ManagedClusterAddOn.type, ManagedServiceAccount.type, ManifestWork.type, Deployment.type,
      APIService.type,
      Service.type, ServiceAccount.type, ClusterRole.type, ClusterRoleBinding.type, Role.type,
      RoleBinding.type,
      Secret.type, ConfigMap.type, Namespace.type, ClusterManagementAddOn.type,
    ]
    return types.flatMap { type in
      server.objects(type).map { object in
        "\(type.kind) \(object.metadata.namespace ?? "")/\(object.metadata.name) "
          + JSONWriter(secrets: .revealed).text(withoutHistory(object.json, isSecret: type.kind == "Secret"))
      }
    }
  }

  private static let volatile: Set<String> = [
    "uid", "resourceVersion", "creationTimestamp", "generation", "observedGeneration", "managedFields",
    "lastTransitionTime", "caBundle", "expirationTimestamp", "lastRefreshTimestamp", "lastUpdateTime",
  ]

  private static func withoutHistory(_ json: JSONValue, isSecret: Bool) -> JSONValue {
    switch json {
    case .object(let object):
      return .object(
        JSONObject(
          object.filter { !volatile.contains($0.key) }.map { member in
            // Only the names of these count: their content differs from run to run.
            let isNamesOnly = (isSecret && member.key == "data") || member.key == "annotations"
            guard isNamesOnly, let values = member.value.object else {
              return (member.key, withoutHistory(member.value, isSecret: isSecret))
            }
            return (member.key, .array(values.map { .string($0.key) }))
          }))
    case .array(let elements): return .array(elements.map { withoutHistory($0, isSecret: isSecret) })
    default: return json
    }
  }

  /// Runs the manager on a fresh hub with two clusters until nothing is left to do; `nil` if it
  /// doesn't get there in time.
  static func run(_ plan: FaultPlan, retries: Bool) async throws -> (
    state: [String]?, injected: Int, why: String
  ) {
    let time = Date(timeIntervalSince1970: 1_796_083_200)
    var server = MemoryAPIServer(at: time)
    try OCMHub(configuration: OCMHub.direct).install(on: &server, at: time)
    for cluster in ["one", "two"] { try Registration().join(cluster, on: &server, at: time) }
    let hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
    let others = Task {
      let simulators = SimulatedControllers.ocmHub()
      var version: UInt64?
      while !Task.isCancelled {
        let before = version
        version = await hub.withServer { server in
          if server.resourceVersion != before { simulators.converge(on: &server, at: time) }
          return server.resourceVersion
        }
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
    defer { others.cancel() }
    let clock = HastyClock(factor: haste)
    let faulty = FaultTransport(hub, plan: plan, clock: clock)
    let transport: any Transport = retries ? RetryingTransport(faulty, clock: clock) : faulty
    let client = KubeClient(transport, fieldManager: ManagerIdentity.fieldManager, clock: clock)
    let manager = GatewayOperator(
      // A probe's verdict may come before or after the rest.
      client, options: GatewayOperator.Options(probes: .disabled),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
    let report = await manager.converge(within: .seconds(240))
    let isDone = report.isIdle && !report.findings.contains { $0.severity == .awaiting }
    return (
      isDone ? endState(await hub.snapshot) : nil, faulty.injected.count,
      "\(report.failures) \(report.findings.map(\.description))"
    )
  }

  /// `FAULT_PLANS` asks for more plans than an ordinary run has time for.
  @Test(.timeLimit(.minutes(15)))
  func `the end state is the same whatever requests fail`() async throws {
    let count = ProcessInfo.processInfo.environment["FAULT_PLANS"].flatMap { Int($0) } ?? 16
    let reference = try await Self.run(FaultPlan(), retries: false)
    let expected = try #require(reference.state, "\(reference.why)")
    #expect(expected.contains { $0.hasPrefix("Secret open-cluster-management-credentials/two") })
    try await withThrowingTaskGroup(of: Int.self) { group in
      var injected = 0
      // Their timeouts go by a clock that is too fast: they must not wait for each other.
      let atOnce = 2 * ProcessInfo.processInfo.activeProcessorCount
      for seed in 0..<count {
        if seed >= atOnce { injected += try await group.next() ?? 0 }
        group.addTask {
          let plan = FaultPlan(
            seed: UInt64(seed), count: 1 + seed % 8, among: 100,
            scope: seed % 3 == 0 ? .writes : .everything, kinds: Self.kinds)
          let outcome = try await Self.run(plan, retries: seed % 2 == 1)
          if let state = outcome.state {
            let difference = state.difference(from: expected)
            #expect(difference.isEmpty, "seed \(seed): \(plan.faults): \(difference)")
          } else {
            Issue.record("seed \(seed): not converged: \(plan.faults): \(outcome.why)")
          }
          return outcome.injected
        }
      }
      for try await number in group { injected += number }
      // The plans weren't for nothing.
      #expect(injected > count)
    }
  }
}

/// A clock that runs faster by a factor.
struct HastyClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  let factor: Int
  private let start = ContinuousClock.now

  init(factor: Int) { self.factor = factor }

  var now: Instant { Instant(offset: start.duration(to: .now) * factor) }
  var minimumResolution: Duration { .microseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try await ContinuousClock().sleep(until: start.advanced(by: deadline.offset / factor), tolerance: nil)
  }
}
