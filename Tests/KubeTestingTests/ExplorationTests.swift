import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// The exploration of a controller of a few lines.
@Suite struct ExplorationTests {
  private enum Call: PlanEffect { case ring }

  private static let copies = Controller(ConfigMap.self, fieldManager: "copies") { work in
    guard work.object.metadata.labels["copy"] == "wanted" else { return }
    let metadata = ObjectMeta(
      name: work.object.metadata.name + "-copy", namespace: work.object.metadata.namespace)
    work.ensure(Secret(metadata: metadata, data: work.object.data.mapValues { SecretBytes(utf8: $0) }))
  }.owns(Secret.self)

  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func map(_ name: String) -> ConfigMap {
    ConfigMap(
      metadata: ObjectMeta(name: name, namespace: "default", labels: ["copy": "wanted"]), data: ["a": "b"])
  }

  private func harness<Effect>(_ controller: Controller<ConfigMap, Effect>, _ names: String...) throws
    -> ControllerHarness<ConfigMap, Effect>
  {
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    for name in names { try harness.create(map(name)) }
    return harness
  }

  private func isCopied(_ name: String, on server: MemoryAPIServer) -> Bool {
    server.object(Secret.self, namespace: "default", name: name + "-copy") != nil
  }

  @Test func `every fault is explored, and plans for two objects side by side`() throws {
    let exploration = ControllerExploration(try harness(Self.copies, "a", "b"))
    for history in [
      "P0 P1 W1 W0", "P0 W0", "P0 R0", "P0 K0", "P0 L0", "P0 X", "P0 N W128", "P0 N P0 W0 W128",
      // The watch of ConfigMaps, of Secrets, or of all is late, and then catches up.
      "P0 W0~2", "P0 W0~255", "P0 W0~2 D1 P1 W1", "P0 W0~2 P1 W1 D1", "P0 W0~2 P0",
    ] {
      #expect(try exploration.replay(history) == nil, "\(history)")
    }
    // After two faults there is no third.
    for history in ["W0", "P0 R0 P0 R0 P0 R0", "nonsense"] {
      #expect(throws: ControllerExploration<ConfigMap, Never>.ImpossibleHistory.self, "\(history)") {
        try exploration.replay(history)
      }
    }
    let report = exploration.run()
    #expect(report.isComplete && report.violation == nil, "\(report)")
  }

  @Test func `a violation has the fewest faults, and its history repeats it`() throws {
    var exploration = ControllerExploration(
      try harness(Self.copies, "a"),
      invariant: { server, _ in
        let copy = server.object(Secret.self, namespace: "default", name: "a-copy")
        return copy == nil ? nil : "there is a copy"
      })
    let violation = try #require(exploration.run().violation)
    #expect(violation.problem == "there is a copy")
    // The other steps needn't be given: the way to convergence includes them.
    #expect(violation.trace.isEmpty && violation.history.count == 1, "\(violation)")
    exploration.invariant = { _, _ in nil }
    exploration.events = [
      .init("the copy is deleted") { server, time in
        _ = server.handle(.delete(ObjectKey(Secret.type, namespace: "default", name: "a-copy")), at: time)
      }
    ]
    exploration.whenConverged = { server, _ in
      server.object(Secret.self, namespace: "default", name: "a-copy") == nil ? nil : "it is there again"
    }
    let other = try #require(exploration.run().violation)
    #expect(try exploration.replay(other.trace) == "it is there again")
    #expect(other.test.contains(other.trace) && other.description.contains("the copy is deleted"))
  }

  @Test func `an effect whose answer is lost is performed again`() throws {
    let bell = Controller(ConfigMap.self, effects: Call.self, fieldManager: "bell") { work in
      _ = work.perform(.ring)
    }
    func explore(faults: Int) throws -> ControllerExploration<ConfigMap, Call>.Report {
      ControllerExploration(
        try harness(bell, "a"), maximumFaults: faults,
        invariant: { _, effects in effects.count > 1 ? "it rang twice" : nil }
      ).run()
    }
    let faultless = try explore(faults: 0)
    #expect(faultless.isComplete && faultless.violation == nil, "\(faultless)")
    let violation = try #require(try explore(faults: 1).violation)
    #expect(violation.problem == "it rang twice", "\(violation)")
    #expect(violation.history.contains { $0.contains("the answer is lost") || $0.contains("crashes") })
  }

  @Test func `what is too large to be explored is a violation`() throws {
    var harness = try harness(Self.copies)
    for number in 0...128 { try harness.create(map("m\(number)")) }
    let report = ControllerExploration(harness, maximumFaults: 0, maximumCases: 10).run()
    #expect(report.violation?.problem.contains("128") == true && !report.isComplete)
  }
}
