public import GatewayAPI
public import KubeCore
import KubeKindsAPIExtensions
import KubeKindsCore
import KubeKindsRBAC
public import KubeMemory
import KubeSchemas
public import KubeTesting
import KubeTransport

/// A hub with OCM and without clusters, as it is when the manager is installed.
public struct OCMHub: Sendable {
  /// The ClusterGatewayConfiguration's spec.
  public var configuration: ClusterGatewayConfiguration.Spec
  /// The content of cluster-proxy's Secrets; `nil` if cluster-proxy isn't installed.
  public var proxyCredentials: ProxyCredentials?

  /// The namespace of OCM's add-ons on the hub.
  public static let addOnNamespace = "open-cluster-management-addon"

  /// Creates a hub.
  public init(
    configuration: ClusterGatewayConfiguration.Spec = OCMHub.direct, proxyCredentials: ProxyCredentials? = nil
  ) {
    self.configuration = configuration
    self.proxyCredentials = proxyCredentials
  }

  /// The example configuration for direct egress: the gateway dials each cluster's URL.
  public static var direct: ClusterGatewayConfiguration.Spec {
    ClusterGatewayConfiguration.Spec(
      egress: ClusterGatewayConfiguration.Egress(type: .direct), image: GatewayRelease.newestImage,
      installNamespace: "vela-system", secretNamespace: "open-cluster-management-credentials")
  }

  /// The example configuration for egress through cluster-proxy's tunnel.
  public static var tunneled: ClusterGatewayConfiguration.Spec {
    var spec = direct
    spec.egress.type = .clusterProxy
    spec.egress.clusterProxy = ClusterGatewayConfiguration.ClusterProxy(
      credentials: ClusterGatewayConfiguration.Credentials(
        namespace: addOnNamespace, proxyClientCASecretName: "proxy-server-ca",
        proxyClientSecretName: "proxy-client"),
      proxyServerHost: "proxy-entrypoint.\(addOnNamespace)", proxyServerPort: 8090)
    return spec
  }

  /// Registers OCM's kinds and creates the objects of OCM's installation and of the hub's
  /// administrator.
  public func install(on server: inout MemoryAPIServer, at time: Date) throws(RequestRefused) {
    for kind in OpenClusterManagementSchema.document.kinds {
      server.register(kind, table: GatewayFieldTables.all.table(for: kind.groupKind))
    }
    let definition = ClusterGatewayConfiguration.definition
    let name = definition.value(at: "metadata", "name")?.string ?? ""
    try server.create(
      ObjectKey(CustomResourceDefinition.type, name: name), definition, by: "kubectl", at: time)
    for name in ["open-cluster-management", "open-cluster-management-hub", OCMHub.addOnNamespace] {
      try server.create(Namespace(metadata: ObjectMeta(name: name)), by: "kubectl", at: time)
    }
    try createRoles(on: &server, at: time)
    try createAddOns(on: &server, at: time)
    try server.create(
      ClusterGatewayConfiguration(
        metadata: ObjectMeta(name: ClusterGatewayConfiguration.addOnName), spec: configuration),
      by: "kubectl", at: time)
    guard let proxyCredentials else { return }
    for (name, data) in [
      ("proxy-client", proxyCredentials.client), ("proxy-server-ca", proxyCredentials.ca),
    ] {
      let secret = Secret(
        metadata: ObjectMeta(name: name, namespace: OCMHub.addOnNamespace), type: "Opaque", data: data)
      try server.create(secret, by: "cluster-proxy", at: time)
    }
  }

  /// Creates the built-in roles to which aggregated API servers are bound, unless the server
  /// authorizes by RBAC and so has them.
  private func createRoles(on server: inout MemoryAPIServer, at time: Date) throws(RequestRefused) {
    guard server.authorization == .alwaysAllow else { return }
    try server.create(
      Role(
        metadata: ObjectMeta(name: "extension-apiserver-authentication-reader", namespace: "kube-system"),
        rules: [
          PolicyRule(
            verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["configmaps"],
            resourceNames: ["extension-apiserver-authentication"])
        ]), by: "kube-apiserver", at: time)
    try server.create(
      ClusterRole(
        metadata: ObjectMeta(name: "system:auth-delegator"),
        rules: [
          PolicyRule(verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"]),
          PolicyRule(
            verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"]),
        ]), by: "kube-apiserver", at: time)
  }

  private func createAddOns(on server: inout MemoryAPIServer, at time: Date) throws(RequestRefused) {
    try server.create(
      ClusterManagementAddOn(
        metadata: ObjectMeta(name: ManagedServiceAccount.addOnName),
        spec: ClusterManagementAddOnSpec(
          addOnMeta: AddOnMeta(displayName: "managed-serviceaccount", description: "managed-serviceaccount"),
          installStrategy: InstallStrategy(type: InstallStrategy.manual))), by: "kubectl", at: time)
    try server.create(OCMHub.addOn, by: "kubectl", at: time)
  }

  /// The gateway's ClusterManagementAddOn, as in the install manifests.
  public static var addOn: ClusterManagementAddOn {
    let type = ClusterGatewayConfiguration.type
    return ClusterManagementAddOn(
      metadata: ObjectMeta(name: ClusterGatewayConfiguration.addOnName),
      spec: ClusterManagementAddOnSpec(
        addOnMeta: AddOnMeta(
          displayName: "Cluster Gateway", description: "Proxies requests to the managed clusters"),
        defaultConfigs: [
          AddOnConfig(group: type.group, resource: type.plural, name: ClusterGatewayConfiguration.addOnName)
        ], installStrategy: InstallStrategy(type: InstallStrategy.manual)))
  }
}
