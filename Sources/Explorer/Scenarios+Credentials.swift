import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator

/// The scenarios in which a credential must be removed, or must not be accepted as another.
extension Scenario {
  static let credentialScenarios: [Scenario] = [
    namespaceThereAndBack, clusterDenied, placementTakesAway, optOutWithForeignAddOn, rejoinsWhileDown,
    foreignAccount, hostileTokens, secondDefaultConfiguration, proxySecretsOfAnotherType, rightsMissing,
    serverThatLies,
  ]

  private static let otherSecrets = "other-credentials"

  static let namespaceThereAndBack: Scenario = {
    let prepare = hub()
    return Scenario(
      "namespace-there-and-back",
      events: [
        configure("another secret namespace") { $0.secretNamespace = otherSecrets },
        configure("the first secret namespace") { $0.secretNamespace = secrets },
      ],
      begin: { time in
        var server = try prepare(time)
        let namespace = Namespace(metadata: ObjectMeta(name: otherSecrets))
        try server.require(.create(namespace.key, namespace.json), at: time)
        return server
      })
  }()

  static let clusterDenied = Scenario(
    "cluster-denied",
    events: [
      Event("cluster a is denied") { server, time in
        try server.require(
          .mergePatch(ObjectKey(ManagedCluster.type, name: "a"), ["spec": ["hubAcceptsClient": false]]),
          at: time)
      }
    ], begin: hub())

