import GatewayAPI
public import KubeCore
import KubeKindsCore
public import KubeMemory
public import KubeTesting
public import KubeTransport

/// OCM's registration controller, by which clusters join and leave.
public struct Registration: RequestingController {
  /// The controller's name.
  public let name = "registration"
  /// The kinds that it reads.
  public let kinds = [ManagedCluster.type, ManagedClusterAddOn.type, ManifestWork.type]

  /// Creates a registration controller.
  public init() {}

  private static let manager = "registration"
  private static let finalizers = [
    "cluster.open-cluster-management.io/resource-cleanup",
    "cluster.open-cluster-management.io/api-resource-cleanup",
  ]

  /// Makes a cluster join and be accepted, with the add-on that reports service accounts.
  public func join(_ cluster: String, on server: inout MemoryAPIServer, at time: Date) throws(RequestRefused)
  {
    for object in Registration.objects(of: cluster, at: time)
    where object.key.type != Namespace.type || server.object(object.key) == nil {
      try server.create(object.key, object.document, by: object.manager, at: time)
    }
  }

  /// The objects of a cluster that has joined and was accepted, in the order of their creation,
  /// each with its creator's field manager.
  package static func objects(of cluster: String, at time: Date) -> [(
    key: ObjectKey, document: JSONValue, manager: String
  )] {
    let namespace = Namespace(
      metadata: ObjectMeta(name: cluster, labels: ["open-cluster-management.io/cluster-name": cluster]))
    var conditions = ConditionWriter([], at: time)
    conditions.set(
      ManagedCluster.ConditionType.hubAccepted, .true, reason: "HubClusterAdminAccepted",
      message: "Accepted by hub cluster admin")
    conditions.set(
      ManagedCluster.ConditionType.joined, .true, reason: "ManagedClusterJoined",
      message: "Managed cluster joined")
    conditions.set(
      ManagedCluster.ConditionType.available, .true, reason: "ManagedClusterAvailable",
      message: "Managed cluster is available"
    )
    let managedCluster = ManagedCluster(
      metadata: ObjectMeta(
        name: cluster, labels: [OCMLabels.clusterSet: "default"], finalizers: Registration.finalizers),
      spec: ManagedClusterSpec(
        hubAcceptsClient: true, leaseDurationSeconds: 60,
        managedClusterClientConfigs: [
          ManagedClusterClientConfig(
            url: "https://\(cluster).example.org:6443",
            caBundle: Array(Registration.ca(of: cluster).utf8))
        ]),
      status: ManagedClusterStatus(
        conditions: conditions.conditions, version: ManagedClusterVersion(kubernetes: "v1.36.2")))
    let addOn = ManagedClusterAddOn(
      metadata: ObjectMeta(
        name: ManagedServiceAccount.addOnName, namespace: cluster,
        annotations: [OCMAnnotations.installNamespace: ManagedClusterAddOn.defaultInstallNamespace]),
      status: ManagedClusterAddOnStatus(namespace: ManagedClusterAddOn.defaultInstallNamespace))
    return [
      (namespace.key, namespace.json, Registration.manager),
      (managedCluster.key, managedCluster.json, Registration.manager),
      (addOn.key, addOn.json, "kubectl"),
    ]
  }

  /// Deletes the ManagedCluster as an administrator; the simulated controllers do the rest.
  public func leave(_ cluster: String, on server: inout MemoryAPIServer, at time: Date) throws(RequestRefused)
  {
    try server.require(.delete(ObjectKey(ManagedCluster.type, name: cluster)), at: time)
  }

  /// The CA bundle of a cluster's API server. It isn't a certificate, since nothing connects to it.
  static func ca(of cluster: String) -> String {
    "-----BEGIN CERTIFICATE-----\n\(Base64.encode("CA of \(cluster)".utf8))\n-----END CERTIFICATE-----\n"
  }

  /// The requests that delete first the add-ons of a leaving cluster and, when no work is left on
  /// it, the cluster.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(ManagedCluster.type).filter { $0.metadata.deletionTimestamp != nil }.flatMap { cluster in
      let name = cluster.metadata.name
      let addOns = server.objects(ManagedClusterAddOn.type, namespace: name)
      let works = server.objects(ManifestWork.type, namespace: name)
      if addOns.isEmpty && works.isEmpty {
        return [
          KubeRequest.metadata(
            ["finalizers": .null], of: cluster, type: ManagedCluster.type, by: Registration.manager)
        ]
      }
      return addOns.filter { $0.metadata.deletionTimestamp == nil }.map { addOn in
        KubeRequest.delete(
          ObjectKey(ManagedClusterAddOn.type, namespace: name, name: addOn.metadata.name),
          options: DeletionOptions(uid: addOn.metadata.uid))
      }
    }
  }
}
