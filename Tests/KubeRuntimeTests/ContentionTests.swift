import KubeCore
import KubeKindsCore
import KubeReconcile
import Testing

@testable import KubeRuntime

/// When writes count as repeated, and how long the next one waits then.
@Suite struct ContentionTests {
  private var contention = Contention<String>()

  private func patch(
    _ operation: ObjectPatch.Operation = .apply(["data": ["a": "b"]], force: true), of name: String = "map",
    uid: String = "uid", subresource: String? = nil, reason: String = "test"
  ) -> ObjectPatch {
    ObjectPatch(
      target: ObjectKey(ConfigMap.type, namespace: "ns", name: name), subresource: subresource,
      operation: operation, precondition: .uid(uid), reason: reason)
  }

  /// Records the same patch again and again, a tenth of a second apart.
  private mutating func record(_ count: Int, of patch: ObjectPatch, from start: Duration = .zero) {
    for number in 0..<count { contention.record([patch], of: "a", at: start + .milliseconds(100 * number)) }
  }

  /// The duration for which the next patch is held back.
  private func delay(_ patch: ObjectPatch, at now: Duration) -> Duration? {
    contention.holdsBack(patch, of: "a", at: now) ? contention.delay(of: "a", at: now) : nil
  }

  @Test mutating func `an object that is written again ten times within a minute waits for a second`() {
    record(10, of: patch())
    #expect(!contention.concerns("a") && delay(patch(), at: .seconds(1)) == nil)
    contention.record([patch()], of: "a", at: .seconds(1))
    #expect(contention.concerns("a") && !contention.concerns("b"))
    #expect(delay(patch(), at: .seconds(1)) == .seconds(1) && delay(patch(), at: .seconds(2)) == nil)
    // Whatever is written to it, but nothing else.
    #expect(delay(patch(.apply([:], force: true)), at: .seconds(1)) != nil)
    #expect(delay(patch(subresource: "status"), at: .seconds(1)) == nil)
    #expect(delay(patch(of: "other"), at: .seconds(1)) == nil)
    for operation in [ObjectPatch.Operation.create([:]), .delete, .patch([])] {
      #expect(delay(patch(operation), at: .seconds(1)) == nil)
    }
  }

  @Test mutating func `each further write doubles the delay, up to a minute`() {
    record(11, of: patch(), from: .zero)
    var (now, delays) = (Duration.seconds(1), [Duration]())
    while delays.count < 8, let delay = delay(patch(), at: now) {
      delays.append(delay)
      now += delay
      // Two patches in one plan are one write.
      contention.record([patch(), patch()], of: "a", at: now)
    }
    #expect(delays == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
  }

  @Test mutating func `a minute without a write after the delay ends it`() {
    record(11, of: patch())
    contention.forget("a", at: .seconds(61))
    #expect(contention.concerns("a") && contention.delay(of: "a", at: .seconds(61)) == .seconds(1))
    contention.forget("a", at: .seconds(62))
    #expect(!contention.concerns("a") && contention.delay(of: "a", at: .seconds(62)) == nil)
    // It begins from the start.
    record(9, of: patch(), from: .seconds(63))
    #expect(!contention.concerns("a"))
  }

  @Test mutating func `writes that are further apart don't count together`() {
    for number in 0..<100 { contention.record([patch()], of: "a", at: .seconds(7 * number)) }
    #expect(!contention.concerns("a"))
  }

  @Test mutating func `a content that changes, creates, deletes and verifications don't count`() {
    for number in 0..<100 {
      let patches = [
        patch(.apply(["data": ["a": .integer(number)]], force: true)),
        patch(.create([:])), patch(.delete), patch(.patch([])),
        patch(.patch([.remove(path: "/spec")]), of: "other", reason: "\(number)"),
      ]
      contention.record(patches, of: "a", at: .zero)
    }
    #expect(!contention.concerns("a"))
  }

  @Test
  mutating func `times of transitions, and the positions in a JSON patch, are no other content`() {
    for number in 0..<11 {
      let time: JSONValue = .string("2026-12-01T00:00:\(10 + number)Z")
      let status: JSONValue = ["status": ["conditions": [["type": "Ready", "lastTransitionTime": time]]]]
      contention.record(
        [
          patch(.apply(status, force: true), subresource: "status"),
          patch(.patch([.remove(path: "/metadata/managedFields/\(number)")]), of: "other"),
        ], of: "a", at: .zero)
    }
    #expect(delay(patch(subresource: "status"), at: .zero) != nil)
    #expect(delay(patch(of: "other"), at: .zero) != nil && delay(patch(), at: .zero) == nil)
  }

