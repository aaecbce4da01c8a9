import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import Testing

/// Harnesses and explorations in which a controller needs a right that it doesn't have.
@Suite struct ControllerRightsTests {
  private static let careless = Controller(Namespace.self, fieldManager: "careless") { work in
    guard work.object.metadata.name == "default" else { return }
    work.ensure(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default"), data: ["color": "blue"]))
  }

  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let configMap = ObjectKey(ConfigMap.type, namespace: "default", name: "a")

  private func harness(_ controller: Controller<Namespace, Never>) -> ControllerHarness<Namespace, Never> {
    ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
  }

  @Test func `a harness refuses what the controller's rights don't allow, and names the remedy`() throws {
    var harness = harness(Self.careless)
    let error = try #require(throws: ControllerHarness<Namespace, Never>.DidNotConverge.self) {
      try harness.runUntilConverged()
    }
    let refusal = try #require(error.refusal)
    #expect(refusal.contains("don't allow it to create configmaps; say .owns(ConfigMap.self)"), "\(refusal)")
    #expect(harness.server.object(configMap) == nil)
  }

  @Test func `an exploration reports a right that the controller lacks`() throws {
    let report = ControllerExploration(harness(Self.careless)).run()
    let problem = try #require(report.violation?.problem)
    #expect(problem.contains("don't allow it to create configmaps"), "\(problem)")
  }

  @Test func `the right to delete what is only watched comes with the verb`() throws {
    func remover(_ verbs: ObjectVerbs) -> Controller<Namespace, Never> {
      Controller(Namespace.self, fieldManager: "remover") { work in
        for object in work.observed(ConfigMap.self) where object.metadata.name == "a" {
          work.remove(ConfigMap.self, namespace: "default", name: "a", because: "it is unwanted")
        }
      }
      .watches(ConfigMap.self, verbs: verbs) { _ in [ObjectKey(Namespace.type, name: "default")] }
    }
    let unwanted = ConfigMap(
      metadata: ObjectMeta(
        name: "a", namespace: "default", labels: [OwnershipRules.managedByLabel: "remover"]))
    var harness = harness(remover(.read))
    try harness.create(unwanted)
    #expect(throws: ControllerHarness<Namespace, Never>.DidNotConverge.self) {
      try harness.runUntilConverged()
    }
    #expect(harness.server.object(configMap) != nil)
    var allowed = self.harness(remover(.delete))
    try allowed.create(unwanted)
    try allowed.runUntilConverged()
    #expect(allowed.server.object(configMap) == nil)
  }
}
