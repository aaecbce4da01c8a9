import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// The status that a controller writes.
@Suite struct StatusTests {
  private enum Call: PlanEffect { case ring }

  /// A controller that writes a Pod's label into its status.
  private static let notes = Controller(Pod.self, fieldManager: "notes") { context in
    let note = context.object.metadata.labels["note"]
    context.setStatus("message", note.map { .string($0) })
    context.setCondition("Synced", .true, reason: "Tested", message: note ?? "no note")
    if note == "broken" {
      context.setCondition("Broken", .true, reason: "Tested", message: "the note says so")
    } else {
      context.removeCondition("Broken")
    }
  }

  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func pod(note: String) -> Pod {
    Pod(
      metadata: ObjectMeta(name: "a", namespace: "default", labels: ["note": note]),
      spec: PodSpec(containers: [Container(name: "a", image: "a")]))
  }

  /// A scene at rest with a Pod.
  private func scene<Effect>(_ controller: Controller<Pod, Effect>, note: String = "hello") throws
    -> ControllerScene<Pod, Effect>
  {
    var scene = ControllerScene(controller, on: MemoryAPIServer(at: now), at: now)
    try scene.create(pod(note: note))
    try scene.runToRest()
    return scene
  }

  /// Labels the Pod like kubectl, and lets the controller come to rest.
  private func label<Effect>(_ note: String?, in scene: inout ControllerScene<Pod, Effect>) throws {
    let value = note.map { JSONValue.string($0) } ?? .null
    try scene.patch(Pod.self, namespace: "default", name: "a", ["metadata": ["labels": ["note": value]]])
    try scene.runToRest()
  }

  /// Applies a status as another field manager.
  private func apply<Effect>(_ status: JSONValue, in scene: inout ControllerScene<Pod, Effect>) throws {
    let metadata: JSONValue = ["name": "a", "namespace": "default"]
    try scene.send(
      .apply(
        pod(note: "").key, ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status],
        fieldManager: "other", subresource: "status"))
  }

  @Test func `a status field that is set to nil is removed, also if it was the only one`() throws {
    var scene = try scene(
      Controller(Pod.self, fieldManager: "notes") { context in
        context.setStatus("message", context.object.metadata.labels["note"].map { .string($0) })
      })
    func message() -> JSONValue? {
      scene.server.object(pod(note: "").key)?.json.value(at: "status", "message")
    }
    #expect(message() == "hello")
    try label(nil, in: &scene)
    #expect(message() == nil)
    #expect(scene.refusals.isEmpty && scene.findings.isEmpty)
  }

  @Test func `a status field is set by its property, and another manager's isn't kept`() throws {
    var scene = try scene(
      Controller(Pod.self, fieldManager: "notes") { context in
        context.setStatus(\.status.message, context.object.metadata.labels["note"])
      })
    func status() -> PodStatus? { scene.object(Pod.self, namespace: "default", name: "a")?.status }
    #expect(status()?.message == "hello")
    try apply(["reason": "Tested"], in: &scene)
    try label("changed", in: &scene)
    #expect(status()?.message == "changed" && status()?.reason == "Tested")
    try apply(["nominatedNodeName": "n"], in: &scene)
    try label(nil, in: &scene)
    #expect(status()?.message == nil && status()?.reason == nil)
    #expect(scene.refusals.isEmpty && scene.findings.isEmpty)
  }

  @Test func `what depends on an effect stays in the status while that is performed again`() throws {
    var scene = try scene(
      Controller(Pod.self, effects: Call.self, fieldManager: "steps") { context in
        context.setCondition("Synced", .true, reason: "Tested", message: "always")
        context.setStatus("reason", "Synced")
        guard context.perform(.ring) else { return }
        context.setCondition("Available", .true, reason: "Tested", message: "after the call")
        context.setStatus("message", "it rang")
      })
    let key = pod(note: "").key
    func status() -> JSONValue? { scene.server.object(key)?.json["status"] }
    let before = status()
    #expect(before?["message"] == "it rang" && before?["conditions"]?.array?.count == 2)
    scene.time += 60
    scene.forgetPerformed()
    let plan = scene.plan(for: key)
    #expect(plan.effects == [.ring])
    #expect(plan.patches.map(\.isVerification) == [true])
    try scene.runToRest()
    #expect(status() == before)
  }

  @Test func `a condition is removed on request alone`() throws {
    var scene = try scene(Self.notes, note: "broken")
    func types() -> [String] {
      scene.conditions(of: Pod.self, namespace: "default", name: "a").map(\.type)
    }
    #expect(types() == ["Synced", "Broken"])
    try label("mended", in: &scene)
    #expect(types() == ["Synced"])
    #expect(scene.refusals.isEmpty && scene.findings.isEmpty)
  }

  @Test func `another manager's condition is not kept`() throws {
    var scene = try scene(Self.notes)
    func types() -> Set<String> {
      Set(scene.conditions(of: Pod.self, namespace: "default", name: "a").map(\.type))
    }
    try apply(["reason": "Tested", "conditions": [["type": "Ready", "status": "True"]]], in: &scene)
    try label("changed", in: &scene)
    #expect(types() == ["Ready", "Synced"])
    try apply(["reason": "Tested"], in: &scene)
    #expect(types() == ["Synced"])
  }
}
