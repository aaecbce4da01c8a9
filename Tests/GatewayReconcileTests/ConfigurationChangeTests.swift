import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeReconcile
import Testing

@Suite struct ConfigurationChangeTests {
  @Test func `a missing or invalid configuration removes nothing`() {
    for isMissing in [true, false] {
      var world = runningWorld()
      let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
      if isMissing {
        world.delete(key)
      } else {
        world.merge(key, ["spec": ["egress": ["clusterProxy": .null]]])
      }
      let plan = world.plan
      #expect(plan.patches.allSatisfy { $0.target.type == ClusterGatewayConfiguration.type })
      #expect(
        plan.findings.contains { $0.code == (isMissing ? "ConfigurationMissing" : "ConfigurationInvalid") })
    }
  }

  @Test(arguments: [true, false])
  func `the last valid configuration stays in force while there is no other`(isMissing: Bool) throws {
    var world = runningWorld()
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    if isMissing {
      world.delete(key)
    } else {
      world.merge(key, ["spec": ["egress": ["clusterProxy": .null]]])
    }
    #expect(converge(&world))
    // A token is rotated, a cluster leaves, and the serving certificate is due for renewal.
    let token = ObjectKey(Secret.type, namespace: "one", name: "cluster-gateway")
    world.merge(token, ["data": ["token": .string(Document.base64("another"))]], as: "msa")
    world.round()
    let copy = world.object(Secret.type, namespace: setup.secretNamespace, name: "one")
    let encoded = copy.map { JSONWriter(secrets: .revealed).text($0) } ?? ""
    #expect(encoded.contains(Document.base64("another")))
    let serving = try #require(world.hub.installation.certificates.serving.leaf)
    world.now = serving.notAfter.addingTimeInterval(-86_400)
    #expect(converge(&world))
    #expect(world.hub.installation.certificates.serving.leaf?.fingerprint != serving.fingerprint)
    world.delete(ObjectKey(ManagedCluster.type, name: "one"))
    world.round()
    #expect(world.object(Secret.type, namespace: setup.secretNamespace, name: "one") == nil)
    if !isMissing {
      let conditions = world.object(key.type, name: key.name)?.value(at: "status", "conditions")?.array ?? []
      #expect(conditions.first { $0["type"] == "Valid" }?["status"] == "False")
      #expect(conditions.first { $0["type"] == "Degraded" }?["reason"] == "ConfigurationInvalid")
    }
  }

  /// The condition `Available` of a configuration.
  private func available(_ name: String, _ world: World) -> JSONValue? {
    world.object(ClusterGatewayConfiguration.type, name: name)?.value(at: "status", "conditions")?.array?
      .first { $0["type"] == "Available" }
  }

  /// Makes the add-on name another configuration.
  private func name(_ name: String, _ world: inout World) {
    world.merge(
      ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"),
      [
        "spec": [
          "defaultConfigs": [
            [
              "group": "proxy.open-cluster-management.io", "resource": "clustergatewayconfigurations",
              "name": .string(name),
            ]
          ]
        ]
      ])
  }

  @Test(arguments: [true, false])
  func `the last valid configuration stays in force while the add-on names no valid one`(isMissing: Bool) {
    var world = runningWorld()
    if !isMissing {
      world.put(Document.make(ClusterGatewayConfiguration.type, name: "another", ["spec": ["image": "i"]]))
    }
    name("another", &world)
    #expect(converge(&world))
    #expect(world.codes.contains(isMissing ? "ConfigurationMissing" : "ConfigurationInvalid"))
    #expect(available("cluster-gateway", world)?["reason"] == "NotInForce")
    world.report("another-token")
    #expect(converge(&world))
    #expect(world.gatewaySecret("one")?.data["token"] == SecretBytes(utf8: "another-token"))
    #expect(world.isServed)
    name("cluster-gateway", &world)
    #expect(converge(&world))
    #expect(available("cluster-gateway", world)?["status"] == "True")
  }

  @Test func `a record of a former add-on is not in force under another name`() {
    var world = runningWorld()
    world.merge(
      ObjectKey(
        ConfigMap.type, namespace: world.identity.namespace,
        name: ManagerIdentity.effectiveConfigurationName),
      ["metadata": ["ownerReferences": .null]])
    name("another", &world)
    world.report("another-token")
    world.round()
    #expect(world.codes.contains("ConfigurationMissing"))
    #expect(world.gatewaySecret("one")?.data["token"] != SecretBytes(utf8: "another-token"))
  }

  @Test func `a configuration that the add-on names no longer is said not to be in force`() {
    var world = runningWorld()
    world.put(Document.make(ClusterGatewayConfiguration.type, name: "another", ["spec": setup.spec]))
    name("another", &world)
    #expect(converge(&world))
    #expect(available("another", world)?["status"] == "True")
    let former = available("cluster-gateway", world)
    #expect(former?["status"] == "False" && former?["reason"] == "NotInForce")
  }

  @Test(
    arguments: [
      ["image": "oamdev/cluster-gateway:v1.9.1", "featureGates": ["ClientIdentityPenetration": true]],
      ["egress": ["permissions": [["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]]]],
    ] as [JSONValue])
  func `the warning of cluster admins goes when its remedy was followed`(remedy: JSONValue) {
    var world = runningWorld()
    #expect(world.codes.contains("ClusterAdminOnSpokes"))
    world.merge(ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"), ["spec": remedy])
    #expect(!world.codes.contains("ClusterAdminOnSpokes"))
  }

  @Test func `a work that has changed is unknown until it was applied, and the verdict of the probe stands`()
  {
    var world = runningWorld()
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    world.merge(
      key,
      ["spec": ["egress": ["permissions": [["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]]]]])
    for _ in 0..<3 { world.round() }
    #expect(world.condition("ManifestApplied", of: "one")?["status"] == "Unknown")
    #expect(world.condition("Available", of: "one")?["status"] == "True")
    #expect(converge(&world))
    #expect(world.condition("ManifestApplied", of: "one")?["status"] == "True")
  }

  @Test func `a cluster that is left out with another's add-on is said to be so`() {
    var world = runningWorld()
    world.makeNamespace("two")
    world.put(
      Document.make(ManagedClusterAddOn.type, namespace: "two", name: "cluster-gateway"), as: "kubectl")
    world.join("two")
    #expect(converge(&world))
    world.merge(
      ObjectKey(ManagedCluster.type, name: "two"),
      ["metadata": ["annotations": .fields([OCMAnnotations.disableAutomaticInstallation: "true"])]]
        as JSONValue)
    #expect(converge(&world))
    let available = world.condition("Available", of: "two")
    #expect(available?["status"] == "False" && available?["reason"] == "ClusterExcluded")
  }

  @Test func `once the add-on is gone the configuration says so`() {
    var world = runningWorld()
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    #expect(converge(&world))
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    let conditions = world.object(key.type, name: key.name)?.value(at: "status", "conditions")?.array ?? []
    let available = conditions.first { $0["type"] == "Available" }
    #expect(available?["status"] == "False" && available?["reason"] == "AddOnMissing")
    #expect(!conditions.contains { $0["status"] == "True" && $0["type"] != "Valid" })
  }

  @Test func `without a kept configuration nothing but credentials is taken away`() {
    var world = runningWorld()
    world.delete(ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"))
    world.delete(
      ObjectKey(
        ConfigMap.type, namespace: ManagerIdentity().namespace,
        name: ManagerIdentity.effectiveConfigurationName))
    #expect(world.changes == [])
    world.merge(
      ObjectKey(ManagedCluster.type, name: "one"), ["spec": ["hubAcceptsClient": false]])
    #expect(world.changes.map(\.target.type) == [Secret.type])
    #expect(world.changes.map(\.operation) == [.delete])
  }

  @Test func `the egress is switched and switched back in a safe order`() {
    var world = runningWorld()
    var direct = setup
    direct.egress = "Direct"
    func hasTunnel() -> Bool {
      World.arguments(world.servingDeployment).contains { $0.hasPrefix("--proxy-") }
    }
    world.configure(direct)
    for _ in 0..<4 {
      // A cluster that is reached through the tunnel has it after every single patch.
      for patch in world.plan.patches {
        world.apply(patch)
        let endpoint = world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType]
        #expect(hasTunnel() || endpoint == "Const")
      }
      world.round()
    }
    #expect(world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType] == "Const")
    #expect(converge(&world))
    #expect(!hasTunnel())
    #expect(world.object(Secret.type, namespace: setup.installNamespace, name: setup.clientSecret) == nil)
    world.configure(setup)
    #expect(convergeManager(&world))
    #expect(hasTunnel())
    #expect(world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType] == "Const")
    #expect(converge(&world))
    #expect(world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType] == "ClusterProxy")
  }

  @Test func `a cluster without a URL stays in the tunnel with current tokens until it has one`() {
    var world = runningWorld()
    world.put(Document.cluster("one", url: false), as: "registration")
    var direct = setup
    direct.egress = "Direct"
    world.configure(direct)
    #expect(converge(&world))
    func endpoint() -> String? { world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType] }
    func hasTunnel() -> Bool {
      World.arguments(world.servingDeployment).contains { $0.hasPrefix("--proxy-") }
    }
    #expect(world.findings("EndpointUnknown").map(\.object) == [cluster])
    #expect(world.findings("TunnelInUse").count == 1)
    #expect(endpoint() == "ClusterProxy" && hasTunnel())
    world.report("another-token")
    #expect(converge(&world))
    #expect(world.gatewaySecret("one")?.data["token"] == SecretBytes(utf8: "another-token"))
    #expect(endpoint() == "ClusterProxy" && hasTunnel())
    world.join("one")
    #expect(converge(&world))
    #expect(endpoint() == "Const" && !hasTunnel())
    #expect(!world.codes.contains("EndpointUnknown"))
  }

  @Test func `a cluster without a URL keeps its gateway Secret when that moves to another namespace`() {
    var world = runningWorld()
    world.put(Document.cluster("one", url: false), as: "registration")
    var changed = setup
    changed.egress = "Direct"
    world.configure(changed)
    #expect(converge(&world))
    changed.secretNamespace = "elsewhere"
    world.configure(changed)
    #expect(converge(&world))
    let secret = world.objects.value(Secret.self, namespace: "elsewhere", name: "one")
    #expect(secret?.metadata.labels[GatewayLabels.endpointType] == "ClusterProxy")
    #expect(world.gatewaySecret("one") == nil)
    #expect(!world.codes.contains("SecretsNotCopied"))
  }

  @Test func `a cluster without a URL gets no gateway Secret for direct egress`() {
    var world = World()
    world.prepare(Setup(egress: "Direct"))
    world.join(Document.cluster("one", url: false))
    #expect(converge(&world))
    #expect(world.gatewaySecret("one") == nil)
    #expect(world.codes.contains("EndpointUnknown"))
    #expect(!world.codes.contains("SecretNamespaceNotPrepared"))
  }

  @Test func `copies of the tunnel's credentials that can't be read any more are not forgotten`() throws {
    var world = runningWorld()
    var direct = setup
    direct.egress = "Direct"
    world.configure(direct)
    func removals() -> [ObjectKey] { world.changes.filter { $0.operation == .delete }.map(\.target) }
    for _ in 0..<6 where removals().isEmpty {
      world.round()
      world.step(.rollout)
    }
    let copies = Set(
      [setup.caSecret, setup.clientSecret].map {
        ObjectKey(Secret.type, namespace: setup.installNamespace, name: $0)
      })
    #expect(Set(removals()) == copies)
    // The rights for direct egress are applied, and the manager starts again.
    var objects = ObservedObjects()
    for object in world.objects.everything
    where !copies.contains(where: {
      $0.type.groupKind == object.groupKind && $0.namespace == object.metadata.namespace
        && $0.name == object.metadata.name
    }) {
      objects.insert(object)
    }
    objects.unobserved = Set(copies.map { ObjectSelection($0.type, namespace: $0.namespace, name: $0.name) })
    let plan = reconcile(world.hubState(objects, issued: []), at: world.now)
    #expect(!plan.patches.contains { $0.target.type == ServiceAccount.type })
    #expect(Set(plan.findings.filter { $0.code == .rightsMissing }.compactMap(\.object)) == copies)
  }

  @Test func `a Secret that the gateway's pods mount is no cluster's, also without the gateway's account`() {
    var shared = setup
    shared.secretNamespace = shared.installNamespace
    var world = runningWorld(shared)
    let mounted = ObjectKey(Secret.type, namespace: shared.installNamespace, name: shared.clientSecret)
    world.delete(ObjectKey(ServiceAccount.type, namespace: shared.installNamespace, name: "cluster-gateway"))
    shared.clientSecret = "another-client"
    world.configure(shared)
    world.refresh()
    #expect(!world.plan.patches.contains { $0.target == mounted && $0.operation == .delete })
    world.provideCredentials(shared)
    #expect(converge(&world))
    #expect(world.isServed)
    #expect(world.object(Secret.type, namespace: mounted.namespace, name: mounted.name) == nil)
  }

  @Test func `a move waits for a ready gateway, whatever the aggregator reports`() {
    var world = runningWorld()
    let service = ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev")
    world.setStatus(service, ["conditions": .array([])], as: "kube-apiserver")
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["installNamespace": "elsewhere"]])
    #expect(convergeManager(&world))
    #expect(world.isServed)
    #expect(world.codes.contains("GatewayMoving"))
    #expect(converge(&world))
    #expect(world.isServed)
    #expect(world.read(service)?.value(at: "spec", "service", "namespace") == "elsewhere")
  }

  @Test func `tunnel credentials that appear one by one are not copied too early`() throws {
    var world = runningWorld()
    // The configuration names another client Secret, which doesn't exist yet.
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      [
        "spec": [
          "egress": [
            "clusterProxy": [
              "credentials": ["proxyClientSecretName": "later", "proxyClientCASecretName": "other-ca"]
            ]
          ]
        ]
      ])
    world.put(Document.secret(namespace: setup.proxyNamespace, name: "other-ca", ["ca.crt": "a CA"]))
    world.refresh()
    #expect(convergeManager(&world))
    #expect(world.object(Secret.type, namespace: setup.installNamespace, name: "other-ca") != nil)
    #expect(world.isServed)
  }

  @Test func `a new identity is used once it has its rights`() {
    var world = runningWorld()
    let token = world.gatewaySecret("one")?.data["token"]
    var renamed = setup
    renamed.account = "gateway"
    world.configure(renamed)
    _ = world.convergeManager()
    world.step(.tokens)
    _ = world.convergeManager()
    #expect(world.gatewaySecret("one")?.data["token"] == token)
    #expect(world.object(ManagedServiceAccount.type, namespace: "one", name: "cluster-gateway") != nil)
    #expect(converge(&world))
    #expect(world.gatewaySecret("one")?.data["token"] != token)
    #expect(world.object(ManagedServiceAccount.type, namespace: "one", name: "cluster-gateway") == nil)
  }

  @Test(arguments: [true, false]) func `an excluded cluster loses its identity`(byAnnotation: Bool) {
    var selecting = setup
    selecting.selector = ["matchExpressions": [["key": "left-out", "operator": "DoesNotExist"]]]
    var world = runningWorld(selecting)
    world.merge(
      ObjectKey(ManagedCluster.type, name: "one"),
      byAnnotation
        ? [
          "metadata": [
            "annotations": ["addon.open-cluster-management.io/disable-automatic-installation": "true"]
          ]
        ]
        : ["metadata": ["labels": ["left-out": "true"]]])
    #expect(converge(&world))
    for (type, namespace, name) in [
      (ManagedClusterAddOn.type, "one", "cluster-gateway"),
      (ManagedServiceAccount.type, "one", "cluster-gateway"),
      (Secret.type, setup.secretNamespace, "one"),
    ] { #expect(world.object(type, namespace: namespace, name: name) == nil) }
  }
}
