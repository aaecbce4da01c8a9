import KubeCore

/// All objects, by kind.
struct StoredObjects: Sendable {
  private var kinds: [GroupKind: ObjectIndex] = [:]
  let trees = RecentTrees()

  func object(_ kind: GroupKind, _ slot: Slot) -> StoredObject? { kinds[kind]?[slot] }

  mutating func set(_ object: StoredObject, _ kind: GroupKind) {
    kinds[kind, default: ObjectIndex()].set(object)
  }

  mutating func remove(_ kind: GroupKind, _ slot: Slot) { kinds[kind]?.remove(slot) }

  /// The objects of a kind, in one namespace or in all, in the order of lists.
  func objects(_ kind: GroupKind, namespace: String?) -> [StoredObject] {
    kinds[kind]?.objects(namespace: namespace) ?? []
  }

  var groupKinds: [GroupKind] { Array(kinds.keys) }
  var count: Int { kinds.values.reduce(0) { $0 + $1.count } }
}

/// The objects of one kind in list order, in chunks, so that a write to a copy of the server copies
/// one chunk and the list of chunks, not all objects.
struct ObjectIndex: Sendable {
  /// The size at which a chunk is halved. With 100,000 objects, a write to a copy then copies a
  /// chunk of about a hundred references and about a thousand references to chunks.
  private static let chunkSize = 128
  /// The chunks, none of which is empty.
  private var chunks: [[StoredObject]] = []
  private(set) var count = 0

  /// The object in `slot`.
  subscript(slot: Slot) -> StoredObject? {
    let place = place(of: slot)
    return place.exists ? chunks[place.chunk][place.index] : nil
  }

  /// Stores `object` in its slot and replaces the former object.
  mutating func set(_ object: StoredObject) {
    let (chunk, index, exists) = place(of: object.slot)
    if exists {
      chunks[chunk][index] = object
      return
    }
    count += 1
    guard chunk < chunks.count else {
      chunks.append([object])
      return
    }
    let size = chunks[chunk].count
    if size < ObjectIndex.chunkSize {
      chunks[chunk].insert(object, at: index)
    } else if chunk == chunks.count - 1, index == size {
      // Objects that arrive in order fill chunk after chunk.
      chunks.append([object])
    } else {
      let upper = Array(chunks[chunk][(size / 2)...])
      chunks[chunk].removeSubrange((size / 2)...)
      chunks.insert(upper, at: chunk + 1)
      if index <= size / 2 {
        chunks[chunk].insert(object, at: index)
      } else {
        chunks[chunk + 1].insert(object, at: index - size / 2)
      }
    }
  }

  /// Removes the object in `slot`.
  mutating func remove(_ slot: Slot) {
    let (chunk, index, exists) = place(of: slot)
    guard exists else { return }
    count -= 1
    chunks[chunk].remove(at: index)
    if chunks[chunk].isEmpty {
      chunks.remove(at: chunk)
    } else if chunk + 1 < chunks.count,
      chunks[chunk].count + chunks[chunk + 1].count <= ObjectIndex.chunkSize / 2
    {
      chunks[chunk] += chunks.remove(at: chunk + 1)
    }
  }

  /// The objects, in one namespace or in all, in order.
  func objects(namespace: String?) -> [StoredObject] {
    guard let namespace else { return Array(chunks.joined()) }
    // The objects of a namespace are contiguous, and no name precedes the empty one.
    let start = place(of: Slot(namespace: namespace, name: ""))
    var found: [StoredObject] = []
    var index = start.index
    for chunk in chunks.dropFirst(start.chunk) {
      for object in chunk[min(index, chunk.count)...] {
        guard object.namespace == namespace else { return found }
        found.append(object)
      }
      index = 0
    }
    return found
  }

  /// The position of the object in `slot`, or the one where it would be inserted: a new chunk where
  /// there is none.
  private func place(of slot: Slot) -> (chunk: Int, index: Int, exists: Bool) {
    // The first chunk whose last object isn't before the slot, or the last chunk.
    var (low, high) = (0, chunks.count)
    while low < high {
      let middle = (low + high) / 2
      guard let last = chunks[middle].last else { break }
      if slot.order(to: last) > 0 { low = middle + 1 } else { high = middle }
    }
    guard !chunks.isEmpty else { return (0, 0, false) }
    let number = min(low, chunks.count - 1)
    let chunk = chunks[number]
    (low, high) = (0, chunk.count)
    while low < high {
      let middle = (low + high) / 2
      let order = slot.order(to: chunk[middle])
      if order == 0 { return (number, middle, true) }
      if order > 0 { low = middle + 1 } else { high = middle }
    }
    return (number, low, false)
  }
}
