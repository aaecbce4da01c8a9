import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import Testing

/// Scenes and explorations in which a controller needs a right that it doesn't have.
@Suite struct ControllerRightsTests {
  private static let careless = Controller(Namespace.self, fieldManager: "careless") { work in
    guard work.object.metadata.name == "default" else { return }
    work.ensure(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default"), data: ["color": "blue"]))
  }

  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let configMap = ObjectKey(ConfigMap.type, namespace: "default", name: "a")

  private func scene(_ controller: Controller<Namespace, Never>) -> ControllerScene<Namespace, Never> {
    ControllerScene(controller, on: MemoryAPIServer(at: now), at: now)
  }

  @Test func `a scene refuses what the controller's rights don't allow, and names the remedy`() throws {
    var scene = scene(Self.careless)
    let error = try #require(throws: ControllerScene<Namespace, Never>.Unrest.self) {
      try scene.runToRest()
    }
    let refusal = try #require(error.refusal)
    #expect(refusal.contains("don't allow it to create configmaps; say .owns(ConfigMap.self)"), "\(refusal)")
    #expect(scene.server.object(configMap) == nil)
  }

  @Test func `an exploration reports a right that the controller lacks`() throws {
    let report = ControllerExploration(scene(Self.careless)).run()
    let problem = try #require(report.violation?.problem)
    #expect(problem.contains("don't allow it to create configmaps"), "\(problem)")
  }

  @Test func `the right to delete what is only watched comes with the access`() throws {
    func remover(_ access: ObjectAccess) -> Controller<Namespace, Never> {
      Controller(Namespace.self, fieldManager: "remover") { work in
        for object in work.observed(ConfigMap.self) where object.metadata.name == "a" {
          work.remove(ConfigMap.self, namespace: "default", name: "a", because: "it is unwanted")
        }
      }
      .watches(ConfigMap.self, access: access) { _ in [ObjectKey(Namespace.type, name: "default")] }
    }
    let unwanted = ConfigMap(
      metadata: ObjectMeta(
        name: "a", namespace: "default", labels: [OwnershipRules.managedByLabel: "remover"]))
    var scene = scene(remover(.read))
    try scene.create(unwanted)
    #expect(throws: ControllerScene<Namespace, Never>.Unrest.self) { try scene.runToRest() }
    #expect(scene.server.object(configMap) != nil)
    var allowed = self.scene(remover(.delete))
    try allowed.create(unwanted)
    try allowed.runToRest()
    #expect(allowed.server.object(configMap) == nil)
  }
}