  @Test mutating func `a heartbeat and the time of a restart are another content each time`() {
    for number in 0..<100 {
      let time: JSONValue = .string("2026-12-01T00:00:\(number % 50 + 10)Z")
      let restart: JSONValue = ["metadata": ["annotations": ["restartedAt": time]]]
      let patches = [
        patch(.apply(["status": ["lastSync": time]], force: true), subresource: "status"),
        patch(.apply(restart, force: true)),
      ]
      contention.record(patches, of: "a", at: .milliseconds(100 * number))
    }
    #expect(!contention.concerns("a"))
  }

  @Test
  mutating func `a Secret that is made from what another program keeps changing is written ever more rarely`()
  {
    var writes = 0
    for number in 0..<200 {
      let copy = ObjectPatch(
        target: ObjectKey(Secret.type, namespace: "ns", name: "copy"),
        operation: .apply(["data": ["token": .integer(number % 2)]], force: true),
        precondition: .uidAndResourceVersion(uid: "uid", resourceVersion: "\(number)"), reason: "test")
      let now = Duration.milliseconds(300 * number)
      contention.forget("a", at: now)
      if contention.holdsBack(copy, of: "a", at: now) {
        contention.report(copy, of: "a") { _ in "held back" }
      } else {
        contention.record([copy], of: "a", at: now)
        writes += 1
      }
    }
    // Eleven, and then one after each of five delays.
    #expect(writes == 16 && contention.refusals(of: "a").count == 1)
  }

  @Test mutating func `objects of one name that follow each other don't count together`() {
    for number in 0..<11 {
      let uid = "uid-\(number)"
      let finalizer = patch(.patch([.add(path: "/metadata/finalizers/-", "f")]), uid: uid)
      contention.record([finalizer, patch(uid: uid)], of: "a", at: .seconds(number))
    }
    #expect(!contention.concerns("a"))
    record(11, of: patch(), from: .seconds(20))
    #expect(delay(patch(), at: .seconds(21)) != nil && delay(patch(uid: "next"), at: .seconds(21)) == nil)
  }

  @Test mutating func `the contended objects of a key wait for each other and are written at once`() {
    record(11, of: patch())
    record(11, of: patch(of: "other"), from: .milliseconds(500))
    for place in [patch(), patch(of: "other")] {
      #expect(delay(place, at: .seconds(2)) == .milliseconds(500))
      #expect(delay(place, at: .milliseconds(2500)) == nil)
    }
    // Each has its own delays, and is forgotten by itself.
    contention.record([patch()], of: "a", at: .milliseconds(2500))
    #expect(delay(patch(of: "other"), at: .seconds(3)) == .milliseconds(1500))
    contention.report(patch(), of: "a") { _ in "first" }
    contention.report(patch(of: "other"), of: "a") { _ in "other" }
    #expect(contention.delay(of: "a", at: .seconds(60)) == .milliseconds(2500))
    contention.forget("a", at: .milliseconds(62500))
    #expect(contention.refusals(of: "a").map(\.message) == ["first"])
  }

  @Test mutating func `a takeover and an apply in turns count each`() {
    let takeover = patch(.patch([.remove(path: "/metadata/managedFields/0")]))
    for _ in 0..<11 { contention.record([takeover, patch()], of: "a", at: .zero) }
    #expect(contention.delay(of: "a", at: .zero) == .seconds(1))
  }

  @Test mutating func `what is held back is reported once, until it is forgotten`() {
    record(11, of: patch())
    #expect(contention.refusals(of: "a").isEmpty)
    contention.report(patch(), of: "a") { "\($0.repetitions) times" }
    contention.report(patch(), of: "a") { _ in "again" }
    #expect(contention.refusals(of: "a").map(\.message) == ["10 times"])
    #expect(contention.refusals(of: "a").first?.cause == .contended && contention.refusals.count == 1)
    contention.forget("a", at: .seconds(100))
    #expect(contention.refusals.isEmpty)
  }

  @Test func `patches that depend on one that is held back wait with it, and no others`() {
    var state = RunnerState(ControllerCache(Widget.controller))
    let key = Widget("a").key
    for _ in 0..<11 { state.contention.record([patch()], of: key, at: .zero) }
    var dependent = patch(of: "dependent")
    dependent.dependency = patch().target
    var indirect = patch(of: "indirect")
    indirect.dependency = dependent.target
    let others = [patch(of: "other"), patch(subresource: "status")]
    let all = [others[0], patch(), dependent, others[1], indirect]
    var patches = all
    #expect(state.holdBack(&patches, of: key, by: "widgets", at: .zero) == [patch(), dependent, indirect])
    #expect(patches == others)
    patches = all
    #expect(state.holdBack(&patches, of: key, by: "widgets", at: .seconds(1)).isEmpty && patches == all)
  }
}
