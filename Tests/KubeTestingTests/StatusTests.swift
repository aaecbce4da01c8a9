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

  /// A converged harness with a Pod.
  private func harness<Effect>(_ controller: Controller<Pod, Effect>, note: String = "hello") throws
    -> ControllerHarness<Pod, Effect>
  {
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    try harness.create(pod(note: note))
    try harness.runUntilConverged()
    return harness
  }

  /// Labels the Pod like kubectl, and lets the controller converge.
  private func label<Effect>(_ note: String?, in harness: inout ControllerHarness<Pod, Effect>) throws {
    let value = note.map { JSONValue.string($0) } ?? .null
    try harness.patch(Pod.self, namespace: "default", name: "a", ["metadata": ["labels": ["note": value]]])
    try harness.runUntilConverged()
  }

  /// Applies a status as another field manager.
  private func apply<Effect>(_ status: JSONValue, in harness: inout ControllerHarness<Pod, Effect>) throws {
    let metadata: JSONValue = ["name": "a", "namespace": "default"]
    try harness.send(
      .apply(
        pod(note: "").key, ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status],
        fieldManager: "other", subresource: "status"))
  }

  @Test func `a status field that is set to nil is removed, also if it was the only one`() throws {
    var harness = try harness(
      Controller(Pod.self, fieldManager: "notes") { context in
        context.setStatus("message", context.object.metadata.labels["note"].map { .string($0) })
      })
    func message() -> JSONValue? {
      harness.server.object(pod(note: "").key)?.json.value(at: "status", "message")
    }
    #expect(message() == "hello")
    try label(nil, in: &harness)
    #expect(message() == nil)
    #expect(harness.refusals.isEmpty && harness.findings.isEmpty)
  }

  @Test func `a status field is set by its property, and another manager's isn't kept`() throws {
    var harness = try harness(
      Controller(Pod.self, fieldManager: "notes") { context in
        context.setStatus(\.status.message, context.object.metadata.labels["note"])
      })
    func status() -> PodStatus? { harness.object(Pod.self, namespace: "default", name: "a")?.status }
    #expect(status()?.message == "hello")
    try apply(["reason": "Tested"], in: &harness)
    try label("changed", in: &harness)
    #expect(status()?.message == "changed" && status()?.reason == "Tested")
    try apply(["nominatedNodeName": "n"], in: &harness)
    try label(nil, in: &harness)
    #expect(status()?.message == nil && status()?.reason == nil)
    #expect(harness.refusals.isEmpty && harness.findings.isEmpty)
  }

  @Test func `what depends on an effect stays in the status while that is performed again`() throws {
    var harness = try harness(
      Controller(Pod.self, effects: Call.self, fieldManager: "steps") { context in
        context.setCondition("Synced", .true, reason: "Tested", message: "always")
        context.setStatus("reason", "Synced")
        guard context.perform(.ring) else { return }
        context.setCondition("Available", .true, reason: "Tested", message: "after the call")
        context.setStatus("message", "it rang")
      })
    let key = pod(note: "").key
    func status() -> JSONValue? { harness.server.object(key)?.json["status"] }
    let before = status()
    #expect(before?["message"] == "it rang" && before?["conditions"]?.array?.count == 2)
    harness.time += 60
    harness.forgetPerformed()
    let plan = harness.plan(for: key)
    #expect(plan.effects == [.ring])
    #expect(plan.patches.map(\.isVerification) == [true])
    try harness.runUntilConverged()
    #expect(status() == before)
  }

  @Test func `a condition is removed on request alone`() throws {
    var harness = try harness(Self.notes, note: "broken")
    func types() -> [String] {
      harness.conditions(of: Pod.self, namespace: "default", name: "a").map(\.type)
    }
    #expect(types() == ["Synced", "Broken"])
    try label("mended", in: &harness)
    #expect(types() == ["Synced"])
    #expect(harness.refusals.isEmpty && harness.findings.isEmpty)
  }

  @Test func `another manager's condition is not kept`() throws {
    var harness = try harness(Self.notes)
    func types() -> Set<String> {
      Set(harness.conditions(of: Pod.self, namespace: "default", name: "a").map(\.type))
    }
    try apply(["reason": "Tested", "conditions": [["type": "Ready", "status": "True"]]], in: &harness)
    try label("changed", in: &harness)
    #expect(types() == ["Ready", "Synced"])
    try apply(["reason": "Tested"], in: &harness)
    #expect(types() == ["Synced"])
  }
}
