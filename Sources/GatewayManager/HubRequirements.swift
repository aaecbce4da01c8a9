import GatewayAPI
public import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsDiscovery
public import KubeTransport

/// The API resources that a hub must serve for the manager.
public enum HubRequirements {
  /// The kinds, in the versions that are read and written.
  package static let kinds: [ResourceType] = [
    ManagedCluster.type, ClusterManagementAddOn.type, ManagedClusterAddOn.type, ManagedServiceAccount.type,
    ManifestWork.type, ClusterGatewayConfiguration.type, APIService.type, Deployment.type,
  ]

  /// Returns the kinds, in the versions that are read and written, that the API server does not
  /// serve. Throws if discovery fails, as it does for a server that isn't an API server.
  public static func missingKinds(_ client: KubeClient) async throws -> [ResourceType] {
    let groups = try await client.serverGroups()
    var plurals: [String: Set<String>] = [:]
    for kind in kinds
    where plurals[kind.apiVersion] == nil && groups[kind.group]?.contains(kind.version) == true {
      plurals[kind.apiVersion] = Set(
        try await client.serverResources(apiVersion: kind.apiVersion).map(\.plural))
    }
    return kinds.filter { plurals[$0.apiVersion]?.contains($0.plural) != true }
  }

  /// Whether the manager waits for the kind. Without ManagedServiceAccounts it does what needs
  /// none: all if the gateway Secrets are created by a person, and else what isn't about
  /// identities.
  static func isRequired(_ kind: ResourceType) -> Bool {
    kind.groupKind != ManagedServiceAccount.type.groupKind
  }

  /// Throws ``MissingKinds`` if the API server lacks a kind without which the manager does nothing.
  public static func checkForManager(_ client: KubeClient) async throws {
    let missing = try await missingKinds(client)
    if missing.contains(where: isRequired) { throw MissingKinds(kinds: missing) }
  }

  /// Throws ``MissingKinds`` if the API server lacks a kind: nothing is known of its objects then,
  /// not even that there are none.
  public static func check(_ client: KubeClient) async throws {
    let missing = try await missingKinds(client)
    if !missing.isEmpty { throw MissingKinds(kinds: missing) }
  }

  /// The kinds that the manager needs and an API server does not serve, or not yet.
  public struct MissingKinds: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds, in the versions that are needed.
    public var kinds: [ResourceType]

    /// The kinds, one a line, and what to install.
    public var description: String {
      kinds.map { "the API server does not serve \($0.qualifiedPlural) in version \($0.version)" }
        .joined(separator: "\n")
        + "\ninstall OCM (clusteradm init) and the managed-serviceaccount add-on, and apply what "
        + "`gateway-manager manifests` prints"
    }
  }

  /// Returns EndpointSlices in the version to read them in: v1, or v1beta1 for API servers before
  /// 1.21. The fields that are read have the same names in both.
  public static func endpointSlices(_ client: KubeClient) async throws -> ResourceType {
    try await servedEndpointSlices(client) ?? EndpointSlice.type
  }

  /// Returns the same; `nil` if the API server serves neither.
  static func servedEndpointSlices(_ client: KubeClient) async throws -> ResourceType? {
    let served = try await client.serverVersions(of: EndpointSlice.type.group)
    guard let version = ["v1", "v1beta1"].first(where: served.contains) else { return nil }
    var type = EndpointSlice.type
    type.version = version
    return type
  }
}
