/// The parts of an image's reference, `registry:port/repository:tag@digest`.
package struct ImageReference: Sendable, Hashable {
  /// The registry, where one is named, and the repository.
  package var name: String
  /// The tag; `nil` where none is named, which means `latest` unless there is a digest.
  package var tag: String?
  /// The digest, such as `sha256:…`; `nil` where none is named.
  package var digest: String?

  /// Parses `text`. Never fails: any other text becomes a name alone.
  package init(_ text: String) {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    digest = halves.count > 1 ? String(halves[1]) : nil
    let place = halves.first ?? ""
    // A colon before the last slash precedes the registry's port.
    let last = place.lastIndex(of: "/").map { place.index(after: $0) } ?? place.startIndex
    if let colon = place[last...].firstIndex(of: ":") {
      name = String(place[..<colon])
      tag = String(place[place.index(after: colon)...])
    } else {
      name = String(place)
    }
  }
}
