package import KubeCore

/// An object's kind, namespace and name, as a number.
package typealias SlotID = Int32
/// One state of one object, as a number; equal numbers are equal objects, save the resourceVersion.
package typealias ObjectID = Int32

/// Every state of every object that was ever met, each kept once.
package struct ObjectTable {
  package struct Entry {
    /// The object, with a placeholder for its resourceVersion.
    package let object: DynamicObject
    package let slot: SlotID
    package let fingerprint: Fingerprint
    /// The watch that brings it to the controller; `nil` where none does.
    package let channel: UInt8?
    package let uid: String
    /// The place of its kind among the worlds' kinds; -1 where it is none of them.
    let kind: Int
  }

  package struct Slot: Hashable {
    package var type: ResourceType
    package var namespace: String?
    package var name: String

    package var key: ObjectKey { ObjectKey(type, namespace: namespace, name: name) }
  }

  /// The placeholder for resourceVersions: which one it is says nothing about the object.
  package static let anyVersion = "999999999999"

  package private(set) var entries: [Entry] = []
  package private(set) var slots: [Slot] = []
  private var byFingerprint: [Fingerprint: ObjectID] = [:]
  private var slotIDs: [Slot: SlotID] = [:]
  private var kinds: [Int] = []
  private let places: [GroupKind: Int]
  private let channel: (DynamicObject) -> UInt8?

  /// An empty table.
  ///
  /// - Parameters:
  ///   - types: The kinds that worlds consist of.
  ///   - channel: The watch that brings an object to the controller.
  init(types: [ResourceType], channel: @escaping (DynamicObject) -> UInt8?) {
    places = Dictionary(types.enumerated().map { ($1.groupKind, $0) }, uniquingKeysWith: { $1 })
    self.channel = channel
  }

  @inlinable package subscript(id: ObjectID) -> Entry {
    _read { yield entries[Int(id)] }
  }

  package mutating func slot(_ type: ResourceType, _ namespace: String?, _ name: String) -> SlotID {
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
      // Addresses are given by counting: which one it is means nothing.
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
