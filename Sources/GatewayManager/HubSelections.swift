public import GatewayAPI
public import GatewayReconcile
public import KubeCore
public import KubeTransport

/// What the manager looks at: each selection is one list and one watch, and all together are the least that
/// the plans need.
///
/// Of the hub's Secrets only those are read that bear a name the configuration gives, or that are in the
/// gateway's
/// own namespaces: RBAC on these names is enough.
public struct HubSelections: Sendable {
  /// The selections.
  public var all: [ResourceSelection]

  /// What is looked at before, and whatever, a configuration is known.
  public static func fixed(_ identity: ManagerIdentity) -> HubSelections {
    let gateway = GatewayNames.self
    return HubSelections(all: [
      .named(ManagerIdentity.addOnName, of: ClusterManagementAddOn.type),
      ResourceSelection(ClusterGatewayConfiguration.type),
      ResourceSelection(ManagedCluster.type),
      ResourceSelection(ManagedClusterAddOn.type),
      ResourceSelection(ManagedServiceAccount.type),
      ResourceSelection(
        ManifestWork.type, labelSelector: "\(OCMLabels.addOnName)=\(ManagerIdentity.addOnName)"),
      .named(gateway.apiService, of: APIService.type),
      .named(gateway.aggregation, of: ClusterRole.type),
      .named(gateway.aggregation, of: ClusterRoleBinding.type),
      .named(gateway.authDelegator, of: ClusterRoleBinding.type),
      .named(gateway.authenticationReader, of: RoleBinding.type),
      .named(gateway.role, of: Role.type),
      .named(gateway.role, of: RoleBinding.type),
      .named(gateway.serviceAccount, of: ServiceAccount.type),
      .named(gateway.service, of: Service.type),
      .named(gateway.deployment, of: Deployment.type),
      .named(gateway.servingSecret, of: Secret.type),
      ResourceSelection(
        Secret.type, namespace: identity.namespace,
        fieldSelector: "metadata.name=\(identity.signerSecretName)"),
    ])
  }

  /// Whether no plan may be made before `selection` was read. Without EndpointSlices nobody can look at the gateway's
  /// pods, and a rotation rests on the safe side.
  static func isRequired(_ selection: ResourceSelection) -> Bool {
    selection.type.groupKind != EndpointSlice.type.groupKind
  }

  /// What is looked at besides, once a configuration is in force; EndpointSlices in the version that the server has.
  public static func configured(
    _ spec: ClusterGatewayConfiguration.Spec, endpointSlices: ResourceType = EndpointSlice.type
  ) -> HubSelections {
    var all: [ResourceSelection] = [
      .named(spec.installNamespace, of: Namespace.type),
      ResourceSelection(
        endpointSlices, namespace: spec.installNamespace,
        labelSelector: "kubernetes.io/service-name=\(GatewayNames.service)"),
      ResourceSelection(Secret.type, namespace: spec.secretNamespace),
      ResourceSelection(
        Secret.type, namespace: spec.installNamespace,
        labelSelector: "\(ManagerIdentity.managedByLabel)=\(ManagerIdentity.fieldManager)"),
    ]
    if spec.secretNamespace != spec.installNamespace {
      all.append(.named(spec.secretNamespace, of: Namespace.type))
    }
    if spec.managesSecrets { all.append(.named(spec.managedServiceAccountName, of: Secret.type)) }
    // Also with another egress: what was copied for the tunnel is to be found when it is no longer wanted.
    if let credentials = spec.egress.clusterProxy?.credentials {
      for name in Set([credentials.proxyClientSecretName, credentials.proxyClientCASecretName]).sorted() {
        for namespace in Set([credentials.namespace, spec.installNamespace]).sorted() {
          all.append(
            ResourceSelection(Secret.type, namespace: namespace, fieldSelector: "metadata.name=\(name)"))
        }
      }
    }
    return HubSelections(all: all)
  }
}
