import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import Testing

/// The status that a controller writes.
@Suite struct StatusTests {
  /// A controller that writes a Pod's label into its status.
  private static let notes = Controller(Pod.self, fieldManager: "notes") { context in
    context.setStatus("message", context.object.metadata.labels["note"].map { .string($0) })
  }

  @Test func `a status field that is set to nil is removed, also if it was the only one`() throws {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var scene = ControllerScene(Self.notes, on: MemoryAPIServer(at: now), at: now)
    let pod = Pod(
      metadata: ObjectMeta(name: "a", namespace: "default", labels: ["note": "hello"]),
      spec: PodSpec(containers: [Container(name: "a", image: "a")]))
    try scene.create(pod)
    func message() -> JSONValue? { scene.server.object(pod.key)?.json.value(at: "status", "message") }
    try scene.runToRest()
    #expect(message() == "hello")
    try scene.patch(
      Pod.self, namespace: "default", name: "a", ["metadata": ["labels": ["note": .null]]])
    try scene.runToRest()
    #expect(message() == nil)
    #expect(scene.refusals.isEmpty && scene.findings.isEmpty)
  }
}
