/// The options that an image of cluster-gateway supports, as far as its tag shows.
package struct GatewayRelease: Sendable, Hashable {
  /// The newest version whose options were read.
  package static let newest = GatewayVersion(major: 1, minor: 9, patch: 1)
  /// The image of that version, the default of new installations.
  package static let newestImage = "oamdev/cluster-gateway:\(newest)"

  /// The version of the image: the newest where the tag names none, or where there is only a
  /// digest.
  package var version: GatewayVersion
  /// Whether the tag names a version that is no newer than those whose options were read.
  package var isKnown: Bool

  /// Creates the release of `image`.
  package init(image: String) {
    let named = ImageReference(image).tag.flatMap { GatewayVersion(tag: $0) }
    version = named ?? GatewayRelease.newest
    isKnown = named.map { $0 <= GatewayRelease.newest } ?? false
  }

  /// The support of the feature gate of this name.
  package func support(ofGate name: String) -> GatewayOption.Support {
    GatewayOption.featureGates.first { $0.name == name }?.support(in: version) ?? .unread
  }

  /// The support of the flag of this name, such as `--secure-port`.
  package func support(ofFlag name: String) -> GatewayOption.Support {
    GatewayOption.flags.first { $0.name == name }?.support(in: version) ?? .unread
  }

  /// The gates and flags among a container's arguments whose support isn't certain.
  package func doubts(about arguments: [String]) -> [String] {
    arguments.flatMap { argument -> [String] in
      let parts = argument.split(separator: "=", maxSplits: 1).map { String($0) }
      guard let flag = parts.first else { return [] }
      var doubts = support(ofFlag: flag) == .known ? [] : [flag]
      if flag == FeatureGates.flag {
        doubts += FeatureGates(argument: argument).values.keys.sorted().filter {
          !isKnown || support(ofGate: $0) != .known
        }
      }
      return doubts
    }
  }
}

/// Feature gates in the notation of the flag `--feature-gates`: `A=true,B=false`.
package struct FeatureGates: Sendable, Hashable {
  package static let flag = "--feature-gates"

  /// Whether each gate is on, by its name.
  package var values: [String: Bool]

  /// Creates a set of gates.
  package init(_ values: [String: Bool]) { self.values = values }

  /// Parses the gates of an argument; invalid ones are skipped.
  package init(argument: String) {
    values = [:]
    guard argument.hasPrefix(FeatureGates.flag + "=") else { return }
    for gate in argument.dropFirst(FeatureGates.flag.count + 1).split(separator: ",") {
      let parts = gate.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let isOn = Bool(String(parts[1])) else { continue }
      values[String(parts[0])] = isOn
    }
  }

  /// The argument with the gates sorted by name; `nil` without gates.
  package var argument: String? {
    guard !values.isEmpty else { return nil }
    let gates = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return FeatureGates.flag + "=" + gates.joined(separator: ",")
  }
}

extension ClusterGatewayConfiguration.Spec {
  /// The release of the image.
  package var release: GatewayRelease { GatewayRelease(image: image) }

  /// The feature gates without those at which the image's version is known to exit.
  package var understoodFeatureGates: [String: Bool] {
    let release = release
    return featureGates.filter { release.support(ofGate: $0.key) != .unknown }
  }
}
