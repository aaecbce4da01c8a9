import Foundation
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// How often an effect is performed, in a scene and in an exploration, as in a running program.
@Suite struct EffectTests {
  private enum Call: PlanEffect { case ring }

  private static let bell = Controller(Deployment.self, effects: Call.self, fieldManager: "bell") { context in
    _ = context.perform(.ring)
  }

  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func deployment(_ name: String) -> Deployment {
    let labels = ["app": name]
    return Deployment(
      metadata: ObjectMeta(name: name, namespace: "default"),
      spec: DeploymentSpec(
        selector: LabelSelector(matchLabels: labels),
        template: PodTemplateSpec(
          metadata: TemplateMeta(labels: labels),
          spec: PodSpec(containers: [Container(name: "a", image: "a")]))))
  }

  private func scene(_ names: String...) throws -> ControllerScene<Deployment, Call> {
    var scene = ControllerScene(Self.bell, on: MemoryAPIServer(at: now), at: now)
    for name in names { try scene.create(deployment(name)) }
    return scene
  }

  @Test func `objects with equal effects have them performed each`() throws {
    var scene = try scene("a", "b")
    try scene.runToRest()
    #expect(scene.performed == [.ring, .ring])
    let report = ControllerExploration(
      try self.scene("a", "b"), faults: 0,
      atRest: { _, effects in effects.count == 2 ? nil : "it rang \(effects.count) times" }
    ).run()
    #expect(report.violation == nil && report.isExhausted, "\(report)")
  }

  @Test func `an effect is performed again for each generation, object and process`() throws {
    var scene = try scene("a")
    func isPerformedAgain(after change: JSONValue) throws -> Bool {
      let count = scene.performed.count
      try scene.patch(Deployment.self, namespace: "default", name: "a", change)
      try scene.runToRest()
      return scene.performed.count > count
    }
    try scene.runToRest()
    #expect(scene.performed == [.ring])
    #expect(try !isPerformedAgain(after: ["metadata": ["labels": ["a": "b"]]]))
    #expect(try isPerformedAgain(after: ["spec": ["replicas": 2]]))
    try scene.delete(Deployment.self, namespace: "default", name: "a")
    try scene.create(deployment("a"))
    try scene.runToRest()
    #expect(scene.performed == [.ring, .ring, .ring])
    scene.forgetPerformed()
    try scene.runToRest()
    #expect(scene.performed == [.ring] && scene.history.count == 4)
  }

  @Test(arguments: ["scaled", "deleted and created again"])
  func `an exploration finds what an effect that is performed again does`(change: String) throws {
    let object = deployment("a")
    let exploration = ControllerExploration(
      try scene("a"),
      events: [
        .init("the Deployment is \(change)") { server, time in
          if change == "scaled" {
            _ = server.handle(.mergePatch(object.key, ["spec": ["replicas": 2]]), at: time)
          } else {
            _ = server.handle(.delete(object.key), at: time)
            _ = server.handle(.create(object.key, object.json), at: time)
          }
        }
      ], faults: 0,
      atRest: { _, effects in effects.count < 2 ? nil : "it rang twice" })
    #expect(exploration.run().violation?.problem == "it rang twice")
  }
}
