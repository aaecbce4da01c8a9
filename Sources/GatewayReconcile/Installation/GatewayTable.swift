package import GatewayAPI
package import KubeCore
import KubeKindsAPIExtensions
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCoordination
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsEvents
import KubeKindsRBAC
package import KubeReconcile

/// The table of managed objects: every object that the manager reads or writes on the hub, one row
/// each.
///
/// The watches, the manager's own rights, the removal of leftover objects, the demo's check and the
/// explorer's kinds are derived from the rows. A patch or a watch without a row fails the tests.
package struct GatewayTable: Sendable {
  /// A row of this table.
  package typealias Row = ManagedObject<GatewayObjects>

  /// The rows, in the order in which their objects are created.
  package let rows: [Row]

  /// Creates the table of a hub.
  ///
  /// - Parameters:
  ///   - identity: The names of the manager.
  ///   - configuration: The effective spec, with defaults; `nil` while there is none.
  ///   - former: The places of former configurations' objects.
  ///   - endpointSlices: The EndpointSlice type in the version that the API server serves.
  package init(
    identity: ManagerIdentity = ManagerIdentity(), configuration: ClusterGatewayConfiguration.Spec? = nil,
    former: FormerPlaces = FormerPlaces(), endpointSlices: ResourceType = EndpointSlice.type
  ) {
    var rows = GatewayTable.hub(identity)
    if let configuration {
      rows += GatewayTable.installation(
        configuration, copies: former.copies[configuration.installNamespace] ?? [], endpointSlices)
      rows += GatewayTable.clusters(configuration, identity)
    }
    rows += GatewayTable.leftOver(former, configuration)
    self.rows = rows
  }

  /// The objects to list and watch.
  package var selections: [ObjectSelection] { rows.compactMap(\.selection).withoutIncluded }

  /// The selections that must be read before a plan is made.
  package var requiredSelections: [ObjectSelection] {
    let required = rows.filter { !$0.isOptional }.compactMap(\.selection)
    return selections.filter { selection in required.contains { selection.includes($0) } }
  }

  /// The rights that the manager needs, merged.
  package var rights: [RequiredRight] { rows.flatMap(\.rights).merged }

  // MARK: The hub

  private static let addOn = ManagerIdentity.addOnName
  private static let name = GatewayNames.self

  /// The rows that don't depend on the configuration.
  private static func hub(_ identity: ManagerIdentity) -> [Row] {
    [
      Row(
        ClusterManagementAddOn.type, name: addOn, verbs: .read, subresources: ["status": .patch],
        reason: "it names the configuration in force, and its status holds the configuration's hash"),
      Row(
        ClusterGatewayConfiguration.type, verbs: .read, subresources: ["status": .patch],
        reason: "the add-on may name any configuration, and the state of the gateway is reported on it"),
      Row(
        CustomResourceDefinition.type, name: ClusterGatewayConfiguration.definitionName, verbs: .read,
        reason: "it decides which fields of the configuration the API server keeps"),
      Row(
        ManagedCluster.type, verbs: .read, reason: "clusters join, leave, and have URLs and labels"),
      Row(
        ManagedClusterAddOn.type, name: addOn, verbs: [.read, .create, .patch, .delete],
        subresources: ["status": .patch],
        reason: "the add-on is enabled, disabled and reported on, cluster by cluster"),
      Row(
        ManagedClusterAddOn.type, name: ManagedServiceAccount.addOnName, verbs: .read,
        reason: "it says where the managed-serviceaccount agent runs on a cluster"),
      Row(
        ManagedServiceAccount.type, verbs: .read,
        reason: "identities under former names are found and removed"),
      Row(
        ManifestWork.type, name: ManifestWork.name(deploying: addOn),
        verbs: [.read, .create, .patch, .delete],
        isOwned: true, precondition: .resourceVersion, reason: "the identity's rights reach the cluster by it"
      ),
      Row(
        Secret.type, namespace: identity.namespace, name: identity.signerSecretName,
        verbs: [.read, .create, .patch], precondition: .resourceVersion,
        reason: "the manager keeps its CA there"),
      Row(
        ConfigMap.type, namespace: identity.namespace, name: ManagerIdentity.effectiveConfigurationName,
        verbs: [.read, .create, .patch], isOwned: true, precondition: .resourceVersion,
        reason: "the last valid configuration is kept there"),
      Row(
        Lease.type, namespace: identity.namespace, name: ManagerIdentity.leaseName,
        verbs: [.get, .create, .patch], reason: "one replica of the manager works at a time"),
      Row(
        KubeKindsEvents.Event.type, namespace: "default", verbs: [.create, .patch],
        reason: "Events of cluster-scoped objects are in this namespace"),
      Row(
        KubeKindsEvents.Event.type, namespace: identity.namespace, verbs: [.create, .patch],
        reason: "Events of the signer Secret"),
      Row(
        ClusterGateway.type, verbs: .list, subresources: ["health": .update, "proxy": .get],
        reason: "the manager probes the gateway and, through it, each cluster, and records the health"),
      Row(
        ServiceAccount.type, name: name.serviceAccount, verbs: .read,
        reason: "former install namespaces are known by it"),
      Row(
        Role.type, name: name.role, verbs: .read, reason: "former secret namespaces are known by it"),
    ]
  }

  // MARK: The installation

  private static func installation(
    _ spec: ClusterGatewayConfiguration.Spec, copies: Set<String>, _ endpointSlices: ResourceType
  ) -> [Row] {
    let (install, secrets) = (spec.installNamespace, spec.secretNamespace)
    let credentials = spec.clusterProxy?.credentials
    let why = "the gateway needs it to run"
    var rows: [Row] = Set([install, secrets]).sorted().map { namespace in
      // Created, never changed and never deleted: it has objects of others.
      Row(
        Namespace.type, name: namespace, verbs: [.read, .create],
        reason: "the gateway's objects live there")
    }
    rows += [
      Row(
        ServiceAccount.type, namespace: install, name: name.serviceAccount, verbs: [.create, .patch],
        isOwned: true, reason: why
      ) { $0.serviceAccount },
      Row(
        Service.type, namespace: install, name: name.service, verbs: [.read, .create, .patch], isOwned: true,
        reason: "the aggregator reaches the gateway by it"
      ) { $0.service },
      Row(
        RoleBinding.type, namespace: "kube-system", name: name.authenticationReader,
        verbs: [.read, .create, .patch], isOwned: true,
        binds: ObjectKey(Role.type, namespace: "kube-system", name: GatewayObjects.authenticationReaderRole),
        reason: "the gateway reads how the API server authenticates"
      ) { $0.authenticationReader },
      Row(
        ClusterRoleBinding.type, name: name.authDelegator, verbs: [.read, .create, .patch], isOwned: true,
        binds: ObjectKey(ClusterRole.type, name: GatewayObjects.authDelegatorRole),
        reason: "the gateway has its callers' tokens reviewed"
      ) { $0.authDelegator },
      Row(
        ClusterRole.type, name: name.aggregation, verbs: [.read, .create, .patch], isOwned: true,
        grants: GatewayObjects.aggregationRules, reason: why
      ) { $0.aggregationRole },
      Row(
        ClusterRoleBinding.type, name: name.aggregation, verbs: [.read, .create, .patch], isOwned: true,
        reason: why
      ) { $0.aggregationBinding },
      Row(
        Role.type, namespace: secrets, name: name.role, verbs: [.create, .patch], isOwned: true,
        grants: GatewayObjects.secretsRules, reason: "the gateway reads each cluster's credential"
      ) { $0.secretsRole },
      Row(
        RoleBinding.type, namespace: secrets, name: name.role, verbs: [.read, .create, .patch],
        isOwned: true, reason: "the gateway reads each cluster's credential"
      ) { $0.secretsBinding },
    ]
    let configured = GatewayTable.names(of: credentials)
    for secret in configured.sorted() {
      rows.append(
        Row(
          Secret.type, namespace: install, name: secret, verbs: [.read, .create, .patch, .delete],
          isOwned: true, precondition: .resourceVersion,
          reason: "the gateway mounts the proxy tunnel's credentials"))
    }
    // A tunnel that the configuration describes and doesn't use may be one that was in use.
    let unused = spec.egress.clusterProxy?.credentials
    let left = unused?.namespace == install ? copies : copies.union(GatewayTable.names(of: unused))
    for secret in left.subtracting(configured).sorted() {
      rows.append(
        Row(
          Secret.type, namespace: install, name: secret, verbs: [.read, .delete], isLeftOver: true,
          precondition: .resourceVersion, reason: "a copy of the proxy tunnel's credentials may be left"))
    }
    // Also for another egress: the copies for the tunnel are compared with their sources.
    if let credentials, credentials.namespace != install {
      for secret in configured.sorted() {
        rows.append(
          Row(
            Secret.type, namespace: credentials.namespace, name: secret, verbs: .read,
            reason: "cluster-proxy keeps the proxy tunnel's credentials there"))
      }
    }
    rows += [
      Row(
        Secret.type, namespace: install, name: name.servingSecret, verbs: [.read, .create, .patch, .delete],
        isOwned: true, precondition: .resourceVersion, reason: "the gateway's serving certificate"),
      Row(
        Deployment.type, namespace: install, name: name.deployment, verbs: [.read, .create, .patch],
        isOwned: true, precondition: .resourceVersion, reason: "the gateway runs as the configuration says"),
      Row(
        // Read by itself after an apply that was cut off: API servers before 1.21 apply none.
        APIService.type, name: name.apiService, verbs: [.get, .read, .create, .patch], isOwned: true,
        precondition: .resourceVersion, reason: "the aggregator sends the gateway's API here"),
      Row(
        endpointSlices, namespace: install,
        labels: [CertificateRotation.serviceNameLabel: name.service], verbs: .read, isOptional: true,
        reason: "the gateway's pods are asked for the certificate that they present"),
      Row(
        KubeKindsEvents.Event.type, namespace: install, verbs: [.create, .patch],
        reason: "Events of the serving certificate"),
    ]
    return rows
  }

  /// The names of the Secrets with the proxy tunnel's credentials.
  private static func names(of credentials: ClusterGatewayConfiguration.Credentials?) -> Set<String> {
    let names = [credentials?.proxyClientSecretName, credentials?.proxyClientCASecretName]
    // Those of a tunnel that isn't used are not validated.
    return Set(names.compactMap(\.self).filter { NameRules.dnsSubdomainProblem($0) == nil })
  }

  // MARK: The clusters

  private static func clusters(
    _ spec: ClusterGatewayConfiguration.Spec, _ identity: ManagerIdentity
  ) -> [Row] {
    var rows = [
      Row(
        Secret.type, namespace: spec.secretNamespace, verbs: [.read, .create, .patch, .delete],
        isOwned: true, precondition: .resourceVersion,
        reason: "the gateway Secrets are there, one for each cluster")
    ]
    if spec.managesSecrets {
      rows += [
        Row(
          ManagedServiceAccount.type, name: spec.managedServiceAccountName,
          verbs: [.create, .patch, .delete], isOwned: true,
          reason: "the gateway accesses the cluster with this identity"),
        Row(
          Secret.type, name: spec.managedServiceAccountName, verbs: .read,
          reason: "the identity's token is reported in the cluster's namespace"),
      ]
    }
    return rows
  }

  // MARK: Leftover objects

  /// The rows of objects that may be left in former places, which are watched until they are
  /// deleted.
  private static func leftOver(
    _ former: FormerPlaces, _ spec: ClusterGatewayConfiguration.Spec?
  ) -> [Row] {
    func row(_ type: ResourceType, _ namespace: String, _ name: String?, _ verbs: ObjectVerbs) -> Row {
      Row(
        type, namespace: namespace, name: name, verbs: verbs, isLeftOver: true,
        precondition: .resourceVersion, reason: "it is left over from a former configuration")
    }
    var rows: [Row] = []
    for namespace in former.installNamespaces.sorted() where namespace != spec?.installNamespace {
      rows += [
        row(Deployment.type, namespace, name.deployment, [.read, .delete]),
        row(Service.type, namespace, name.service, [.read, .delete]),
        row(Secret.type, namespace, name.servingSecret, [.read, .delete]),
      ]
      rows += (former.copies[namespace] ?? []).sorted().map {
        row(Secret.type, namespace, $0, [.read, .delete])
      }
      rows.append(row(ServiceAccount.type, namespace, name.serviceAccount, .delete))
    }
    for namespace in former.secretNamespaces.sorted() where namespace != spec?.secretNamespace {
      rows += [
        row(Secret.type, namespace, nil, [.read, .patch, .delete]),
        row(RoleBinding.type, namespace, name.role, [.read, .delete]),
        row(Role.type, namespace, name.role, [.patch, .delete]),
      ]
    }
    for account in former.accounts.sorted() {
      rows.append(
        Row(
          ManagedServiceAccount.type, name: account, verbs: .delete, isLeftOver: true,
          reason: "it is left over from a former configuration"))
    }
    return rows
  }
}
