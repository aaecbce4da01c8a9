import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import Testing

/// A controller that may not read one of its kinds.
@Suite struct UnreadKindTests {
  private enum Call: PlanEffect { case ring }

  /// A controller that labels a ServiceAccount by whether it observes a Secret.
  private static let colors = Controller(ConfigMap.self, effects: Call.self, fieldManager: "colors") {
    context in
    let isSet = context.observed(Secret.self, name: "color") != nil
    context.ensure(ServiceAccount(metadata: context.ownedMetadata(labels: ["color": isSet ? "set" : "none"])))
    _ = context.perform(.ring)
  }
  .owns(ServiceAccount.self)

  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let key = ObjectKey(ConfigMap.type, namespace: "default", name: "a")

  /// The plan of a controller for a ConfigMap whose Secret and ServiceAccount exist while the kinds
  /// `refused` can't be read.
  private func plan(_ controller: Controller<ConfigMap, Call>, refusing refused: ResourceType...) throws
    -> Plan<Call>
  {
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    let place = ObjectMeta(name: "a", namespace: "default")
    try harness.create(ConfigMap(metadata: place))
    try harness.create(Secret(metadata: ObjectMeta(name: "color", namespace: "default")))
    var cache = ControllerCache(controller)
    let selections = Set(controller.selections)
    for selection in selections where !refused.contains(selection.type) {
      for object in harness.server.objects(selection.type) { _ = cache.insert(object) }
    }
    let unread = selections.filter { refused.contains($0.type) }
    _ = cache.setObserved(listed: selections.subtracting(unread), refused: unread)
    return controller.reconcile(key, in: cache, at: now).plan
  }

  @Test func `nothing is done for an object while a kind that is read for it is unreadable`() throws {
    let key = key
    for controller in [
      Self.colors.reads(Secret.self) { _ in ["color"] },
      Self.colors.watches(Secret.self) { _ in [key] },
    ] {
      let blind = try plan(controller, refusing: Secret.type)
      #expect(blind.patches.isEmpty && blind.effects.isEmpty)
      let finding = try #require(blind.findings.first)
      #expect(finding.code == .rightsMissing && finding.object == key)
      #expect(finding.problem == "it is not reconciled, since these can't be read: secrets")
      let seeing = try plan(controller)
      #expect(seeing.effects == [.ring] && seeing.findings.isEmpty)
      #expect(seeing.patches.first?.body.value(at: "metadata", "labels", "color") == "set")
    }
  }

  @Test func `an owned kind that is unreadable holds up its own objects and the status alone`() throws {
    let controller = Self.colors.owns(Secret.self)
    let plan = try plan(controller, refusing: Secret.type)
    #expect(plan.effects == [.ring])
    #expect(plan.patches.map(\.target.type) == [ServiceAccount.type, ConfigMap.type])
    #expect(
      plan.findings.map(\.problem) == ["its status is not updated, since these can't be read: secrets"])
    let unreadable = try self.plan(controller, refusing: ServiceAccount.type)
    #expect(unreadable.patches.map(\.isVerification) == [true])
  }
}
