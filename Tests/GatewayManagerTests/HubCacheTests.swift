import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// The model after any history of changes.
@Suite struct HubCacheTests {
  /// A hub that is changed step by step, and a model that follows it.
  private struct Harness {
    static let time = Date(timeIntervalSince1970: 1_796_083_200)
    static let clusters = ["one", "two", "three"]

    var server = MemoryAPIServer(at: time)
    var model = HubCache(identity: ManagerIdentity(), uptime: { .zero })
    private var known: [ObjectKey: DynamicObject] = [:]
    private var random: Random

    init(seed: UInt64) throws {
      random = Random(state: seed)
      try OCMHub(configuration: Bool.random(using: &random) ? OCMHub.direct : OCMHub.tunneled).install(
        on: &server, at: Self.time)
      for cluster in Self.clusters { try Registration().join(cluster, on: &server, at: Self.time) }
      follow()
    }

    /// The types that are watched; sorted, so that a seed gives the same history each time.
    private var types: [ResourceType] {
      Set(model.selections.map(\.type)).sorted { "\($0)" < "\($1)" }
    }

    private var watched: [DynamicObject] {
      types.flatMap { server.objects($0) }.filter { object in
        model.selections.contains { $0.contains(object) }
      }
    }

    /// Inserts the changed objects into the model, reduced, in any order.
    mutating func follow() {
      while true {
        var now: [ObjectKey: DynamicObject] = [:]
        for object in watched {
          guard let type = types.first(where: { $0.groupKind == object.groupKind }) else { continue }
          now[ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)] = object
        }
        let changed = now.filter { $0.value != known[$0.key] }.keys.sorted { "\($0)" < "\($1)" }
        let gone = known.filter { now[$0.key] == nil }
        guard !changed.isEmpty || !gone.isEmpty else { return }
        for (_, object) in gone.sorted(by: { "\($0.key)" < "\($1.key)" }) { _ = model.remove(object) }
        for key in changed.shuffled(using: &random) {
          guard let object = now[key] else { continue }
          _ = model.insert(model.transform(object))
        }
        _ = model.sumUpFleetHealth()
        known = now
      }
    }

    /// A model of the hub's current state.
    var fresh: HubCache {
      var model = HubCache(identity: ManagerIdentity(), uptime: { .zero })
      var random = random
      for _ in 0..<4 { for object in watched.shuffled(using: &random) { _ = model.insert(object) } }
      model.issued = self.model.issued
      _ = model.sumUpFleetHealth()
      return model
    }

