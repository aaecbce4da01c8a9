import GatewayAPI
import GatewayReconcile
public import KubeCore
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator

extension Scenario {
  /// All explored scenarios, the largest first.
  public static let all: [Scenario] =
    credentialScenarios + healthScenarios + [
      restored, freshInstallation, freshTunnel, takeOver, caRenews, twoClusters, leavesAndComesBack,
      addOnOfClusterDeleted, clusterJoins, accountRenamed, egressThereAndBack, egressOn, egressOff,
      imageChanged,
      addOnDeleted, servingCertificateRenews, credentialsRotate, tokenRotates,
    ]

  static let secrets = "open-cluster-management-credentials"
  private static let day = 86_400.0

  /// Objects of others on the hub that resemble the manager's.
  public static let strangers: [ObjectKey] = [
    ObjectKey(Secret.type, namespace: secrets, name: "joined-by-vela"),
    ObjectKey(Secret.type, namespace: "vela-system", name: "somebodys"),
    ObjectKey(Secret.type, namespace: OCMHub.addOnNamespace, name: "somebodys"),
  ]

  /// A hub with OCM, others' objects, and these clusters.
  static func hub(
    _ configuration: ClusterGatewayConfiguration.Spec = OCMHub.direct, replicas: Int32 = 1,
    clusters: [String] = ["a"]
  ) -> @Sendable (Date) throws -> MemoryAPIServer {
    var configuration = configuration
    configuration.replicas = replicas
    let hub = OCMHub(
      configuration: configuration,
      proxyCredentials: OCMHub.ProxyCredentials(
        client: ["tls.crt": SecretBytes(utf8: "c"), "tls.key": SecretBytes(utf8: "k")],
        ca: ["ca.crt": SecretBytes(utf8: "a")]))
    return { time in
      var server = MemoryAPIServer(at: time)
      try hub.install(on: &server, at: time)
      server.setAuthorization(.rbac, at: time)
      let vela = WriteOptions(fieldManager: "vela")
      for name in [secrets, "vela-system"] {
        let namespace = Namespace(metadata: ObjectMeta(name: name))
        try server.require(.create(namespace.key, namespace.json, options: vela), at: time)
      }
      try grantRights(for: hub.configuration, on: &server, at: time)
      for key in strangers {
        let isCredential = key.namespace == secrets
        let secret = Secret(
          metadata: ObjectMeta(
            name: key.name, namespace: key.namespace,
            labels: isCredential
              ? [GatewayLabels.credentialType: "X509Certificate", GatewayLabels.endpointType: "Const"] : [:]),
          type: "Opaque", data: ["tls.key": SecretBytes(utf8: "another's")])
        try server.require(.create(key, secret.json, options: vela), at: time)
      }
      for cluster in clusters { try Registration().join(cluster, on: &server, at: time) }
      return server
    }
  }

  static func configure(
    _ name: String, _ change: @escaping @Sendable (inout ClusterGatewayConfiguration.Spec) -> Void
  ) -> Event {
    Event(name) { server, time in
      guard
        var configuration = server.object(
          ClusterGatewayConfiguration.self, name: ClusterGatewayConfiguration.addOnName)
      else { return }
      let former = configuration.spec
      change(&configuration.spec)
      // The administrator applies what `manifests` prints for the new configuration first.
      try grantRights(for: configuration.spec, leaving: former, on: &server, at: time)
      try server.require(
        .mergePatch(
          configuration.key, ["spec": configuration.spec.json], options: WriteOptions(fieldManager: "kubectl")
        ),
        at: time)
    }
  }

  private static func join(_ cluster: String) -> Event {
    Event("cluster \(cluster) joins") { server, time in
      guard server.object(ObjectKey(ManagedCluster.type, name: cluster)) == nil else { return }
      try Registration().join(cluster, on: &server, at: time)
    }
  }

  static func delete(_ key: ObjectKey) -> Event {
    Event("\(key) is deleted") { server, time in _ = server.handle(.delete(key), at: time) }
  }

  // MARK: The scenarios

  static let freshInstallation = Scenario("fresh-installation", startsConverged: false, begin: hub())

  static let freshTunnel = Scenario(
    "fresh-installation-tunnel", startsConverged: false, begin: hub(OCMHub.tunneled))

  static let clusterJoins = Scenario("cluster-joins", events: [join("b")], begin: hub(clusters: []))

  static let twoClusters = Scenario(
    "two-clusters-egress",
    events: [configure("egress through the tunnel") { $0.egress = OCMHub.tunneled.egress }],
    begin: hub(clusters: ["a", "b"]))

  static let tokenRotates = Scenario(
    "token-rotates",
    events: (1...2).map { number in
      Event("rotation \(number) of the token") { server, time in
        let request = TokenAgent().rotation(of: "cluster-gateway", cluster: "a", in: server, at: time)
        if let request { try server.require(request, at: time) }
      }
    }, begin: hub())

  static let egressOn = Scenario(
    "egress-on", events: [configure("egress through the tunnel") { $0.egress = OCMHub.tunneled.egress }],
    begin: hub(replicas: 2))

  static let egressOff = Scenario(
    "egress-off", events: [configure("direct egress") { $0.egress = OCMHub.direct.egress }],
    begin: hub(OCMHub.tunneled, replicas: 2))

  static let egressThereAndBack = Scenario(
    "egress-there-and-back",
    events: [
      configure("egress through the tunnel") { $0.egress = OCMHub.tunneled.egress },
      configure("direct egress") { $0.egress = OCMHub.direct.egress },
    ], begin: hub())

  static let imageChanged = Scenario(
    "image-changed", events: [configure("another image") { $0.image = "oamdev/cluster-gateway:v2" }],
    begin: hub(replicas: 2))

