import KubeCore
import KubeKindsCore
import KubeReconcile
import KubeTransport

/// The objects that a controller writes again and again, because another program keeps changing
/// them back. Pure: a time is a duration since some beginning.
///
/// A patch counts as repeated if it changes the object and writes what the last one of its kind
/// wrote to the same place: a content that changes is the controller's own doing. That of a Secret
/// isn't, which is often a copy: each apply counts. After ``limit`` repetitions within a ``window``
/// the place is contended: each write holds the next one back, for a second first and for a minute
/// in the end. A window without a write after such a delay ends that.
///
/// The contended places of a key wait for each other, so that there is a time at which nothing is
/// held back and the effects of a whole plan are performed.
///
/// A write costs O(1), and what is kept of it is forgotten after some minutes.
struct Contention<Key: Hashable & Sendable>: Sendable {
  /// An object or a subresource of it, which is contended by itself. Another object of the same
  /// name is another place.
  struct Place: Sendable, Hashable {
    var target: ObjectKey
    var uid: String?
    var subresource: String?

    init(_ patch: ObjectPatch) {
      target = patch.target
      subresource = patch.subresource
      switch patch.precondition {
      case .absent: break
      case .uid(let uid), .uidAndResourceVersion(let uid, _): self.uid = uid
      }
    }
  }

  /// The state of a contended place.
  struct Hold: Sendable {
    /// The number of delays so far.
    var delays = 0
    /// The end of the current delay.
    var until = Duration.zero
    /// The number of repetitions within the window before the first delay.
    var repetitions: Int
    /// The report, made when a patch is held back.
    var refusal: Refusal?
  }

  /// The writes of one kind: a plan may contain a patch of managedFields and an apply.
  private struct Write: Hashable {
    var place: Place
    var kind: ObjectPatch.Operation.Kind
  }

  private struct History {
    var content: Int
    /// The times of the repetitions within the window.
    var repetitions: [Duration] = []
  }

  /// The number of repetitions within a window that make a place contended.
  static var limit: Int { 10 }
  /// The time within which repetitions count.
  static var window: Duration { .seconds(60) }
  /// The delays of a contended place.
  private static var backoff: Backoff {
    Backoff(initial: .seconds(1), maximum: .seconds(60), jitterShare: 0)
  }
  /// The age at which `recent` becomes `earlier`: no write is forgotten before the longest delay
  /// and a window have passed.
  private static var retention: Duration { .seconds(120) }

  private var recent: [Write: History] = [:]
  private var earlier: [Write: History] = [:]
  /// The beginning of `recent`.
  private var start = Duration.zero
  private var holds: [Key: [Place: Hold]] = [:]

  /// Whether a place that the key writes to is contended.
  func concerns(_ key: Key) -> Bool { holds[key] != nil }

  /// Whether a patch of the key's must not be sent yet.
  func holdsBack(_ patch: ObjectPatch, of key: Key, at now: Duration) -> Bool {
    patch.content != nil && holds[key]?[Place(patch)] != nil && now < end(of: key)
  }

  /// The end of the current delays of all places that the key writes to.
  private func end(of key: Key) -> Duration { holds[key]?.values.map(\.until).max() ?? .zero }

  /// Reports, once, that a patch is held back.
  mutating func report(_ patch: ObjectPatch, of key: Key, _ message: (Hold) -> String) {
    guard let hold = holds[key]?[Place(patch)], hold.refusal == nil else { return }
    holds[key]?[Place(patch)]?.refusal = Refusal(
      verb: patch.access.verb, target: patch.target, subresource: patch.subresource, cause: .contended,
      message: message(hold))
  }

  /// The reports of the contended places that the key writes to.
  func refusals(of key: Key) -> [Refusal] {
    (holds[key]?.values.compactMap(\.refusal) ?? []).sorted { $0.description < $1.description }
  }

  /// All reports.
  var refusals: [Refusal] { holds.keys.flatMap { refusals(of: $0) } }

  /// The delay until a patch of the key's may be sent or a contended place is forgotten; `nil` if
  /// there is none.
  func delay(of key: Key, at now: Duration) -> Duration? {
    guard let forgotten = holds[key]?.values.map({ $0.until + Self.window }).min() else { return nil }
    let end = end(of: key)
    return (now < end ? min(end, forgotten) : forgotten) - now
  }

  /// Forgets the places that the key wrote to and that are contended no longer.
  mutating func forget(_ key: Key, at now: Duration) {
    guard let places = holds[key]?.filter({ now < $0.value.until + Self.window }) else { return }
    holds[key] = places.isEmpty ? nil : places
  }

  /// Records the patches of a plan that changed something.
  mutating func record(_ patches: [ObjectPatch], of key: Key, at now: Duration) {
    if now - start >= Self.retention {
      earlier = now - start >= Self.retention * 2 ? [:] : recent
      (recent, start) = ([:], now)
    }
    for patch in patches {
      guard let content = patch.content else { continue }
      let write = Write(place: Place(patch), kind: patch.operation.kind)
      guard var history = recent[write] ?? earlier[write], history.content == content else {
        recent[write] = History(content: content)
        continue
      }
      history.repetitions.removeAll { now - $0 >= Self.window }
      history.repetitions.append(now)
      recent[write] = history
      hold(write.place, of: key, after: history.repetitions.count, at: now)
    }
  }

