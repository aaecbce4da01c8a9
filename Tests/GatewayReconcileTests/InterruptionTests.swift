import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeReconcile
import Testing

/// The explorer's discoveries, each as the state in which a plan was wrong.
@Suite struct InterruptionTests {
  private static func isDelete(_ patch: ObjectPatch) -> Bool { patch.operation == .delete }

  private func runningWorld(egress: String) -> World {
    var setup = Setup()
    setup.egress = egress
    var world = World()
    world.prepare(setup)
    world.provideCredentials(Setup())
    world.join("one")
    let hasConverged = world.converge()
    #expect(hasConverged)
    return world
  }

  /// The manager stopped between two copies. The first one isn't a leftover: otherwise one would be
  /// copied and the other removed without end.
  @Test(arguments: ["proxy-client", "proxy-server-ca"])
  func `a copied credential stays while the other is missing`(made: String) {
    var world = runningWorld(egress: "Direct")
    world.configure(Setup())
    var plan = world.plan
    for patch in plan.patches where patch.target.name == made { world.apply(patch) }
    plan = world.plan
    #expect(plan.patches.contains { ["proxy-client", "proxy-server-ca"].contains($0.target.name) })
    #expect(!plan.patches.contains(where: Self.isDelete))
    let hasConverged = world.converge()
    #expect(hasConverged)
  }

  /// An add-on that OCM hadn't linked to the ClusterManagementAddOn before that was deleted would
  /// otherwise stay.
  @Test func `an add-on without owner is removed with the ClusterManagementAddOn`() {
    var world = runningWorld(egress: "Direct")
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    world.put(
      Document.make(
        ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway",
        labels: [ManagerIdentity.managedByLabel: ManagerIdentity.fieldManager]),
      as: ManagerIdentity.fieldManager)
    #expect(world.changes.map(\.operation) == [.delete])
    let rounds = world.convergeManager()
    #expect(rounds != nil)
    #expect(world.object(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway") == nil)
  }

  /// An add-on of a person or of OCM must not be deleted by the manager.
  @Test func `an add-on of another owner stays`() {
    var world = runningWorld(egress: "Direct")
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    world.put(
      Document.make(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway"), as: "kubectl")
    #expect(world.changes == [])
  }

  /// The API server ignores the uid in a patch of a custom resource's status: only the version
  /// distinguishes a new add-on with the name from the observed one.
  @Test func `the patch of an add-on's status has its version as precondition`() {
    var world = World()
    world.prepare(Setup())
    world.join("one")
    var found = 0
    for _ in 0..<8 {
      for patch in world.plan.patches
      where patch.subresource == "status" && patch.target.type == ManagedClusterAddOn.type {
        found += 1
        guard case .uidAndResourceVersion = patch.precondition else {
          Issue.record("\(patch.precondition)")
          continue
        }
      }
      world.round()
      world.step(.tokens)
    }
    #expect(found > 0)
  }

  /// A Secret is moved to the tunnel in two writes. The second is refused if the first was taken
  /// back, and pods keep an announced tunnel.
  @Test func `a late switch to an abandoned tunnel is refused`() throws {
    var world = runningWorld(egress: "Direct")
    var direct = Setup()
    direct.egress = "Direct"
    world.configure(Setup())
    let key = ObjectKey(Secret.type, namespace: direct.secretNamespace, name: "one")
    func endpoint() -> String? {
      world.read(key)?.value(at: "metadata", "labels", GatewayLabels.endpointType)?.string
    }
    func announced() -> String? {
      world.read(key)?.value(at: "metadata", "annotations", GatewayAnnotations.intendedEndpointType)?.string
    }
    let rounds = world.convergeManager()
    #expect(rounds != nil)
    #expect(endpoint() == "Const")
    #expect(announced() == "ClusterProxy")
    world.step(.rollout)
    let late = try #require(
      world.plan.patches.first { $0.target == key }, "the pods know the tunnel now: the Secret changes over")
    world.configure(direct)
    // The installation alone doesn't give up the tunnel: the write may be pending.
    let deployment = world.plan.patches.first { $0.target.type == Deployment.type }
    #expect(deployment.map { "\($0.body)".contains("--proxy-host") } ?? true)
    // The configuration is kept first.
    for patch in world.plan.patches where patch.target.type == ConfigMap.type { world.apply(patch) }
    for patch in world.plan.patches where patch.target == key { world.apply(patch) }
    #expect(announced() == nil)
    let isTaken = world.apply(late)
    #expect(!isTaken)
    #expect(endpoint() == "Const")
    let hasConverged = world.converge()
    #expect(hasConverged)
  }
}
