/// A version of cluster-gateway, ordered by Semantic Versioning 2.0.0 (section 11).
package struct GatewayVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The numbers major, minor and patch. One that a tag omits, like the patch in `v1.9`, is
  /// `UInt32.max`: such a tag denotes the newest matching version.
  package var numbers: [UInt32]
  /// The identifiers after the hyphen; empty for a release.
  package var prerelease: [String]

  /// Creates the release with these numbers.
  package init(major: UInt32, minor: UInt32, patch: UInt32) {
    numbers = [major, minor, patch]
    prerelease = []
  }

  /// Creates the version of an image's tag, such as `v1.9.1`, `1.4.0` or `v1.4.0-rc.1`; `nil` for a
  /// tag without a version, such as `latest`.
  package init?(tag: String) {
    let text = tag.hasPrefix("v") ? tag.dropFirst() : Substring(tag)
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let core = parts.first else { return nil }
    let texts = core.split(separator: ".", omittingEmptySubsequences: false)
    // UInt32's own parser would accept a sign, too.
    let numbers = texts.compactMap { $0.utf8.allSatisfy(GatewayVersion.isDigit) ? UInt32($0) : nil }
    guard numbers.count == texts.count, numbers.count <= 3 else { return nil }
    self.numbers = numbers + Array(repeating: .max, count: 3 - numbers.count)
    prerelease = []
    guard parts.count > 1 else { return }
    prerelease = parts[1].split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    guard prerelease.allSatisfy({ !$0.isEmpty }) else { return nil }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// The release that this version is or leads up to.
  package var release: GatewayVersion {
    var release = self
    release.prerelease = []
    return release
  }

  /// The version as a tag, such as `v1.9.1`.
  package var description: String {
    let core = numbers.filter { $0 != .max }.map { String($0) }.joined(separator: ".")
    return "v" + core + (prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: "."))
  }

  /// Whether `left` has the lower precedence.
  package static func < (left: GatewayVersion, right: GatewayVersion) -> Bool {
    guard left.numbers == right.numbers else {
      return left.numbers.lexicographicallyPrecedes(right.numbers)
    }
    // A release follows all its prereleases.
    guard !left.prerelease.isEmpty, !right.prerelease.isEmpty else {
      return !left.prerelease.isEmpty && right.prerelease.isEmpty
    }
    for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
      switch (number(one), number(other)) {
      case (let one?, let other?): return one < other
      case (_?, nil): return true
      case (nil, _?): return false
      case (nil, nil): return one < other
      }
    }
    return left.prerelease.count < right.prerelease.count
  }

  private static func number(_ identifier: String) -> UInt64? {
    identifier.utf8.allSatisfy(isDigit) ? UInt64(identifier) : nil
  }
}
