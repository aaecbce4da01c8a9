import GatewayAPI
public import KubeCore
public import KubeTransport

/// What a hub must serve for the operator to work there.
public enum HubRequirements {
  private static let kinds: [ResourceType] = [
    ManagedCluster.type, ClusterManagementAddOn.type, ManagedClusterAddOn.type, ManagedServiceAccount.type,
    ManifestWork.type, ClusterGatewayConfiguration.type, APIService.type, Deployment.type,
  ]

  /// The kinds, in the versions that are read and written, that the API server does not serve.
  public static func missingKinds(_ client: KubeClient) async throws -> [ResourceType] {
    var served: [String: Set<String>] = [:]
    for group in Set(kinds.map(\.group)) {
      served[group] = Set(try await client.serverVersions(of: group))
    }
    var missing: [ResourceType] = []
    for kind in kinds {
      guard served[kind.group]?.contains(kind.version) ?? false else {
        missing.append(kind)
        continue
      }
      let resources = try await client.serverResources(apiVersion: kind.apiVersion)
      if !resources.contains(where: { $0.plural == kind.plural }) { missing.append(kind) }
    }
    return missing
  }
}
