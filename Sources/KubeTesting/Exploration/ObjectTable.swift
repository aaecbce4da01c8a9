package import KubeCore

/// The number of an object's kind, namespace and name.
package typealias SlotID = Int32
/// The number of a state of an object; equal numbers are equal states, resourceVersions apart.
package typealias ObjectID = Int32

/// A table of every distinct state of every object.
package struct ObjectTable {
  package struct Entry {
    /// The object, with a placeholder for its resourceVersion.
    package let object: DynamicObject
    package let slot: SlotID
    package let fingerprint: Fingerprint
    /// The watch that delivers it to the controller; `nil` for none.
    package let channel: UInt8?
    package let uid: String
    /// The index of its kind among the worlds' kinds; -1 for another kind.
    let kind: Int
  }

  package struct Slot: Hashable {
    package var type: ResourceType
    package var namespace: String?
    package var name: String

    package var key: ObjectKey { ObjectKey(type, namespace: namespace, name: name) }
  }

  /// The placeholder for resourceVersions, which don't distinguish states.
  package static let anyVersion = "999999999999"

  package private(set) var entries: [Entry] = []
  package private(set) var slots: [Slot] = []
  private var byFingerprint: [Fingerprint: ObjectID] = [:]
  private var slotIDs: [Slot: SlotID] = [:]
  private var kinds: [Int] = []
  private let places: [GroupKind: Int]
  private let channel: (DynamicObject) -> UInt8?

  /// Creates an empty table.
  ///
  /// - Parameters:
  ///   - types: The kinds by which states are distinguished.
  ///   - channel: Returns the watch that delivers an object to the controller.
  init(types: [ResourceType], channel: @escaping (DynamicObject) -> UInt8?) {
    places = Dictionary(types.enumerated().map { ($1.groupKind, $0) }, uniquingKeysWith: { $1 })
    self.channel = channel
  }

  @inlinable package subscript(id: ObjectID) -> Entry {
    _read { yield entries[Int(id)] }
  }

  package mutating func slot(_ type: ResourceType, namespace: String?, name: String) -> SlotID {
    let slot = Slot(type: type, namespace: namespace, name: name)
    if let id = slotIDs[slot] { return id }
    let id = SlotID(slots.count)
    slots.append(slot)
    kinds.append(places[type.groupKind] ?? -1)
    slotIDs[slot] = id
    return id
  }

  mutating func intern(_ object: DynamicObject, at slot: SlotID) -> ObjectID {
    var json = object.json
    json.set(.string(ObjectTable.anyVersion), at: ["metadata", "resourceVersion"])
    var canonical = json
    if object.kind == "Service" {
      // Addresses are assigned by counting, and don't distinguish states.
      for field in ["clusterIP", "clusterIPs"] { canonical.set(nil, at: ["spec", field]) }
    }
    var fingerprinter = Fingerprinter()
    fingerprinter.combine(UInt64(slot))
    fingerprinter.combine(document: canonical)
    let fingerprint = fingerprinter.fingerprint
    if let id = byFingerprint[fingerprint] { return id }
    let id = ObjectID(entries.count)
    let kept = (try? DynamicObject(json)) ?? object
    entries.append(
      Entry(
        object: kept, slot: slot, fingerprint: fingerprint, channel: channel(kept),
        uid: kept.metadata.uid ?? "", kind: kinds[Int(slot)]))
    byFingerprint[fingerprint] = id
    return id
  }
}
