import GatewayAPI
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile
import KubeTransport

/// A hub that is generated from a seed: a configuration, some clusters, the objects of a manager
/// with an earlier configuration, and later changes.
package struct GeneratedHub {
  package let seed: UInt64
  package var world: World
  package var setup: Setup
  /// The clusters that should have the add-on and stay.
  package var live: [String] = []
  /// Objects of others with names that the manager wants.
  package var foreign: [ObjectKey] = []
  private var random: SeededGenerator

  package static let names = ["alpha", "beta", "gamma", "delta", "epsilon"]

  package init(seed: UInt64, maximumClusters: Int = 3) {
    self.seed = seed
    random = SeededGenerator(seed: seed)
    world = World(seed: seed)
    setup = Setup()
    let earlier = GeneratedHub.setup(&random)
    setup = random.once(in: 2) ? earlier : GeneratedHub.setup(&random, near: earlier)
    let isDefault = random.once(in: 2)
    let strategy = random.once(in: 6) ? "Placements" : "Manual"
    world.prepare(earlier, isDefault: isDefault, strategy: strategy)
    let names = GeneratedHub.names.prefix(Int.random(in: 0...maximumClusters, using: &random))
    for name in names { world.join(Document.cluster(name)) }
    if strategy == "Placements" {
      for name in names where !random.once(in: 3) {
        world.put(
          Document.make(ManagedClusterAddOn.type, namespace: name, name: "cluster-gateway"), as: "addon")
      }
    }
    // Objects of others from before the manager.
    for _ in 0..<Int.random(in: 0...2, using: &random) where random.once(in: 2) { makeForeignObject(earlier) }
    // The progress of an earlier manager.
    switch Int.random(in: 0..<4, using: &random) {
    case 0: break
    case 1:
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        world.round()
        if random.once(in: 2) { world.step(random.pick(OtherController.allCases)) }
      }
    case 2:
      world.installAsGoManager(earlier, clusters: Array(names))
      if random.once(in: 2) { _ = world.convergeManager() }
    default:
      _ = world.convergeManager()
      for other in OtherController.allCases { world.step(other) }
      _ = world.convergeManager()
      if random.once(in: 2) { world.converge() }
    }
    // Later changes.
    for name in names { happen(to: name) }
    for _ in 0..<Int.random(in: 0...3, using: &random) { damage() }
    if random.once(in: 4) { ageCertificates() }
    if setup != earlier {
      world.configure(setup)
      if !random.once(in: 4) { world.provideCredentials(setup) }
    }
    if random.once(in: 8) { world.breakCredential(random.once(in: 2) ? "tls.crt" : "ca.crt", setup) }
    if random.once(in: 12) { breakConfiguration() }
    live = names.filter { name in
      guard let cluster = world.object(ManagedCluster.type, name: name) else { return false }
      let metadata = cluster["metadata"]
      return metadata?["deletionTimestamp"] == nil
        && metadata?.value(at: "annotations", OCMAnnotations.disableAutomaticInstallation) == nil
        && metadata?.value(at: "labels", "left-out") == nil
        && world.object(ManagedClusterAddOn.type, namespace: name, name: "cluster-gateway")?.value(
          at: "metadata", "deletionTimestamp") == nil
    }
    world.refusals = []
  }

  package static func setup(_ random: inout SeededGenerator, near other: Setup? = nil) -> Setup {
    var setup = other ?? Setup()
    func change(_ odds: Int) -> Bool { random.once(in: other == nil ? odds : odds + 1) }
    if change(2) { setup.egress = random.pick(["Direct", "ClusterProxy"]) }
    if change(4) {
      setup.secretNamespace = random.pick(["open-cluster-management-credentials", "vela-system", "other"])
    }
    if change(6) { setup.installNamespace = random.pick(["vela-system", "gateway"]) }
    if change(4) { setup.account = random.pick(["cluster-gateway", "gateway"]) }
    if change(8) { setup.secretManagement = random.pick(["ManagedServiceAccount", "Manual"]) }
    if change(4) { setup.clientSecret = random.pick(["proxy-client", "tunnel-client"]) }
    if change(6) { setup.replicas = random.pick([1, 2, 5]) }
    if change(6) { setup.selector = ["matchExpressions": [["key": "left-out", "operator": "DoesNotExist"]]] }
    if change(6) { setup.force.toggle() }
    if change(6) { setup.certificates = ["validity": "720h", "caValidity": "8760h"] }
    if change(6) {
      setup.permissions = [["apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]]]
    }
    return setup
  }

  // MARK: Clusters

  private mutating func happen(to name: String) {
    let key = ObjectKey(ManagedCluster.type, name: name)
    switch Int.random(in: 0..<14, using: &random) {
    case 0: world.delete(key)
    case 1:
      world.merge(key, ["metadata": ["finalizers": ["test/held"]]])
      world.delete(key)
    case 2:
      world.merge(
        key,
        [
          "metadata": [
            "annotations": ["addon.open-cluster-management.io/disable-automatic-installation": "true"]
          ]
        ])
    case 3: world.merge(key, ["metadata": ["labels": ["left-out": "true"]]])
    case 4: world.put(Document.cluster(name, available: "Unknown"), as: "registration")
    case 5: world.put(Document.cluster(name, accepted: false, available: nil), as: "registration")
    case 6: world.put(Document.cluster(name, url: false), as: "registration")
    case 7: world.delete(ObjectKey(ManagedClusterAddOn.type, namespace: name, name: "cluster-gateway"))
    default: break
    }
    if random.once(in: 3) { world.collectGarbage() }
  }

  // MARK: Damage

  private mutating func damage() {
    let ours = world.objects.everything.filter {
      $0.metadata.labels["app.kubernetes.io/managed-by"] != nil
        || $0.groupKind == ManagedServiceAccount.type.groupKind
    }
    guard !ours.isEmpty, let key = World.key(of: random.pick(ours).json) else { return }
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: world.delete(key)
    case 2:
      world.merge(key, ["metadata": ["finalizers": ["test/held"]]])
      world.delete(key)
    case 3: world.merge(key, ["metadata": ["labels": ["app.kubernetes.io/managed-by": "someone"]]])
    case 4: world.send(.jsonPatch(key, [.replace(path: "/metadata/managedFields", [[:]])]))
    case 5: drift(key)
    case 6: claim(key)
    default: world.merge(key, ["metadata": ["annotations": ["kubectl.kubernetes.io/note": "seen"]]])
    }
    world.refresh()
  }

  private mutating func drift(_ key: ObjectKey) {
    switch key.type.kind {
    case "Secret":
      world.merge(
        key, ["data": random.pick([["token": "TUFSS0VSLWRyaWZ0ZWQ="], ["tls.crt": "Z2FyYmFnZQ=="], [:]])])
    case "Deployment": world.merge(key, ["spec": ["replicas": 7]])
    case "Role", "ClusterRole": world.merge(key, ["rules": .array([])])
    case "RoleBinding", "ClusterRoleBinding": world.merge(key, ["subjects": .array([])])
    case "APIService": world.merge(key, ["spec": ["versionPriority": 11]])
    case "Service": world.merge(key, ["spec": ["selector": ["other": "app"]]])
    case "ManagedServiceAccount": world.merge(key, ["spec": ["rotation": ["validity": "1h0m0s"]]])
    case "ManifestWork": world.merge(key, ["spec": ["workload": ["manifests": .array([])]]])
    default: world.merge(key, ["metadata": ["labels": ["app.kubernetes.io/managed-by": .null]]])
    }
  }

  /// Sets a field of the manager's as another tool.
  private mutating func claim(_ key: ObjectKey) {
    var fields: JSONValue = Document.make(key.type, namespace: key.namespace, name: key.name)
    switch key.type.kind {
    case "Deployment": fields["spec"] = ["replicas": 2]
    case "Secret": fields["data"] = ["token": "TUFSS0VSLWdpdG9wcw==", "tls.crt": "Z2l0b3Bz"]
    case "APIService": fields["spec"] = ["versionPriority": 12]
    default: fields.set(["app.kubernetes.io/managed-by": "gitops"], at: ["metadata", "labels"])
    }
    world.send(.apply(key, fields, fieldManager: "gitops", force: true))
  }

  private mutating func makeForeignObject(_ setup: Setup) {
    world.makeNamespace(setup.installNamespace)
    world.makeNamespace(setup.secretNamespace)
    let cluster = random.pick(GeneratedHub.names)
    let object: JSONValue =
      switch Int.random(in: 0..<8, using: &random) {
      case 0:
        Document.make(ClusterRole.type, name: "apiserver-aggregation:cluster-gateway", ["rules": .array([])])
      case 1:
        Document.make(
          Role.type, namespace: setup.secretNamespace, name: "cluster-gateway", ["rules": .array([])])
      case 2: Document.make(ServiceAccount.type, namespace: setup.installNamespace, name: "cluster-gateway")
      case 3:
        Document.secret(
          namespace: setup.secretNamespace, name: "vela-\(cluster)",
          labels: [GatewayLabels.credentialType: "X509Certificate", GatewayLabels.endpointType: "Const"],
          ["tls.key": "MARKER-vela-key"])
      case 4:
        Document.secret(namespace: setup.secretNamespace, name: cluster, ["token": "MARKER-foreign-token"])
      case 5:
        Document.make(
          APIService.type, name: "v1alpha1.cluster.core.oam.dev",
          [
            "spec": [
              "group": "cluster.core.oam.dev", "version": "v1alpha1", "groupPriorityMinimum": 1000,
              "versionPriority": 10,
              "insecureSkipTLSVerify": true,
              "service": ["namespace": "kube-system", "name": "other", "port": 443],
            ]
          ])
      case 6:
        Document.secret(
          namespace: setup.installNamespace, name: "cluster-gateway-tls-cert",
          ["tls.key": "MARKER-foreign-tls"])
      default:
        Document.secret(
          namespace: setup.installNamespace, name: setup.clientSecret, ["tls.key": "MARKER-foreign-client"])
      }
    guard let key = World.key(of: object), world.read(key) == nil else { return }
    world.put(object)
    foreign.append(key)
  }

  // MARK: Time and certificates

  private mutating func ageCertificates() {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: world.now += 130 * 86_400
    case 1: world.now += 200 * 86_400
    case 2: world.now += 2_500 * 86_400
    case 3: world.now += 3_640 * 86_400
    case 4: world.replaceSigner(serial: "other", keyMatches: true)
    default: world.replaceSigner(serial: "other", keyMatches: false)
    }
  }

  private mutating func breakConfiguration() {
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    if random.once(in: 2) {
      world.delete(key)
    } else {
      world.merge(key, ["spec": ["egress": ["type": "ClusterProxy", "clusterProxy": .null]]])
    }
  }
}
