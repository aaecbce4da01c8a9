import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeMemory
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// The chain from a cluster's acceptance to its answer, which `explain` shows.
@Suite(.timeLimit(.minutes(5))) struct ClusterChainTests {
  /// A broken link, and the expected words about it.
  struct Break: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let step: ClusterChain.Step
    /// Words of the problem and the remedy.
    let says: [String]
    /// The code of the problem.
    let code: String
    var cluster = "a"
    let change: @Sendable (inout MemoryAPIServer) throws -> Void
  }

  private static let addOn = ObjectKey(ManagedClusterAddOn.type, namespace: "a", name: "cluster-gateway")
  private static let cluster = ObjectKey(ManagedCluster.type, name: "a")
  private static let credential = ObjectKey(
    Secret.type, namespace: OCMHub.direct.secretNamespace, name: "a")

  private static func condition(_ type: String, _ status: Condition.Status, reason: String) -> Condition {
    Condition(
      type: type, status: status, reason: reason, message: "words", lastTransitionTime: ReportHub.time)
  }

  private static func delete(_ key: ObjectKey) -> @Sendable (inout MemoryAPIServer) throws -> Void {
    { try $0.require(.delete(key), at: ReportHub.time) }
  }

  private static func merge(_ key: ObjectKey, _ patch: JSONValue)
    -> @Sendable (inout MemoryAPIServer) throws -> Void
  {
    {
      try $0.require(
        .mergePatch(key, patch, options: WriteOptions(fieldManager: "x")), at: ReportHub.time)
    }
  }

  private static func set(_ key: ObjectKey, _ condition: Condition)
    -> @Sendable (inout MemoryAPIServer) throws -> Void
  {
    { try $0.set([condition], on: key) }
  }

  static let breaks: [Break] = [
    Break(
      testDescription: "no such cluster", step: .accepted,
      says: ["there is no ManagedCluster c", "kubectl get"], code: "ClusterMissing",
      cluster: "c", change: { _ in }),
    Break(
      testDescription: "no ClusterManagementAddOn", step: .installed, says: ["no ClusterManagementAddOn"],
      code: "NotInstalled",
      change: delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))),
    Break(
      testDescription: "not accepted", step: .accepted, says: ["does not accept", "clusteradm accept"],
      code: "ClusterNotAccepted",
      change: merge(cluster, ["spec": ["hubAcceptsClient": false]])),
    Break(
      testDescription: "not joined", step: .joined, says: ["Denied", "clusteradm accept"],
      code: "ClusterNotJoined",
      change: set(cluster, condition("ManagedClusterJoined", .false, reason: "Denied"))),
    Break(
      testDescription: "unavailable", step: .available, says: ["LeaseUpdateStopped", "klusterlet"],
      code: "ClusterUnknown",
      change: set(
        cluster, condition("ManagedClusterConditionAvailable", .unknown, reason: "LeaseUpdateStopped"))),
    Break(
      testDescription: "opts out", step: .selected,
      says: ["opts out", "`kubectl annotate managedcluster a addon.open-cluster-management.io/"],
      code: "ClusterExcluded",
      change: merge(
        cluster,
        ["metadata": ["annotations": .object([OCMAnnotations.disableAutomaticInstallation: "true"])]])),
    Break(
      testDescription: "no add-on", step: .enabled, says: ["there is no", "Lease"],
      code: "AddOnNotEnabled", change: delete(addOn)),
    Break(
      testDescription: "no agent", step: .agent, says: ["is not enabled", "clusteradm addon enable"],
      code: "TokenAgentUnavailable",
      change: delete(ObjectKey(ManagedClusterAddOn.type, namespace: "a", name: "managed-serviceaccount"))),
    Break(
      testDescription: "no identity", step: .account, says: ["there is no", "Lease"],
      code: "CredentialMissing",
      change: delete(ObjectKey(ManagedServiceAccount.type, namespace: "a", name: "cluster-gateway"))),
    Break(
      testDescription: "no token", step: .token, says: ["no token", "managed-serviceaccount"],
      code: "TokenMissing",
      change: delete(ObjectKey(Secret.type, namespace: "a", name: "cluster-gateway"))),
    Break(
      testDescription: "rights not applied", step: .rights, says: ["have not reached", "ManifestWork"],
      code: "WorkNotApplied",
      change: set(
        ObjectKey(ManifestWork.type, namespace: "a", name: "addon-cluster-gateway-deploy-0"),
        condition("Applied", .false, reason: "Failed"))),
    Break(
      testDescription: "no credential", step: .credential, says: ["there is no", "Lease"],
      code: "CredentialMissing",
      change: delete(credential)),
    Break(
      testDescription: "an older token", step: .credential, says: ["has not yet written", "Lease"],
      code: "ManagerNotRunning",
      change: merge(credential, ["data": ["token": "YW4ub2xkLm9uZQ=="]])),
    Break(
      testDescription: "no gateway", step: .gateway, says: ["not available", "status"],
      code: "GatewayNotAvailable",
      change: set(
        ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev"),
        condition("Available", .false, reason: "MissingEndpoints"))),
    Break(
      testDescription: "no answer", step: .probe, says: ["ProbeFailed", "explain a --probe", "healthz"],
      code: "ProbeFailed",
      change: set(addOn, condition("Available", .false, reason: "ProbeFailed"))),
  ]

  private func chain(of name: String, _ server: MemoryAPIServer) async throws -> (
    chain: ClusterChain, requests: [KubeRequest]
  ) {
    let transport = CountingTransport(InMemoryCluster(server, now: { ReportHub.time }))
    let reading = try await ClusterSnapshot(KubeClient(transport, fieldManager: "test")).read(name)
    return (reading.chain(at: ReportHub.time), transport.requests)
  }

  @Test func `on a converged hub every link holds, but for what no stand-in reports`() async throws {
    let (chain, requests) = try await chain(of: "a", ReportHub.shared.value)
    #expect(chain.firstBroken == nil, "\(String(describing: chain.firstBroken))")
    #expect(chain.links.map(\.step) == ClusterChain.Step.allCases)
    for link in chain.links where link.step != .agent {
      if case .holds = link.state { continue }
      Issue.record("\(link)")
    }
    #expect(requests.count <= ClusterSnapshot.maximumRequests)
    #expect(requests.allSatisfy { !$0.isWrite && !$0.isWatch })
  }

  @Test func `the last valid configuration is in force without a configuration`() async throws {
    var server = try await ReportHub.shared.value
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    let answer = server.handle(.delete(key), at: ReportHub.time)
    #expect(answer.status.code < 300)
    let (chain, requests) = try await chain(of: "a", server)
    #expect(chain.firstBroken == nil, "\(String(describing: chain.firstBroken))")
    #expect(requests.count <= ClusterSnapshot.maximumRequests + 1)
  }

  @Test(arguments: breaks)
  func `the first broken link is named with its remedy, in few requests`(_ broken: Break) async throws {
    var server = try await ReportHub.shared.value
    try broken.change(&server)
    let (chain, requests) = try await chain(of: broken.cluster, server)
    let first = try #require(chain.firstBroken, "\(chain.links)")
    #expect(first.step == broken.step && first.code == broken.code, "\(first)")
    guard case .broken(let problem, let remedy) = first.state else {
      Issue.record("\(first)")
      return
    }
    for words in broken.says {
      #expect("\(problem) \(remedy)".contains(words), "\(words): \(problem); \(remedy)")
    }
    #expect(requests.count <= ClusterSnapshot.maximumRequests, "\(requests.map(\.target))")
    // Lists are of the cluster's own namespace, or of the configurations.
    let lists = requests.filter { $0.path.last.map { ResourceNames.plurals.contains($0) } ?? false }
    #expect(
      lists.allSatisfy { $0.path.contains(broken.cluster) || $0.path.last == "clustergatewayconfigurations" })
  }

  @Test func `what can't be read is unknown, and not broken`() async throws {
    var server = try await ReportHub.shared.value
    server.setAuthorization(.rbac, at: ReportHub.time)
    let hub = InMemoryCluster(server, now: { ReportHub.time })
    let client = KubeClient(
      hub.transport(as: .serviceAccount(namespace: "default", name: "nobody")), fieldManager: "test")
    let reading = try await ClusterSnapshot(client).read("a")
    let chain = reading.chain(at: ReportHub.time)
    #expect(chain.firstBroken == nil, "\(chain.links)")
    #expect(!reading.gaps.isEmpty)
  }

  @Test func `a probe that was just made counts, and not what was reported`() async throws {
    let server = try await ReportHub.shared.value
    var reading = try await ClusterSnapshot(
      KubeClient(InMemoryCluster(server, now: { ReportHub.time }), fieldManager: "test")
    ).read("a")
    reading.cluster.probe = .failed(reason: "the cluster refuses the gateway's credential")
    #expect(reading.chain(at: ReportHub.time).firstBroken?.step == .probe)
    #expect(reading.chain(at: ReportHub.time).verdict == .notReached)
  }

  @Test(arguments: breaks.filter { $0.cluster == "a" && $0.step != .probe && $0.step != .installed })
  func `whether a cluster is reached agrees with the probe, whichever link is broken`(_ broken: Break)
    async throws
  {
    var server = try await ReportHub.shared.value
    try broken.change(&server)
    var reading = try await ClusterSnapshot(
      KubeClient(InMemoryCluster(server, now: { ReportHub.time }), fieldManager: "test")
    ).read("a")
    reading.cluster.probe = .reached
    var chain = reading.chain(at: ReportHub.time)
    #expect(chain.verdict == .reachedDespite(broken.step))
    #expect(chain.links.last?.state == .holds("asked just now"))
    reading.cluster.probe = .failed(reason: "no route to it")
    chain = reading.chain(at: ReportHub.time)
    #expect(chain.verdict == .notReached)
    guard case .broken(let problem, _) = chain.links.last?.state else {
      Issue.record("\(chain.links)")
      return
    }
    #expect(problem == "no route to it")
    // Without a probe, the manager's last report is not taken for an answer.
    reading.cluster.probe = nil
    let verdict = reading.chain(at: ReportHub.time).verdict
    #expect(verdict == .doubtful(broken.step) || verdict == .notReached)
  }
}

/// The plurals with which the path of a list ends.
private enum ResourceNames {
  static let plurals = Set((GatewayKinds.all + [Secret.type]).map(\.plural))
}
