import GatewayReconcile
import KubeCore
import KubeKindsRBAC
import KubeRuntime
import KubeTransport

extension GatewayCallers {
  /// Returns the subjects that may use the gateway according to a hub's objects; `nil` if they
  /// include no ClusterRoleBinding.
  static func read(_ objects: [DynamicObject]) -> GatewayCallers? {
    func all<Kind: KubeObject>(_ kind: Kind.Type) -> [Kind] {
      objects.filter { $0.groupKind == Kind.type.groupKind }.compactMap { try? $0.decode(Kind.self) }
    }
    let bindings = all(ClusterRoleBinding.self)
    return bindings.isEmpty ? nil : GatewayCallers(roles: all(ClusterRole.self), bindings: bindings)
  }

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
