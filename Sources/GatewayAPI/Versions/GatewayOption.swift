import KubeCore

/// A feature gate or a flag of cluster-gateway, and the versions that support it.
///
/// The process exits at an unknown flag and, in the published versions, at an unknown gate. The
/// tables were read at the tags v1.1.11, v1.3.0, v1.4.0, v1.6.0 and v1.9.1.
package struct GatewayOption: Sendable, Hashable {
  /// The support of an option in a version.
  package enum Support: Sendable, Hashable {
    /// The version supports the option.
    case known
    /// The process exits at the option.
    case unknown
    /// The support is unknown: the version is between those that were read, or the option is in no
    /// table.
    case unread
  }

  /// The gate's name, or the flag with its hyphens.
  package var name: String
  /// The first version that is known to support it.
  package var since: GatewayVersion
  /// The last version that is known not to support it; `nil` where none is known.
  package var absentThrough: GatewayVersion?

  /// The support of this option in `version`.
  package func support(in version: GatewayVersion) -> Support {
    if version >= since { return .known }
    // Prereleases of the first version may support it already.
    if version.release == since { return .unread }
    guard let absentThrough else { return .unread }
    return version <= absentThrough ? .unknown : .unread
  }

  private static func option(
    _ name: String, since: GatewayVersion, absentThrough: GatewayVersion? = nil
  ) -> GatewayOption {
    GatewayOption(name: name, since: since, absentThrough: absentThrough)
  }

  /// Returns the gate that was probably intended by a name that is none; `nil` for other names,
  /// which may be those of the generic API server's gates.
  static func featureGate(intendedBy name: String) -> GatewayOption? {
    let closest = Suggestion.closest(to: name, among: featureGates.map(\.name))
    return featureGates.first { $0.name == closest && $0.name != name }
  }

  /// The feature gates, without those of the generic API server.
  package static let featureGates: [GatewayOption] = [
    option(
      "HealthinessCheck", since: GatewayVersion(major: 1, minor: 1, patch: 10),
      absentThrough: GatewayVersion(major: 1, minor: 1, patch: 9)),
    option(
      "SecretCache", since: GatewayVersion(major: 1, minor: 3, patch: 0),
      absentThrough: GatewayVersion(major: 1, minor: 2, patch: .max)),
    option(
      "ClientIdentityPenetration", since: GatewayVersion(major: 1, minor: 4, patch: 0),
      absentThrough: GatewayVersion(major: 1, minor: 3, patch: .max)),
    option(
      "OCMClusterCache", since: GatewayVersion(major: 1, minor: 9, patch: 1),
      absentThrough: GatewayVersion(major: 1, minor: 6, patch: 0)),
  ]

  /// The flags. Those of v1.1.11 may be older.
  package static let flags: [GatewayOption] =
    [
      "--secure-port", "--secret-namespace", "--ocm-integration", "--tls-cert-file", "--tls-private-key-file",
      "--feature-gates", "--proxy-host", "--proxy-port", "--proxy-ca-cert", "--proxy-cert", "--proxy-key",
      "--authorize-proxy-subpath",
    ].map { option($0, since: GatewayVersion(major: 1, minor: 1, patch: 11)) }
    + ["--cluster-gateway-proxy-config", "--user-agent"].map {
      option(
        $0, since: GatewayVersion(major: 1, minor: 9, patch: 1),
        absentThrough: GatewayVersion(major: 1, minor: 6, patch: 0))
    }
}
