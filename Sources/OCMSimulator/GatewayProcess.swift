import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeMemory

/// The state of a cluster-gateway process that is decided when it starts: whether it has a cache of
/// managed clusters.
///
/// A process that starts while its own APIService exists and isn't available does without the
/// cache, and answers lists and proxied requests with 503 for as long as it runs (measured). Since
/// simulated controllers have no state, it is a condition of the pod.
enum GatewayProcess {
  static let condition = "HasManagedClusterCache"

  /// The condition of a gateway pod that starts now, if it does without the cache.
  @Sendable static func startConditions(of pod: Pod, in server: MemoryAPIServer) -> [Condition] {
    guard pod.metadata.labels[GatewayLabels.addOnName] != nil, let service = apiService(in: server),
      !service.status.conditions.isTrue("Available")
    else { return [] }
    return [
      Condition(
        type: condition, status: .false, reason: "APIServiceUnavailable",
        message: "the gateway's own API was not available")
    ]
  }

  /// The gateway's APIService.
  static func apiService(in server: MemoryAPIServer) -> APIService? {
    let type = ClusterGateway.type
    return server.object(APIService.self, name: "\(type.version).\(type.group)")
  }

  /// Whether the pod answers lists and proxied requests.
  static func serves(_ pod: Pod) -> Bool { pod.status.conditions.condition(condition)?.status != .false }
}
