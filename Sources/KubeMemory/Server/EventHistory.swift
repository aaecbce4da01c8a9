import KubeCore

/// A change of one object. Deletions have the last state under a resourceVersion of their own.
struct HistoryEvent: Sendable {
  enum Change: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
  }

  var change: Change
  var groupKind: GroupKind
  var object: StoredObject
  var previous: StoredObject?
  var resourceVersion: UInt64 { object.resourceVersion }
}

/// The newest changes, oldest first, in chunks, so that appending to a copy doesn't copy them all.
struct EventHistory: Sendable {
  private static let chunkSize = 64
  private var chunks: [[HistoryEvent]] = []
  private(set) var count = 0
  /// The newest resourceVersion whose event has been dropped: a watch must begin at it or later.
  private(set) var compactedThrough: UInt64 = 0

  mutating func append(_ event: HistoryEvent, limit: Int) {
    if let newest = chunks.last?.last {
      precondition(event.resourceVersion > newest.resourceVersion, "events are recorded in order")
    }
    if let last = chunks.indices.last, chunks[last].count < EventHistory.chunkSize {
      chunks[last].append(event)
    } else {
      chunks.append([event])
    }
    count += 1
    while count > max(limit, 0), let first = chunks.first, count - first.count >= limit || limit <= 0 {
      drop(first)
    }
  }

  private mutating func drop(_ chunk: [HistoryEvent]) {
    if let last = chunk.last { compactedThrough = max(compactedThrough, last.resourceVersion) }
    count -= chunk.count
    chunks.removeFirst()
  }

  /// Drops every event up to `resourceVersion`, like a compaction of the real server's store.
  mutating func compact(through resourceVersion: UInt64) {
    while let first = chunks.first, let last = first.last, last.resourceVersion <= resourceVersion {
      drop(first)
    }
    if var first = chunks.first, let oldest = first.first, oldest.resourceVersion <= resourceVersion {
      let before = first.count
      first.removeAll { $0.resourceVersion <= resourceVersion }
      count -= before - first.count
      chunks[0] = first
    }
    compactedThrough = max(compactedThrough, resourceVersion)
  }

  /// The events after `resourceVersion`, oldest first.
  func events(after resourceVersion: UInt64) -> [HistoryEvent] {
    // Most readers want the last few: search from the end.
    var start = chunks.count
    while start > 0, let last = chunks[start - 1].last, last.resourceVersion > resourceVersion { start -= 1 }
    return chunks[start...].flatMap { chunk in chunk.lazy.filter { $0.resourceVersion > resourceVersion } }
  }
}
