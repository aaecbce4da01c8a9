package import KubeCore

package typealias PatchID = Int32
package typealias PlanID = Int32
package typealias ViewID = Int32

/// A table of every distinct view, patch and plan.
package struct PlanTable {
  package struct Patch {
    package var patch: ObjectPatch
    package var slot: SlotID
    /// The uid of the seen object; `nil` if none was seen.
    package var observedUID: String?
    /// Whether the patch depends on the seen state of its object.
    package var isTied: Bool
    /// The uids in the patch.
    var uids: [String]
  }

  package struct Plan {
    package var patches: [PatchID]
    /// Descriptions of the effects that are performed one by one after the patches.
    package var effects: [String]
    /// Descriptions of the requests at the plan's end, whose results are in memory at once and lost
    /// by a crash.
    package var requests: [String]

    /// The number of its steps.
    var length: Int { patches.count + effects.count }
  }

  package struct View {
    /// The objects that the controller sees, by slot.
    package var objects: [ObjectID]
    /// The kinds that couldn't be read.
    package var unread: [GroupKind]
    /// The fingerprint of those kinds.
    package var unreadFingerprint: Fingerprint
  }

  private struct PatchKey: Hashable {
    var patch: ObjectPatch
    var uid: String?
  }

  package private(set) var patches: [Patch] = []
  package private(set) var plans: [Plan] = []
  package private(set) var views: [View] = []
  private var patchIDs: [PatchKey: PatchID] = [:]
  private var viewIDs: [Fingerprint: ViewID] = [:]

  /// Returns the view of these objects.
  mutating func view(_ ids: [ObjectID], unread: Set<GroupKind> = [], _ table: ObjectTable) -> ViewID {
    var unreadFingerprint = Fingerprint.zero
    for kind in unread {
      var fingerprinter = Fingerprinter()
      fingerprinter.combine("\(kind) unread")
      unreadFingerprint = unreadFingerprint &+ fingerprinter.fingerprint
    }
    var fingerprint = unreadFingerprint
    for id in ids { fingerprint = fingerprint &+ table[id].fingerprint }
    if let known = viewIDs[fingerprint] { return known }
    let id = ViewID(views.count)
    views.append(View(objects: ids, unread: Array(unread), unreadFingerprint: unreadFingerprint))
    viewIDs[fingerprint] = id
    return id
  }

  /// Adds a plan.
  ///
  /// - Parameters:
  ///   - patches: Its patches, each with the uid of the seen object.
  ///   - effects: Descriptions of its effects.
  ///   - requests: Descriptions of the requests at its end.
  ///   - isTied: Whether a patch depends on the seen state of its object by more than its
  ///     precondition.
  ///   - objects: The table of objects.
  mutating func record(
    _ patches: [(patch: ObjectPatch, uid: String?)], effects: [String], requests: [String],
    isTied: (ObjectPatch) -> Bool, _ objects: inout ObjectTable
  ) -> PlanID {
    let ids = patches.map { patch, uid -> PatchID in
      let key = PatchKey(patch: patch, uid: uid)
      if let known = patchIDs[key] { return known }
      var isBound = isTied(patch)
      if case .uidAndResourceVersion = patch.precondition { isBound = true }
      let id = PatchID(self.patches.count)
      self.patches.append(
        Patch(
          patch: patch,
          slot: objects.slot(patch.target.type, namespace: patch.target.namespace, name: patch.target.name),
          observedUID: uid, isTied: isBound, uids: PlanTable.uids(in: patch.body)))
      patchIDs[key] = id
      return id
    }
    plans.append(Plan(patches: ids, effects: effects, requests: requests))
    return PlanID(plans.count - 1)
  }

  private static func uids(in value: JSONValue) -> [String] {
    switch value {
    case .array(let elements): return elements.flatMap { uids(in: $0) }
    case .object(let members):
      return members.flatMap { member -> [String] in
        if member.key == "uid" || member.key == "value", let uid = member.value.string { return [uid] }
        return uids(in: member.value)
      }
    default: return []
    }
  }
}
