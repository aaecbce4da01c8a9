import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsRBAC

/// A watch of the manager's whose events may be late.
enum Channel: UInt8, CaseIterable, Sendable {
  case addOn, configuration, clusters, clusterAddOns, accounts, works, apiService, deployment
  case gatewaySecrets, tokens, signer, serving, proxyCredentials, endpointSlices, rest

  var name: String {
    switch self {
    case .addOn: "ClusterManagementAddOn"
    case .configuration: "ClusterGatewayConfiguration"
    case .clusters: "ManagedClusters"
    case .clusterAddOns: "ManagedClusterAddOns"
    case .accounts: "ManagedServiceAccounts"
    case .works: "ManifestWorks"
    case .apiService: "APIService"
    case .deployment: "Deployment"
    case .gatewaySecrets: "gateway-Secrets"
    case .tokens: "token-Secrets"
    case .signer: "signer-Secret"
    case .serving: "serving-Secret"
    case .proxyCredentials: "proxy-Secrets"
    case .endpointSlices: "EndpointSlices"
    case .rest: "RBAC-and-others"
    }
  }

  init?(_ object: DynamicObject) {
    switch object.groupKind {
    case ClusterManagementAddOn.type.groupKind: self = .addOn
    case ClusterGatewayConfiguration.type.groupKind: self = .configuration
    case ManagedCluster.type.groupKind: self = .clusters
    case ManagedClusterAddOn.type.groupKind: self = .clusterAddOns
    case ManagedServiceAccount.type.groupKind: self = .accounts
    case ManifestWork.type.groupKind: self = .works
    case APIService.type.groupKind: self = .apiService
    case Deployment.type.groupKind: self = .deployment
    case Secret.type.groupKind:
      let metadata = object.metadata
      if metadata.labels[OCMLabels.isManagedServiceAccount] != nil {
        self = .tokens
      } else if metadata.labels[GatewayLabels.credentialType] != nil {
        self = .gatewaySecrets
      } else if metadata.name == ManagerIdentity().signerSecretName {
        self = .signer
      } else if metadata.name == GatewayNames.servingSecret {
        self = .serving
      } else {
        self = .proxyCredentials
      }
    case EndpointSlice.type.groupKind: self = .endpointSlices
    case Namespace.type.groupKind, Service.type.groupKind, ServiceAccount.type.groupKind,
      ConfigMap.type.groupKind,
      Role.type.groupKind, RoleBinding.type.groupKind, ClusterRole.type.groupKind,
      ClusterRoleBinding.type.groupKind:
      self = .rest
    default: return nil
    }
  }
}

extension Channel {
  /// The channels that determine the facts about the installation, with some of `rest`.
  static let factInputs: Set<Channel> = [.addOn, .configuration, .deployment, .apiService]

  /// The kinds that aren't read if this channel's lists aren't lists; none if another channel
  /// represents the kind.
  var kinds: [GroupKind] {
    switch self {
    case .addOn: [ClusterManagementAddOn.type.groupKind]
    case .configuration: [ClusterGatewayConfiguration.type.groupKind]
    case .clusters: [ManagedCluster.type.groupKind]
    case .clusterAddOns: [ManagedClusterAddOn.type.groupKind]
    case .accounts: [ManagedServiceAccount.type.groupKind]
    case .works: [ManifestWork.type.groupKind]
    case .apiService: [APIService.type.groupKind]
    case .deployment: [Deployment.type.groupKind]
    case .gatewaySecrets: [Secret.type.groupKind]
    case .tokens, .signer, .serving, .proxyCredentials: []
    case .endpointSlices: [EndpointSlice.type.groupKind]
    case .rest: [Role.type.groupKind, RoleBinding.type.groupKind, ServiceAccount.type.groupKind]
    }
  }
}