  private mutating func hold(_ place: Place, of key: Key, after repetitions: Int, at now: Duration) {
    var hold = holds[key]?[place] ?? Hold(repetitions: repetitions)
    // Of several patches in one plan the first is enough.
    guard hold.delays > 0 || repetitions >= Self.limit, hold.until <= now else { return }
    hold.delays += 1
    hold.until = now + Self.backoff.delay(afterFailures: hold.delays, jitter: 1)
    holds[key, default: [:]][place] = hold
  }
}

extension ObjectPatch {
  /// A hash of what the patch writes to an existing object; `nil` if it writes nothing to one.
  ///
  /// The times of conditions' transitions in an apply don't count, nor what it writes to a Secret.
  /// Nor does the content of a JSON patch, which names positions and versions, but its reason.
  fileprivate var content: Int? {
    var hasher = Hasher()
    switch operation {
    case .create, .delete, .patch([]): return nil
    case .apply where isOfSecret: break
    case .apply(let fields, _): fields.hashWithoutTransitionTimes(into: &hasher)
    case .patch: hasher.combine(reason)
    }
    return hasher.finalize()
  }

  fileprivate var isOfSecret: Bool { target.type.groupKind == Secret.type.groupKind }
}

extension JSONValue {
  fileprivate func hashWithoutTransitionTimes(into hasher: inout Hasher) {
    switch self {
    case .object(let members):
      for member in members where member.key != "lastTransitionTime" {
        hasher.combine(member.key)
        member.value.hashWithoutTransitionTimes(into: &hasher)
      }
    case .array(let items): for item in items { item.hashWithoutTransitionTimes(into: &hasher) }
    default: hasher.combine(self)
    }
  }
}

extension RunnerState {
  /// Removes the patches that are held back, and those that depend on them, from a plan for the
  /// key, and returns them.
  ///
  /// - Parameter fieldManager: The operator's field manager, which a report doesn't name.
  mutating func holdBack(
    _ patches: inout [ObjectPatch], of key: Key, by fieldManager: String, at now: Duration
  ) -> [ObjectPatch] {
    contention.forget(key, at: now)
    guard contention.concerns(key) else { return [] }
    var heldBack: [ObjectPatch] = []
    for patch in patches {
      if contention.holdsBack(patch, of: key, at: now) {
        contention.report(patch, of: key) { [stores] hold in
          let managers = Self.managers(of: patch, besides: fieldManager, in: stores)
          return
            "another program keeps changing it back\(patch.isOfSecret ? ", or keeps changing its source" : ""):"
            + " it was written again \(hold.repetitions) times within a minute"
            + (managers.isEmpty ? "" : "; other field managers: \(managers.joined(separator: ", "))")
        }
      } else if !heldBack.contains(where: { $0.target == patch.dependency }) {
        continue
      }
      heldBack.append(patch)
    }
    if !heldBack.isEmpty { patches.removeAll { heldBack.contains($0) } }
    return heldBack
  }

  /// The field managers, besides the operator's own, of the fields that a patch's object has now.
  private static func managers(
    of patch: ObjectPatch, besides fieldManager: String, in stores: [ObjectSelection: ObjectStore]
  ) -> [String] {
    let entries = (try? object(patch.target, in: stores)?.managedFields()) ?? []
    let own = [fieldManager, FieldOwnership.fieldManager(fieldManager, for: patch.subresource)]
    let managers = Set(entries.filter { $0.subresource == patch.subresource }.map(\.manager))
    return managers.subtracting(own).sorted()
  }

  private static func object(
    _ key: ObjectKey, in stores: [ObjectSelection: ObjectStore]
  ) -> DynamicObject? {
    stores.lazy.filter { $0.key.type.groupKind == key.type.groupKind }
      .compactMap { $0.value.object(namespace: key.namespace, name: key.name) }.first
  }

  /// The versions in which the patches' objects are observed now.
  func versions(of patches: [ObjectPatch]) -> [ObjectKey: String] {
    var versions: [ObjectKey: String] = [:]
    for patch in patches where versions[patch.target] == nil {
      versions[patch.target] = Self.object(patch.target, in: stores)?.metadata.resourceVersion
    }
    return versions
  }

  /// Records the patches of a plan for the key that changed something, and adds to the refusals
  /// what is contended. A server may answer an apply with its own value of a field each time.
  mutating func recordContention(of key: Key, in outcome: inout PlanApplier.Outcome, at now: Duration) {
    contention.record(outcome.effective, of: key, at: now)
    outcome.refusals += contention.refusals(of: key)
    outcome.newRefusals = new(outcome.refusals, of: key)
  }
}
