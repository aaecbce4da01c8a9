import Foundation
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// How often an effect is performed, in a harness and in an exploration, as in a running program.
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

  private func harness(_ names: String...) throws -> ControllerHarness<Deployment, Call> {
    var harness = ControllerHarness(Self.bell, on: MemoryAPIServer(at: now), at: now)
    for name in names { try harness.create(deployment(name)) }
    return harness
  }

  @Test func `objects with equal effects have them performed each`() throws {
    var harness = try harness("a", "b")
    try harness.runUntilConverged()
    #expect(harness.performed == [.ring, .ring])
    let report = ControllerExploration(
      try self.harness("a", "b"), maximumFaults: 0,
      whenConverged: { _, effects in effects.count == 2 ? nil : "it rang \(effects.count) times" }
    ).run()
    #expect(report.violation == nil && report.isComplete, "\(report)")
  }

  @Test func `an effect is performed again for each generation, object and process`() throws {
    var harness = try harness("a")
    func isPerformedAgain(after change: JSONValue) throws -> Bool {
      let count = harness.performed.count
      try harness.patch(Deployment.self, namespace: "default", name: "a", change)
      try harness.runUntilConverged()
      return harness.performed.count > count
    }
    try harness.runUntilConverged()
    #expect(harness.performed == [.ring])
    #expect(try !isPerformedAgain(after: ["metadata": ["labels": ["a": "b"]]]))
    #expect(try isPerformedAgain(after: ["spec": ["replicas": 2]]))
    try harness.delete(Deployment.self, namespace: "default", name: "a")
    try harness.create(deployment("a"))
    try harness.runUntilConverged()
    #expect(harness.performed == [.ring, .ring, .ring])
    harness.forgetPerformed()
    try harness.runUntilConverged()
    #expect(harness.performed == [.ring] && harness.history.count == 4)
  }

  @Test(arguments: ["scaled", "deleted and created again"])
  func `an exploration finds what an effect that is performed again does`(change: String) throws {
    let object = deployment("a")
    let exploration = ControllerExploration(
      try harness("a"),
      events: [
        .init("the Deployment is \(change)") { server, time in
          if change == "scaled" {
            _ = server.handle(.mergePatch(object.key, ["spec": ["replicas": 2]]), at: time)
          } else {
            _ = server.handle(.delete(object.key), at: time)
            _ = server.handle(.create(object.key, object.json), at: time)
          }
        }
      ], maximumFaults: 0,
      whenConverged: { _, effects in effects.count < 2 ? nil : "it rang twice" })
    #expect(exploration.run().violation?.problem == "it rang twice")
  }
}
