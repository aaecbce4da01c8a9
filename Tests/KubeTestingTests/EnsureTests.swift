import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeSchemas
import KubeTesting
import KubeTransport
import Testing

/// What an operator's `ensure` makes of an object that is there.
@Suite struct EnsureTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let ensured = ObjectKey(ConfigMap.type, namespace: "default", name: "ensured")

  /// A harness with a ConfigMap `a`, for which `desired` is ensured.
  private func harness(_ desired: ConfigMap) throws -> ControllerHarness<ConfigMap, Never> {
    let controller = Controller(ConfigMap.self, fieldManager: "test") { work in
      if work.object.metadata.name == "a" { work.ensure(desired) }
    }.owns(ConfigMap.self)
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    try harness.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default")))
    return harness
  }

  private func desired(data: [String: String] = [:]) -> ConfigMap {
    ConfigMap(metadata: ObjectMeta(name: ensured.name, namespace: "default"), data: data)
  }

  @Test func `a refused request of the test has a client's code`() throws {
    var harness = try harness(desired())
    let refused = try #require(throws: RequestRefused.self) {
      try harness.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default")))
    }
    #expect(refused.code == .alreadyExists && refused.httpStatus == 409)
    #expect(refused.description.contains(": 409 configmaps"))
  }

  @Test func `a kind that the controller doesn't observe is a finding with the remedy`() throws {
    let blind = Controller(Namespace.self, fieldManager: "test") { work in
      guard work.object.metadata.name == "default" else { return }
      work.ensure(ConfigMap(metadata: ObjectMeta(name: "ensured", namespace: "default")))
    }
    let harness = ControllerHarness(blind, on: MemoryAPIServer(at: now), at: now)
    let finding = try #require(harness.findings.first)
    #expect(finding.object == ensured && finding.remedy == "say .owns(ConfigMap.self)", "\(finding)")
    let owning = ControllerHarness(blind.owns(ConfigMap.self), on: MemoryAPIServer(at: now), at: now)
    #expect(owning.findings == [])
  }

  @Test func `owner references that the operator desires besides its own are kept`() throws {
    var desired = desired()
    desired.metadata.ownerReferences = [
      OwnerReference(apiVersion: "v1", kind: "Node", name: "n", uid: "other")
    ]
    var harness = try harness(desired)
    harness.others = []
    try harness.runUntilConverged()
    let object = try #require(harness.server.object(ensured))
    #expect(object.metadata.ownerReferences.map(\.kind) == ["Node", "ConfigMap"])
    #expect(object.metadata.ownerReferences.last?.controller == true)
  }

  @Test(arguments: ["data", "binaryData"])
  func `an immutable ConfigMap's content that differs is a finding`(field: String) throws {
    var wanted = desired().json
    wanted.set(["key": "bmV3"], at: [field])
    var harness = try harness(ConfigMap(from: FieldReader(wanted)))
    var frozen = desired().json
    frozen.set(["key": "b2xk"], at: [field])
    frozen.set(true, at: ["immutable"])
    frozen.set(["app.kubernetes.io/managed-by": "test"], at: ["metadata", "labels"])
    try harness.create(ConfigMap(from: FieldReader(frozen)))
    try harness.runUntilConverged()
    #expect(harness.findings.map(\.code) == [.immutable])
    #expect(harness.refusals == [])
  }

  @Test func `a refused patch holds up only what depends on it`() throws {
    let controller = Controller(ConfigMap.self, fieldManager: "test") { work in
      guard work.object.metadata.name == "a" else { return }
      let refused = ConfigMap(metadata: ObjectMeta(name: "Not_A_Name", namespace: "default"))
      work.ensure(refused)
      for (name, dependency) in [("dependent", refused.key), ("ensured", nil)] {
        work.ensure(
          ConfigMap(metadata: ObjectMeta(name: name, namespace: "default")), dependingOn: dependency)
      }
    }.owns(ConfigMap.self)
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    try harness.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default")))
    for (key, plan) in harness.plans { harness.apply(plan, for: key) }
    #expect(harness.refusals.count == 1)
    #expect(harness.refusals.first?.contains("422 ConfigMap \"Not_A_Name\" is invalid") == true)
    let error = #expect(throws: ControllerHarness<ConfigMap, Never>.DidNotConverge.self) {
      try harness.runUntilConverged(rounds: 3)
    }
    #expect(error?.refusal == harness.refusals.last)
    #expect(harness.server.object(ensured) != nil)
    #expect(harness.server.object(ObjectKey(ConfigMap.type, namespace: "default", name: "dependent")) == nil)
  }

  /// A planner that observes an applied ConfigMap, and the ConfigMap with other data.
  private func change() throws -> (planner: Planner<Never>, desired: ConfigMap) {
    var desired = desired(data: ["key": "old"])
    desired.metadata.labels = [OwnershipRules.managedByLabel: "test"]
    var harness = try harness(desired)
    try harness.send(.apply(ensured, desired.json, fieldManager: "test", force: true))
    let objects = ObservedObjects([try #require(harness.server.object(ensured))])
    desired.data = ["key": "new"]
    return (
      Planner(objects: objects, rules: OwnershipRules(fieldManager: "test"), tables: .builtIn), desired
    )
  }

  @Test func `an object that a plan verifies can be changed on the same version`() throws {
    var (planner, desired) = try change()
    #expect(planner.verify(ensured, because: "a test") == ensured)
    _ = planner.ensure(desired, precondition: .resourceVersion, because: "a test")
    #expect(planner.plan.patches.map(\.isVerification) == [true, false])
  }

  @Test func `a change verifies the observed version only if that is its precondition`() throws {
    let (observing, desired) = try change()
    // A verification comes before the change, after which the version is another one.
    for (precondition, expected) in [(ObservedPrecondition.resourceVersion, [false]), (.uid, [true, false])] {
      var planner = observing
      _ = planner.ensure(desired, precondition: precondition, because: "a test")
      #expect(planner.verify(ensured, because: "a test") == ensured)
      #expect(planner.plan.patches.map(\.isVerification) == expected)
    }
  }

  @Test func `another's object of an owned kind is not removed, and a finding says so`() throws {
    let controller = Controller(ConfigMap.self, fieldManager: "test") { work in
      guard work.object.metadata.name == "a" else { return }
      #expect(work.remove(ConfigMap.self, name: "ensured", because: "a test") == .blocked)
    }.owns(ConfigMap.self)
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    try harness.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default")))
    try harness.create(desired(data: ["key": "value"]))
    try harness.runUntilConverged()
    #expect(harness.findings.map(\.code) == [.foreignObject])
  }

  @Test func `what isn't the operator's is not removed, and a finding says so`() throws {
    let controller = Controller(ConfigMap.self, fieldManager: "test") { work in
      guard work.object.metadata.name == "a" else { return }
      #expect(work.remove(ConfigMap.self, name: "absent", because: "a test") == .unchanged)
      work.remove(ConfigMap.self, name: "ensured", because: "a test")
    }.watches(ConfigMap.self, verbs: .delete) { _ in
      [ObjectKey(ConfigMap.type, namespace: "default", name: "a")]
    }
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    try harness.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default")))
    try harness.create(desired(data: ["key": "value"]))
    try harness.runUntilConverged()
    #expect(harness.findings.map(\.code) == [.foreignObject])
    #expect(harness.server.object(ensured) != nil)
    try harness.patch(
      ConfigMap.self, namespace: "default", name: "ensured",
      ["metadata": ["labels": ["app.kubernetes.io/managed-by": "test"]]])
    try harness.runUntilConverged()
    #expect(harness.server.object(ensured) == nil)
  }
}
