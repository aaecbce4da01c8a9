/// The kinds of Kubernetes itself that this library knows as typed values.
public enum BuiltInKinds {
  /// Where the API serves each of them.
  public static let all: [ResourceType] = [
    Namespace.type, Secret.type, ConfigMap.type, Service.type, ServiceAccount.type, Pod.type, Event.type,
    Deployment.type, Role.type, ClusterRole.type, RoleBinding.type, ClusterRoleBinding.type, APIService.type,
    CustomResourceDefinition.type, Lease.type, EndpointSlice.type,
  ]

  /// The one of them that an object's `apiVersion` and `kind` name; `nil` for any other.
  public static func type(apiVersion: String, kind: String) -> ResourceType? {
    all.first { $0.kind == kind && $0.apiVersion == apiVersion }
  }
}