  static let placementTakesAway: Scenario = {
    let prepare = hub()
    return Scenario(
      "placement-takes-away",
      events: [
        delete(ObjectKey(ManagedClusterAddOn.type, namespace: "a", name: ManagerIdentity.addOnName))
      ],
      begin: { time in
        var server = try prepare(time)
        try server.require(
          .mergePatch(
            ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName),
            ["spec": ["installStrategy": ["type": "Placements"]]]), at: time)
        try makeAddOn(by: "addon", on: &server, at: time)
        return server
      })
  }()

  static let optOutWithForeignAddOn: Scenario = {
    let prepare = hub()
    return Scenario(
      "opt-out-with-foreign-add-on",
      events: [
        Event("cluster a opts out") { server, time in
          try server.require(
            .mergePatch(
              ObjectKey(ManagedCluster.type, name: "a"),
              ["metadata": ["annotations": .fields([OCMAnnotations.disableAutomaticInstallation: "true"])]]),
            at: time)
        }
      ],
      begin: { time in
        var server = try prepare(time)
        try makeAddOn(by: "kubectl", on: &server, at: time)
        return server
      })
  }()

  /// While the manager is down, the cluster leaves and another with its name joins.
  static let rejoinsWhileDown = Scenario(
    "rejoins-while-down", begin: hub(),
    change: { server, time in
      let others = SimulatedControllers.ocmHub(verify: SimulatedPKI.verify)
      try Registration().leave("a", on: &server, at: time)
      others.converge(on: &server, at: time)
      server.reseedIdentities(4711)
      try Registration().join("a", on: &server, at: time.addingTimeInterval(1))
      others.converge(on: &server, at: time)
    })

  static let foreignAccount: Scenario = {
    let prepare = hub()
    let account = ObjectKey(ManagedServiceAccount.type, namespace: "a", name: "cluster-gateway")
    return Scenario(
      "foreign-account", foreign: strangers + [account], unserved: ["a"],
      begin: { time in
        var server = try prepare(time)
        let object = ManagedServiceAccount(
          metadata: ObjectMeta(name: account.name, namespace: account.namespace))
        try server.require(
          .create(account, object.json, options: WriteOptions(fieldManager: "kubectl")), at: time)
        return server
      })
  }()

  /// A hostile cluster changes the agent's Secret.
  static let hostileTokens = Scenario(
    "hostile-tokens",
    events: [
      hostile("claims to be a gateway Secret") { secret in
        secret["metadata"] = [
          "labels": .fields([
            GatewayLabels.credentialType: "Dynamic",
            GatewayLabels.endpointType: .string(GatewayEndpointType.clusterProxy.rawValue),
          ])
        ]
      },
      hostile("holds a token with a line break") { secret in
        secret["data"] = ["token": .string(Base64.encode("a\nb".utf8))]
      },
    ], begin: hub())

  private static func hostile(_ what: String, _ change: @escaping @Sendable (inout JSONValue) -> Void)
    -> Event
  {
    Event("the token Secret of a \(what)") { server, time in
      let key = ObjectKey(Secret.type, namespace: "a", name: "cluster-gateway")
      guard server.object(key) != nil else { return }
      var patch: JSONValue = [:]
      change(&patch)
      try server.require(.mergePatch(key, patch, options: WriteOptions(fieldManager: "msa")), at: time)
    }
  }

  /// The add-on has two default configurations, each with an entry in its status.
  static let secondDefaultConfiguration: Scenario = {
    let prepare = hub()
    return Scenario(
      "second-default-configuration",
      events: [configure("another image") { $0.image = "oamdev/cluster-gateway:v2" }],
      begin: { time in
        var server = try prepare(time)
        let addOn = ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)
        let configs = server.object(addOn)?.json.value(at: "spec", "defaultConfigs")?.array ?? []
        let second: JSONValue = [
          "group": "addon.open-cluster-management.io", "resource": "addondeploymentconfigs",
          "namespace": "open-cluster-management-hub", "name": "defaults",
        ]
        try server.require(
          .mergePatch(addOn, ["spec": ["defaultConfigs": .array(configs + [second])]]), at: time)
        return server
      })
  }()

  /// cluster-proxy creates its client Secret again with another type, in which its versions differ.
  static let proxySecretsOfAnotherType = Scenario(
    "proxy-secrets-of-another-type",
    events: [
      Event("cluster-proxy makes its client Secret with type kubernetes.io/tls") { server, time in
        let key = ObjectKey(Secret.type, namespace: OCMHub.addOnNamespace, name: "proxy-client")
        guard let data = server.object(Secret.self, namespace: key.namespace, name: key.name)?.data else {
          return
        }
        try server.require(.delete(key), at: time)
        let secret = Secret(
          metadata: ObjectMeta(name: key.name, namespace: key.namespace), type: "kubernetes.io/tls",
          data: data)
        try server.require(
          .create(key, secret.json, options: WriteOptions(fieldManager: "cluster-proxy")), at: time)
      }
    ], replaceable: [ObjectKey(Secret.type, namespace: "vela-system", name: "proxy-client")],
    begin: hub(OCMHub.tunneled))

  /// The manager may not change the Deployment for a while; a cluster that leaves then must still
  /// lose its credential.
  static let rightsMissing = Scenario(
    "rights-missing",
    events: [
      Event("the rights in vela-system are taken away") { server, time in
        let role = ObjectKey(Role.type, namespace: "vela-system", name: ManagerIdentity.fieldManager)
        try server.require(.mergePatch(role, ["rules": []]), at: time)
      },
      Event("another image") { server, time in
        try server.require(
          .mergePatch(
            ObjectKey(ClusterGatewayConfiguration.type, name: ClusterGatewayConfiguration.addOnName),
            ["spec": ["image": "oamdev/cluster-gateway:v2"]]), at: time)
      },
      Event("cluster a leaves") { server, time in try Registration().leave("a", on: &server, at: time) },
      Event("the rights are granted again") { server, time in
        try grantRights(for: OCMHub.direct, on: &server, at: time)
      },
    ], lacksRights: true, begin: hub(clusters: ["a", "b"]))

  /// A proxy or a broken server answers the lists of one kind with something that isn't a list,
  /// while a cluster leaves.
  static let serverThatLies = Scenario(
    "server-that-lies",
    events: [
      Event("cluster a leaves") { server, time in try Registration().leave("a", on: &server, at: time) }
    ], serverLies: true, begin: hub(clusters: ["a", "b"]))

  private static func makeAddOn(
    by manager: String, on server: inout MemoryAPIServer, at time: Date
  ) throws {
    let addOn = ManagedClusterAddOn(
      metadata: ObjectMeta(name: ManagerIdentity.addOnName, namespace: "a"))
    try server.require(
      .create(addOn.key, addOn.json, options: WriteOptions(fieldManager: manager)), at: time)
  }
}
