import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsCoordination
import KubeKindsCore
import KubeKindsEvents
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import Logging
import OCMSimulator
import Synchronization
import Testing

/// The manager with exactly the rights that follow from its table of managed objects.
@Suite(.timeLimit(.minutes(20))) struct RightsTests {
  @Test func `from installation to clean-up nothing is forbidden`() async throws {
    let life = try await RightsLife.shared.value
    #expect(life.forbidden == [])
    #expect(life.stages.count > 10)
  }

  @Test func `each right that is taken away is named by a finding where it is needed`() async throws {
    let life = try await RightsLife.shared.value
    var tried = 0
    for right in RightsLife.rights.flatMap(\.single) where !right.isUsedElsewhere {
      var needing = life.stages.filter { stage in stage.asked.contains { [right].allow($0) } }
      // What is held since a role grants it, or bound, is needed where roles and bindings are written.
      if needing.isEmpty { needing = life.stages.filter { $0.writesRoles(in: right.namespace) } }
      // With OwnerReferencesPermissionEnforcement `delete` is needed to patch an owner reference.
      if right.rule.verbs == ["delete"] {
        var patching = right
        patching.rule.verbs = ["patch"]
        needing += life.stages.filter { stage in
          stage.name.contains("by hand") && stage.asked.contains { [patching].allow($0) }
        }
      }
      var named = false
      for stage in needing.prefix(6) where !named {
        let findings = try await RightsLife.findings(from: stage, without: right)
        named = findings.contains { right.isNamed(by: $0) }
      }
      #expect(named, "no finding names \(right.rule.description) in \(right.namespace ?? "the cluster")")
      tried += 1
    }
    #expect(tried > 60)
  }

  /// The rights are those for a configuration that still describes the tunnel.
  @Test func `the copies for the tunnel go with the rights for direct egress`() async throws {
    let life = try await RightsLife.shared.value
    let stage = try #require(life.stages.last { $0.name == "egress through the tunnel" })
    var server = stage.server
    var spec = OCMHub.tunneled
    spec.egress.type = .direct
    try RightsLife.configure(spec, on: &server)
    let table = GatewayTable(configuration: spec.defaulted())
    try RightsLife.grant(table.rights, on: &server)
    func copies(_ server: MemoryAPIServer) -> [String] {
      server.objects(Secret.self, namespace: spec.installNamespace).map(\.metadata.name)
        .filter { ["proxy-client", "proxy-server-ca"].contains($0) }
    }
    #expect(copies(server).count == 2)
    let hub = RightsLife.hub(server)
    var rounds = ConvergenceRounds(RightsLife.client(hub))
    var findings: [Finding] = []
    for _ in 0..<12 {
      findings = try await rounds.next(at: RightsLife.time).plan.findings
      await hub.withServer { _ = RightsLife.others.converge(on: &$0, at: RightsLife.time) }
    }
    #expect(copies(await hub.snapshot) == [])
    #expect(!findings.contains { $0.code == "RightsMissing" })
  }

  @Test func `the rights to the Lease suffice to lead, and each is needed`() async throws {
    let stage = try #require(await RightsLife.shared.value.stages.last { $0.name == "clusters join" })
    let rights = RightsLife.rights.flatMap(\.single)
    let ofLease = rights.filter { $0.rule.resources == ["leases"] }
    #expect(ofLease.count == 3)
    for missing in [nil] + ofLease {
      var server = stage.server
      try RightsLife.grant(rights.filter { $0 != missing }, on: &server)
      let hub = RightsLife.hub(server)
      let notes = RightsLife.Notes(hub.transport(as: RightsLife.user))
      let elector = LeaderElector(
        KubeClient(notes, fieldManager: ManagerIdentity.fieldManager), namespace: OCMHub.addOnNamespace,
        name: ManagerIdentity.leaseName, identity: "me",
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
      let leading = Task { try await elector.run {} }
      if let missing {
        for _ in 0..<6000 where notes.forbidden.withLock({ $0.isEmpty }) {
          try await Task.sleep(for: .milliseconds(10))
        }
        leading.cancel()
        _ = await leading.result
        #expect(notes.forbidden.withLock { !$0.isEmpty }, "\(missing.rule.description)")
      } else {
        try await leading.value
        #expect(notes.forbidden.withLock { $0 } == [])
        let lease = await hub.snapshot.object(
          Lease.self, namespace: OCMHub.addOnNamespace, name: ManagerIdentity.leaseName)
        #expect(lease != nil && lease?.spec.holderIdentity?.isEmpty != false)
      }
    }
  }

  @Test func `a watch that is refused is named by a finding`() async throws {
    let table = GatewayTable(configuration: OCMHub.direct.defaulted())
    for selection in table.requiredSelections {
      let watch = try #require(selection.access.last)
      try await expect("list and watch \(selection);", without: [watch], probes: .disabled)
    }
  }

  @Test func `a probe that is refused is named by a finding`() async throws {
    let group = ClusterGateway.type.group
    let list = ResourceAccess(verb: "list", group: group, resource: "clustergateways")
    let proxy = ResourceAccess(
      verb: "get", group: group, resource: "clustergateways", subresource: "proxy", name: "a")
    try await expect(
      "list clustergateways.\(group):", without: [.resource(list)], probes: .policy(ProbePolicy()))
    try await expect(
      "get clustergateways.\(group)/proxy", without: [.resource(proxy)], probes: .policy(ProbePolicy()))
  }

  @Test func `an Event that is refused is named by a finding`() async throws {
    // Reading the Event's subject is refused too. A streaming list needs only the right to watch.
    let deployments = ["list", "watch"].map { verb in
      ResourceAccess(
        verb: verb, group: "apps", resource: "deployments", namespace: "vela-system",
        name: "gateway-deployment")
    }
    let events = ResourceAccess(
      verb: "create", group: "events.k8s.io", resource: "events", namespace: "default")
    try await expect(
      "create events.events.k8s.io in namespace default",
      without: deployments.map { .resource($0) } + [.resource(events)], probes: .disabled)
  }

  /// Expects a finding of the running manager with these words if it lacks the rights to
  /// `refused`.
  private func expect(
    _ words: String, without refused: [AccessAttributes], probes: GatewayOperator.Probes
  ) async throws {
    let stage = try #require(await RightsLife.shared.value.stages.last { $0.name == "clusters join" })
    var server = stage.server
    let rights = RightsLife.rights.flatMap(\.single).filter { right in
      !refused.contains { $0.verb == right.rule.verbs.first && [right].allow($0) }
    }
    try RightsLife.grant(rights, on: &server)
    let client = KubeClient(
      RightsLife.hub(server).transport(as: RightsLife.user), fieldManager: ManagerIdentity.fieldManager,
      clock: HastyClock(factor: 50))
    let gateway = GatewayOperator(
      client, options: .init(probes: probes, eventInstance: "test"),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { RightsLife.time })
    let running = Task { await gateway.run() }
    var isNamed = false
    // A busy machine may be slow; that must not fail the test.
    for _ in 0..<6000 where !isNamed {
      isNamed = gateway.report().findings.contains {
        $0.code == "RightsMissing" && $0.problem.contains(words)
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    running.cancel()
    await running.value
    #expect(isNamed, "no finding says \(words)")
  }

  @Test func `a cluster leaves and tokens are copied while another right is missing`() async throws {
    let life = try await RightsLife.shared.value
    let stage = try #require(life.stages.first { $0.name == "clusters join" })
    let right = RequiredRight(
      namespace: "vela-system",
      rule: PolicyRule(verbs: ["list", "watch"], apiGroups: ["apps"], resources: ["deployments"]), reasons: []
    )
    var server = stage.server
    try RightsLife.grant(RightsLife.rights.flatMap(\.single).filter { !$0.overlaps(right) }, on: &server)
    let hub = RightsLife.hub(server)
    var rounds = ConvergenceRounds(RightsLife.client(hub))
    for _ in 0..<6 {
      _ = try await rounds.next(at: RightsLife.time)
      await hub.withServer { _ = RightsLife.others.converge(on: &$0, at: RightsLife.time) }
    }
    let secrets = OCMHub.direct.secretNamespace
    #expect(await hub.snapshot.object(Secret.self, namespace: secrets, name: "a") != nil)
    try await hub.withServer { try Registration().leave("a", on: &$0, at: RightsLife.time) }
    let round = try await rounds.next(at: RightsLife.time)
    #expect(await hub.snapshot.object(Secret.self, namespace: secrets, name: "a") == nil)
    #expect(round.plan.findings.contains { $0.code == "RightsMissing" && $0.problem.contains("deployments") })
    let configuration = try #require(
      await hub.snapshot.object(ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName))
    let degraded = configuration.status.conditions.condition("Degraded")
    #expect(degraded?.status == .true && degraded?.reason == "RightsMissing")
    #expect(degraded?.message.contains("deployments.apps") == true)
  }
}
