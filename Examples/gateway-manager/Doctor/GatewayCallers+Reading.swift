import GatewayReconcile
import KubeKindsRBAC
import KubeRuntime
import KubeTransport

extension GatewayCallers {
  /// Reads the subjects that may use the gateway; `nil` if the client may not list the hub's
  /// ClusterRoles and their bindings.
  static func read(_ client: KubeClient) async throws -> GatewayCallers? {
    do {
      async let roles = client.list(ClusterRole.self).items
      async let bindings = client.list(ClusterRoleBinding.self).items
      return GatewayCallers(roles: try await roles, bindings: try await bindings)
    } catch let error as KubeError where error.isMissingRight {
      return nil
    }
  }
}