  static let accountRenamed = Scenario(
    "account-renamed",
    events: [
      configure("another identity") { spec in
        spec.secretManagement = ClusterGatewayConfiguration.SecretManagement(
          managedServiceAccount: ClusterGatewayConfiguration.ManagedServiceAccountReference(
            name: "gateway-2"),
          type: .managedServiceAccount)
      }
    ], begin: hub())

  static let servingCertificateRenews = Scenario(
    "serving-certificate-renews", events: [Event("five months pass", movingClockBy: 0.84 * 180 * day)],
    begin: hub())

  static let caRenews: Scenario = {
    var configuration = OCMHub.direct
    configuration.certificates.caValidity = "8760h"
    configuration.certificates.validity = "4380h"
    return Scenario(
      "ca-renews",
      events: [
        Event("four months pass", movingClockBy: 122 * day),
        Event("four months pass", movingClockBy: 122 * day),
        Event("two months pass", movingClockBy: 60 * day),
      ], begin: hub(configuration))
  }()

  static let leavesAndComesBack = Scenario(
    "leaves-and-comes-back",
    events: [
      Event("cluster a leaves") { server, time in try Registration().leave("a", on: &server, at: time) },
      // A cluster of the name can't join while the old one still exists: then nothing happens.
      join("a"),
    ], begin: hub())

  static let addOnDeleted = Scenario(
    "add-on-deleted",
    events: [delete(ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName))], begin: hub())

  static let addOnOfClusterDeleted = Scenario(
    "add-on-of-a-cluster-deleted",
    events: [
      delete(ObjectKey(ManagedClusterAddOn.type, namespace: "a", name: ManagerIdentity.addOnName))
    ], begin: hub())

  static let credentialsRotate = Scenario(
    "proxy-credentials-rotate",
    events: (1...2).map { number in
      Event("rotation \(number) of the proxy's credentials") { server, time in
        for (name, field) in [("proxy-client", "tls.crt"), ("proxy-server-ca", "ca.crt")] {
          let key = ObjectKey(Secret.type, namespace: OCMHub.addOnNamespace, name: name)
          let text = Base64.encode("new \(number)".utf8)
          try server.require(
            .mergePatch(
              key, ["data": [field: .string(text)]], options: WriteOptions(fieldManager: "cluster-proxy")),
            at: time)
        }
      }
    }, begin: hub(OCMHub.tunneled))

  /// A backup tool restores the hub: every object is created again under its name, without owners,
  /// by another field manager.
  static let restored = Scenario(
    "restored-from-backup",
    events: [
      Event("the hub is restored from a backup") { server, time in
        var fresh = MemoryAPIServer(seed: 4711, authorization: .rbac, at: time)
        for type in GatewayKinds.all + GatewayKinds.older where type != ClusterGateway.type {
          fresh.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
        }
        let order = Scenario.types.values.sorted {
          ($0 == Namespace.type ? 0 : 1, $0.description) < ($1 == Namespace.type ? 0 : 1, $1.description)
        }
        let options = WriteOptions(fieldManager: "backup", fieldValidation: .ignore)
        for type in order where type != Pod.type && type != EndpointSlice.type {
          for object in server.objects(type) {
            let key = ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
            if fresh.object(key) != nil { continue }
            var json = object.json
            for field in [
              "uid", "resourceVersion", "ownerReferences", "managedFields", "creationTimestamp", "generation",
            ] {
              json.set(nil, at: ["metadata", field])
            }
            for field in ["clusterIP", "clusterIPs"] where type == Service.type {
              json.set(nil, at: ["spec", field])
            }
            try fresh.require(.create(key, json, options: options), at: time)
            if let status = object.json["status"],
              [ManagedCluster.type, ManagedClusterAddOn.type].contains(type)
            {
              try fresh.require(
                .mergePatch(key, ["status": status], subresource: "status", options: options), at: time)
            }
          }
        }
        server = fresh
      }
    ], begin: hub())

  /// The hub as the Go manager leaves it: the same objects with one `Update` entry of
  /// `addon-manager` each, without label, ManifestWork, binding for token reviews and conditions.
  static let takeOver = Scenario(
    "take-over", begin: hub(),
    change: { server, time in
      let manager = WriteOptions(fieldManager: "addon-manager")
      for type in Scenario.types.values.sorted(by: { $0.description < $1.description }) {
        for object in server.objects(type) {
          let key = ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
          let isWork = type == ManifestWork.type
          let isBinding = type == ClusterRoleBinding.type && key.name == GatewayNames.authDelegator
          if isWork || isBinding {
            try server.require(.delete(key), at: time)
            continue
          }
          guard let entries = object.json.value(at: "metadata", "managedFields")?.array,
            entries.contains(where: { $0["manager"]?.string == ManagerIdentity.fieldManager })
          else { continue }
          let renamed = entries.compactMap { entry -> JSONValue? in
            guard entry["manager"]?.string == ManagerIdentity.fieldManager else { return entry }
            if entry["subresource"] != nil { return nil }
            var entry = entry
            entry["manager"] = "addon-manager"
            entry["operation"] = "Update"
            return entry
          }
          try server.require(
            .jsonPatch(key, [.replace(path: "/metadata/managedFields", .array(renamed))], options: manager),
            at: time)
          let label: JSONValue = .object([ManagerIdentity.managedByLabel: .null])
          try server.require(.mergePatch(key, ["metadata": ["labels": label]], options: manager), at: time)
        }
      }
      // The agents remove the rights that the ManifestWork gave: the Go manager never gave any.
      SimulatedControllers([GarbageCollector(), WorkAgent()]).converge(on: &server, at: time)
    })
}
