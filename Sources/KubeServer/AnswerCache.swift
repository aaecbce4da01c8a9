import KubeCore

/// The kept answers of an ``AccessReview``, of bounded number.
struct AnswerCache: Sendable {
  /// A path and a token, as a digest: tokens aren't kept.
  struct Key: Sendable, Hashable {
    private let digest: [UInt8]

    init(path: String, token: String) {
      digest = SHA256.digest(Array(path.utf8) + [0] + Array(token.utf8))
    }
  }

  private struct Entry {
    var verdict: AccessReview.Verdict
    var end: Duration
  }

  private let capacity: Int
  private var entries: [Key: Entry] = [:]

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { entries.count }

  /// The kept answer that still holds at `now`.
  func verdict(_ key: Key, at now: Duration) -> AccessReview.Verdict? {
    entries[key].flatMap { $0.end > now ? $0.verdict : nil }
  }

  /// Keeps an answer until `end`. In a full cache it takes the place of those that no longer hold,
  /// or else of the one that ends first.
  mutating func keep(_ verdict: AccessReview.Verdict, for key: Key, until end: Duration, at now: Duration) {
    guard capacity > 0 else { return }
    if entries[key] == nil, entries.count >= capacity {
      entries = entries.filter { $0.value.end > now }
      if entries.count >= capacity, let first = entries.min(by: { $0.value.end < $1.value.end })?.key {
        entries[first] = nil
      }
    }
    entries[key] = Entry(verdict: verdict, end: end)
  }
}
