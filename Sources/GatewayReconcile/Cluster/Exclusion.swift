import GatewayAPI
import KubeCore

/// A reason why the gateway isn't to access a cluster. Such a cluster counts neither as healthy nor
/// as unhealthy.
enum Exclusion: Sendable, Hashable {
  /// There is no such ManagedCluster.
  case gone
  /// The ManagedCluster is being deleted.
  case leaving
  /// The hub doesn't accept the cluster.
  case notAccepted
  /// The cluster's annotation refuses the installation of add-ons.
  case annotated
  /// The configuration's selector doesn't match the cluster's labels.
  case unselected
  /// The cluster is named like a namespace of the gateway or its manager.
  case reserved
  /// The add-on isn't enabled on the cluster.
  case addOnMissing
  /// The add-on on the cluster is being deleted.
  case addOnLeaving

  /// Returns the reason on the hub's side; `nil` if it accepts the cluster.
  static func byHub(_ cluster: DynamicObject) -> Exclusion? {
    if cluster.metadata.deletionTimestamp != nil { return .leaving }
    return cluster.json.value(at: "spec", "hubAcceptsClient") == true ? nil : .notAccepted
  }

  /// Returns the way in which an administrator leaves the cluster out; `nil` if none does.
  static func byChoice(_ cluster: DynamicObject, selector: LabelSelector?) -> Exclusion? {
    if cluster.metadata.refusesAutomaticInstallation { return .annotated }
    return selector?.matches(cluster.metadata.labels) ?? true ? nil : .unselected
  }

  /// The reason of conditions, the same for all clusters with the same remedy.
  var reason: String {
    switch self {
    case .notAccepted: "ClusterNotAccepted"
    case .annotated, .unselected: "ClusterExcluded"
    case .reserved: "ClusterNameReserved"
    case .addOnMissing: "AddOnNotEnabled"
    case .gone, .leaving, .addOnLeaving: "NotServed"
    }
  }

  /// The reason for people, as a clause.
  var message: String {
    switch self {
    case .gone: "the cluster has left"
    case .leaving: "the cluster is leaving"
    case .notAccepted: "the hub does not accept the cluster"
    case .annotated: "the cluster opts out by its annotation"
    case .unselected: "the configuration's selector leaves the cluster out"
    case .reserved: "the cluster's namespace holds objects of the gateway or its manager"
    case .addOnMissing: "the add-on is not enabled on the cluster"
    case .addOnLeaving: "the add-on is being taken off the cluster"
    }
  }

  /// The remedy if the gateway is to access the cluster nevertheless, as a clause.
  func remedy(for cluster: String, configuration: String) -> String {
    switch self {
    case .gone: "check the name: `kubectl get managedclusters` lists those that there are"
    case .leaving: "wait until it has left; what holds it is in its metadata.finalizers"
    case .notAccepted: "run `clusteradm accept --clusters \(cluster)`"
    case .annotated:
      "remove the annotation: `kubectl annotate managedcluster \(cluster) \(OCMAnnotations.disableAutomaticInstallation)-`"
    case .unselected:
      "label the ManagedCluster \(cluster) as spec.clusters.selector demands, or change the selector: `kubectl edit clustergatewayconfiguration \(configuration)`"
    case .reserved: "detach the cluster, and join it under another name"
    case .addOnMissing:
      "enable it: `clusteradm addon enable --names \(ManagerIdentity.addOnName) --clusters \(cluster)`; or correct the ClusterManagementAddOn's placements"
    case .addOnLeaving: "wait until it has gone; what holds it is in its metadata.finalizers"
    }
  }
}