    mutating func step() throws {
      let cluster = Self.clusters.randomElement(using: &random) ?? ""
      switch Int.random(in: 0..<10, using: &random) {
      case 0...3:
        for patch in reconcile(model.hub, at: Self.time).patches where Bool.random(using: &random) {
          _ = server.handle(KubeRequest(patch, fieldManager: ManagerIdentity.fieldManager), at: Self.time)
        }
      case 4, 5: _ = SimulatedControllers.ocmHub().converge(on: &server, at: Self.time)
      case 6:
        if let request = TokenAgent().rotation(
          of: "cluster-gateway", cluster: cluster, in: server, at: Self.time)
        {
          _ = server.handle(request, at: Self.time)
        }
      case 7:
        try? Registration().leave(cluster, on: &server, at: Self.time)
        _ = SimulatedControllers.ocmHub().converge(on: &server, at: Self.time)
        try? Registration().join(cluster, on: &server, at: Self.time)
      case 8:
        let secret = ["vela-system", "open-cluster-management-credentials", "elsewhere"]
        let key = ObjectKey(ClusterGatewayConfiguration.type, name: ManagerIdentity.addOnName)
        _ = server.handle(
          .mergePatch(
            key, ["spec": ["secretNamespace": .string(secret.randomElement(using: &random) ?? "")]]),
          at: Self.time)
      default:
        _ = model.record(
          [.reached, .failed(reason: "no"), nil].randomElement(using: &random) ?? nil, of: cluster)
      }
      follow()
    }
  }

  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  @Test(arguments: 1...4)
  func `a model that took in every change plans as one that reads the whole hub`(seed: UInt64) throws {
    var harness = try Harness(seed: seed)
    for step in 0..<25 {
      try harness.step()
      let fresh = harness.fresh
      for name in fresh.clusterNames {
        var state = harness.model.cluster(name)
        state.probe = nil
        #expect(
          reconcileCluster(state, at: Harness.time)
            == reconcileCluster(fresh.cluster(name), at: Harness.time),
          "step \(step), cluster \(name)")
      }
      #expect(harness.model.clusterNames == fresh.clusterNames)
      #expect(harness.model.reachableClusters == fresh.reachableClusters)
      #expect(
        reconcileInstallation(harness.model.installation, at: Harness.time)
          == reconcileInstallation(fresh.installation, at: Harness.time), "step \(step)")
    }
  }

  @Test(arguments: 1...4)
  func `while a cluster's revision stays the same, another plan is the same`(seed: UInt64) throws {
    var harness = try Harness(seed: seed)
    var plans: [String: (revision: PlanRevision, plan: GatewayPlan)] = [:]
    var repeated = 0
    for step in 0..<25 {
      try harness.step()
      for name in Harness.clusters {
        guard let revision = harness.model.revision(of: name) else { continue }
        let plan = harness.model.reconcile(.cluster(name), at: Harness.time)
        if let known = plans[name], known.revision == revision {
          #expect(known.plan == plan, "step \(step), cluster \(name)")
          repeated += 1
        }
        plans[name] = (revision, plan)
      }
    }
    #expect(repeated > 0)
  }

  /// A runner remembers the empty plan of each key that has a revision.
  @Test func `only a cluster with objects has a revision`() throws {
    var model = HubCache(identity: ManagerIdentity(), uptime: { .zero })
    #expect(model.revision(of: "one") == nil)
    let cluster = try DynamicObject([
      "apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
      "metadata": ["name": "one", "uid": "uid", "resourceVersion": "1"],
    ])
    _ = model.insert(cluster)
    #expect(model.revision(of: "one") != nil && model.revision(of: "two") == nil)
    // It is planned once more, after which nothing is remembered.
    let change = model.remove(cluster)
    #expect(change.keys.contains(.cluster("one")))
    #expect(model.revision(of: "one") == nil)
  }

  @Test func `the definition is listed before a configuration is taken over`() {
    // It may have dropped fields that the last valid configuration has.
    let required = HubCache(identity: ManagerIdentity()).requiredSelections
    let key = ObjectKey(CustomResourceDefinition.type, name: ClusterGatewayConfiguration.type.qualifiedPlural)
    #expect(required.contains { $0.includes(ObjectSelection(key.type, name: key.name)) })
  }

  @Test func `what is about to change isn't said of a new add-on until its time has passed`() throws {
    let time = Harness.time
    var model = HubCache(identity: ManagerIdentity(), statusDelay: .seconds(30), uptime: { .zero })
    var server = MemoryAPIServer(at: time)
    try OCMHub(configuration: OCMHub.direct).install(on: &server, at: time)
    try Registration().join("one", on: &server, at: time)
    func read() {
      for selection in model.selections {
        for object in server.objects(selection.type) where selection.contains(object) {
          _ = model.insert(object)
        }
      }
    }
    func statuses(at time: Date) -> [ObjectPatch] {
      model.reconcile(.cluster("one"), at: time).patches.filter { $0.subresource == "status" }
    }
    for _ in 0..<4 {
      read()
      for patch in model.reconcile(.installation, at: time).patches
        + model.reconcile(.cluster("one"), at: time).patches
      {
        _ = server.handle(KubeRequest(patch, fieldManager: ManagerIdentity.fieldManager), at: time)
      }
    }
    read()
    // Neither the token nor the rights are there.
    #expect(statuses(at: time).isEmpty)
    #expect(model.reconcile(.cluster("one"), at: time + 10).requeueAfter == .seconds(20))
    #expect(statuses(at: time + 30).count == 1)
    #expect(statuses(at: time - 1000).isEmpty)
    #expect(model.reconcile(.cluster("one"), at: time - 1000).requeueAfter == .seconds(30))
    // What others do changes nothing about it any more.
    _ = SimulatedControllers.ocmHub().converge(on: &server, at: time)
    read()
    for patch in model.reconcile(.cluster("one"), at: time).patches {
      _ = server.handle(KubeRequest(patch, fieldManager: ManagerIdentity.fieldManager), at: time)
    }
    read()
    #expect(statuses(at: time).count == 1)
  }
}
