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

  /// EndpointSlices in the version to read them in: v1, or v1beta1 where the API server is older than 1.21. What is
  /// read of them has the same names in both.
  public static func endpointSlices(_ client: KubeClient) async throws -> ResourceType {
    var type = EndpointSlice.type
    let served = try await client.serverVersions(of: type.group)
    if !served.contains(type.version), served.contains("v1beta1") { type.version = "v1beta1" }
    return type
  }
}
