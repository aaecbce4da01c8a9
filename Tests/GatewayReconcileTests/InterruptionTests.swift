import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeReconcile
import Testing

/// What the explorer found, each as the state in which it went wrong.
@Suite struct InterruptionTests {
  private static func isDelete(_ patch: ObjectPatch) -> Bool { patch.operation == .delete }

  private func runningWorld(egress: String) -> World {
    var setup = Setup()
    setup.egress = egress
    var world = World()
    world.prepare(setup)
    world.provideCredentials(Setup())
    world.join("one")
    let isFinished = world.finish()
    #expect(isFinished)
    return world
  }

  /// The manager stopped between the two copies: the one that was made is not taken for a leftover, which would go
  /// on for ever, one copy being made and the other removed.
  @Test(arguments: ["proxy-client", "proxy-server-ca"])
  func aCopiedCredentialStaysWhileTheOtherIsMissing(made: String) {
    var world = runningWorld(egress: "Direct")
    world.configure(Setup())
    var plan = world.plan
    for patch in plan.patches where patch.target.name == made { world.apply(patch) }
    plan = world.plan
    #expect(plan.patches.contains { ["proxy-client", "proxy-server-ca"].contains($0.target.name) })
    #expect(!plan.patches.contains(where: Self.isDelete))
    let isFinished = world.finish()
    #expect(isFinished)
  }

  /// An add-on that OCM hadn't tied to the ClusterManagementAddOn when that went would stay for ever.
  @Test func anAddOnWithoutOwnerGoesWithTheClusterManagementAddOn() {
    var world = runningWorld(egress: "Direct")
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    world.put(
      Document.make(
        ManagedClusterAddOn.type, "one", "cluster-gateway",
        labels: [ManagerIdentity.managedByLabel: ManagerIdentity.fieldManager]),
      as: ManagerIdentity.fieldManager)
    #expect(world.changes.map(\.operation) == [.delete])
    let rounds = world.settle()
    #expect(rounds != nil)
    #expect(world.object(ManagedClusterAddOn.type, "one", "cluster-gateway") == nil)
  }

  /// One that a person made, or OCM, is not the manager's to delete.
  @Test func anAddOnOfSomebodyElsesStays() {
    var world = runningWorld(egress: "Direct")
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    world.put(Document.make(ManagedClusterAddOn.type, "one", "cluster-gateway"), as: "kubectl")
    #expect(world.changes == [])
  }

  /// The API server doesn't look at the uid of a custom resource's status: only the version tells a new add-on of
  /// the name from the one that was seen.
  @Test func theStatusOfAnAddOnIsTiedToItsVersion() {
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

  /// A Secret is led into the tunnel in two writes: the second is refused when the first was taken back, and the pods
  /// keep a tunnel that is announced.
  @Test func aLateChangeOverIntoATunnelThatIsGivenUpIsRefused() throws {
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
    let rounds = world.settle()
    #expect(rounds != nil)
    #expect(endpoint() == "Const")
    #expect(announced() == "ClusterProxy")
    world.step(.rollout)
    let late = try #require(
      world.plan.patches.first { $0.target == key }, "the pods know the tunnel now: the Secret changes over")
    world.configure(direct)
    // The installation alone doesn't give the tunnel up: the write may be on its way.
    let deployment = world.plan.patches.first { $0.target.type == Deployment.type }
    #expect(deployment.map { "\($0.body)".contains("--proxy-host") } ?? true)
    // What is configured is kept first.
    for patch in world.plan.patches where patch.target.type == ConfigMap.type { world.apply(patch) }
    for patch in world.plan.patches where patch.target == key { world.apply(patch) }
    #expect(announced() == nil)
    let isTaken = world.apply(late)
    #expect(!isTaken)
    #expect(endpoint() == "Const")
    let isFinished = world.finish()
    #expect(isFinished)
  }
}
