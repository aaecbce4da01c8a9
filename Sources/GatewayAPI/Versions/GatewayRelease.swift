/// What an image of cluster-gateway understands, as far as its tag says.
package struct GatewayRelease: Sendable, Hashable {
  /// The newest version whose options were read.
  package static let newest = GatewayVersion(1, 9, 1)
  /// The image of that version: what new installations get.
  package static let newestImage = "oamdev/cluster-gateway:\(newest)"

  /// The version that the image counts as: the newest where the tag names none, or where there is a digest
  /// alone.
  package var version: GatewayVersion
  /// Whether the tag names a version that is no newer than those whose options were read.
  package var isKnown: Bool

  /// The release of `image`.
  package init(image: String) {
    let named = ImageReference(image).tag.flatMap { GatewayVersion(tag: $0) }
    version = named ?? GatewayRelease.newest
    isKnown = named.map { $0 <= GatewayRelease.newest } ?? false
  }

  /// Whether the release knows the feature gate of this name.
  package func support(ofGate name: String) -> GatewayOption.Support {
    GatewayOption.featureGates.first { $0.name == name }?.support(in: version) ?? .unread
  }

  /// Whether the release knows the flag of this name, such as `--secure-port`.
  package func support(ofFlag name: String) -> GatewayOption.Support {
    GatewayOption.flags.first { $0.name == name }?.support(in: version) ?? .unread
  }

  /// The gates and flags among a container's arguments of which it isn't sure that the release knows them.
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

/// Feature gates as the flag `--feature-gates` has them: `A=true,B=false`.
package struct FeatureGates: Sendable, Hashable {
  package static let flag = "--feature-gates"

  /// Whether each gate is on, by its name.
  package var values: [String: Bool]

  /// These gates.
  package init(_ values: [String: Bool]) { self.values = values }

  /// The gates in an argument; what can't be read is left out.
  package init(argument: String) {
    values = [:]
    guard argument.hasPrefix(FeatureGates.flag + "=") else { return }
    for gate in argument.dropFirst(FeatureGates.flag.count + 1).split(separator: ",") {
      let parts = gate.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let isOn = Bool(String(parts[1])) else { continue }
      values[String(parts[0])] = isOn
    }
  }

  /// The argument, by name; `nil` where there are no gates.
  package var argument: String? {
    guard !values.isEmpty else { return nil }
    let gates = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return FeatureGates.flag + "=" + gates.joined(separator: ",")
  }
}

extension ClusterGatewayConfiguration.Spec {
  /// What the image understands.
  package var release: GatewayRelease { GatewayRelease(image: image) }

  /// The feature gates without those that the image's version is known to end at.
  package var understoodFeatureGates: [String: Bool] {
    let release = release
    return featureGates.filter { release.support(ofGate: $0.key) != .unknown }
  }
}
