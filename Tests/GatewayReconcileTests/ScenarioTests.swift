import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile
import KubeTransport
import Testing

private let setup = Setup()

/// A settled hub with one cluster.
private func runningWorld(_ setup: Setup = setup) -> World {
  var world = World()
  world.prepare(setup)
  world.join("one")
  let isFinished = world.finish()
  #expect(isFinished)
  return world
}

/// A hub as the Go manager leaves it.
private func goWorld() -> World {
  var world = World()
  world.prepare(setup, isDefault: false)
  world.join("one")
  world.join("two")
  world.installAsGoManager(setup, clusters: ["one", "two"])
  return world
}

private func finish(_ world: inout World) -> Bool { world.finish() }
private func settle(_ world: inout World) -> Bool { world.settle() != nil }

extension World {
  fileprivate var codes: Set<Finding.Code> { Set(plan.findings.map(\.code)) }

  fileprivate func condition(_ type: String, of cluster: String) -> JSONValue? {
    object(ManagedClusterAddOn.type, namespace: cluster, name: "cluster-gateway")?.value(
      at: "status", "conditions")?.array?
      .first { $0["type"]?.string == type }
  }

  /// The condition that reports the rotation.
  fileprivate var rotating: JSONValue? {
    object(ClusterGatewayConfiguration.type, name: "cluster-gateway")?.value(at: "status", "conditions")?
      .array?
      .first { $0["type"] == "CertificatesRotating" }
  }

  fileprivate var template: JSONValue? { servingDeployment?.value(at: "spec", "template") }

  fileprivate func gatewaySecret(_ cluster: String) -> Secret? {
    objects.value(Secret.self, namespace: setup.secretNamespace, name: cluster)
  }
}

@Suite struct FreshHubTests {
  @Test func `a fresh hub converges in four rounds, and again after every step`() {
    var world = World()
    world.prepare(setup)
    world.join("one")
    world.join("two")
    #expect(Set(world.plan.certificateRequests.map(\.id)) == ["ca", "serving"])
    #expect(settle(&world))
    for other in OtherController.allCases + OtherController.allCases {
      world.step(other)
      #expect(settle(&world))
    }
    #expect(world.refusals == [])
    #expect(world.isServed)
    #expect(world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType] == "ClusterProxy")
    for type in ["Available", "ManifestApplied", "RegistrationApplied"] {
      #expect(world.condition(type, of: "one")?["status"] == "True")
    }
  }

  @Test func `the default configuration's hash is in the add-on's status and on the work`() throws {
    let world = runningWorld()
    let status = world.object(ClusterManagementAddOn.type, name: "cluster-gateway")?["status"]
    let hash = try #require(
      status?["defaultConfigReferences"]?.array?.first?.value(at: "desiredConfig", "specHash")?.string)
    let work = world.object(ManifestWork.type, namespace: "one", name: "addon-cluster-gateway-deploy-0")
    let annotation = work?.value(at: "metadata", "annotations", OCMAnnotations.configSpecHash)?.string
    #expect(
      annotation
        == "{\"clustergatewayconfigurations.proxy.open-cluster-management.io//cluster-gateway\":\"\(hash)\"}")
  }

  @Test func `one namespace for everything works`() {
    var one = setup
    one.secretNamespace = one.installNamespace
    let world = runningWorld(one)
    #expect(world.isServed)
    #expect(world.object(Secret.type, namespace: one.secretNamespace, name: "one") != nil)
  }

  @Test func `with placements, OCM creates the add-ons`() {
    var world = World()
    world.prepare(setup, strategy: "Placements")
    world.join("one")
    #expect(finish(&world))
    #expect(world.object(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway") == nil)
    world.put(Document.make(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway"), as: "addon")
    #expect(finish(&world))
    #expect(world.gatewaySecret("one") != nil)
  }

  @Test func `with manual secret management, a person creates the Secrets`() {
    var manual = setup
    manual.secretManagement = "Manual"
    let world = runningWorld(manual)
    #expect(world.object(ManagedServiceAccount.type, namespace: "one", name: "cluster-gateway") == nil)
    #expect(world.codes.contains("ManualSecretMissing"))
  }

  @Test func `the manager's objects stay when a person takes the Secrets over`() {
    var world = runningWorld()
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["secretManagement": ["type": "Manual"]]])
    #expect(settle(&world))
    #expect(world.gatewaySecret("one") != nil)
    #expect(world.object(ManagedServiceAccount.type, namespace: "one", name: "cluster-gateway") != nil)
    #expect(world.codes.contains("UnmanagedIdentity"))
  }
}

@Suite struct TakeOverTests {
  @Test func `the Go manager's hub is taken over without touching pods or Secrets`() {
    var world = goWorld()
    let template = world.template
    // Values that the gateway doesn't read are removed from the copy of the tunnel's client Secret.
    func secrets() -> [JSONValue?] {
      world.objects.all(Secret.type.groupKind).map { secret in
        var data = secret.json["data"]
        let isCopy = secret.metadata.namespace == setup.installNamespace
        if isCopy, secret.metadata.name == setup.clientSecret { data?["ca.crt"] = nil }
        return data
      }
    }
    let before = secrets()
    #expect(world.plan.certificateRequests == [])
    #expect(settle(&world))
    #expect(finish(&world))
    #expect(world.template == template)
    #expect(secrets() == before)
    #expect(world.refusals == [])
    #expect(world.servingDeployment?.value(at: "metadata", "generation") == 1)
    for type in [Deployment.type, Service.type, APIService.type, Secret.type, Role.type] {
      for object in world.objects.all(type.groupKind) {
        let managers = (try? object.managedFields().filter { $0.subresource == nil }.map(\.manager)) ?? []
        #expect(!managers.contains("addon-manager"), "\(object.kind) \(object.metadata.name)")
      }
    }
    #expect(world.object(ManifestWork.type, namespace: "one", name: "addon-cluster-gateway-deploy-0") != nil)
    #expect(world.condition("Available", of: "two")?["status"] == "True")
  }

  @Test func `later the plan requests the serving certificate only`() {
    var world = goWorld()
    world.now += 160 * 86_400
    let template = world.template
    #expect(world.plan.certificateRequests.map(\.id) == ["serving"])
    #expect(settle(&world))
    #expect(world.template == template)
    #expect(world.isServed)
  }

  @Test func `a foreign APIService is reported and left alone`() {
    var world = World()
    world.prepare(setup)
    let key = ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev")
    world.put(
      Document.make(
        APIService.type, name: key.name,
        [
          "spec": [
            "group": "cluster.core.oam.dev", "version": "v1alpha1", "groupPriorityMinimum": 1,
            "versionPriority": 1,
            "service": ["namespace": "other", "name": "cluster-gateway", "port": 443],
          ]
        ]))
    let before = world.read(key)
    #expect(settle(&world))
    #expect(world.codes.contains("ForeignAPIService"))
    #expect(world.read(key) == before)
  }
}

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
    #expect(finish(&world))
    // A token is rotated, a cluster leaves, and the serving certificate is due for renewal.
    let token = ObjectKey(Secret.type, namespace: "one", name: "cluster-gateway")
    world.merge(token, ["data": ["token": .string(Document.base64("another"))]], as: "msa")
    world.round()
    let copy = world.object(Secret.type, namespace: setup.secretNamespace, name: "one")
    let encoded = copy.map { JSONWriter(secrets: .revealed).text($0) } ?? ""
    #expect(encoded.contains(Document.base64("another")))
    let serving = try #require(world.hub.installation.certificates.serving.leaf)
    world.now = serving.notAfter.addingTimeInterval(-86_400)
    #expect(finish(&world))
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
    #expect(finish(&world))
    #expect(world.condition("ManifestApplied", of: "one")?["status"] == "True")
  }

  @Test func `a cluster that is left out with another's add-on is said to be so`() {
    var world = runningWorld()
    world.makeNamespace("two")
    world.put(
      Document.make(ManagedClusterAddOn.type, namespace: "two", name: "cluster-gateway"), as: "kubectl")
    world.join("two")
    #expect(finish(&world))
    world.merge(
      ObjectKey(ManagedCluster.type, name: "two"),
      ["metadata": ["annotations": .fields([OCMAnnotations.disableAutomaticInstallation: "true"])]]
        as JSONValue)
    #expect(finish(&world))
    let available = world.condition("Available", of: "two")
    #expect(available?["status"] == "False" && available?["reason"] == "ClusterExcluded")
  }

  @Test func `once the add-on is gone the configuration says so`() {
    var world = runningWorld()
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    #expect(finish(&world))
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
    #expect(finish(&world))
    #expect(!hasTunnel())
    #expect(world.object(Secret.type, namespace: setup.installNamespace, name: setup.clientSecret) == nil)
    world.configure(setup)
    #expect(settle(&world))
    #expect(hasTunnel())
    #expect(world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType] == "Const")
    #expect(finish(&world))
    #expect(world.gatewaySecret("one")?.metadata.labels[GatewayLabels.endpointType] == "ClusterProxy")
  }

  @Test func `a move waits for a ready gateway, whatever the aggregator reports`() {
    var world = runningWorld()
    let service = ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev")
    world.setStatus(service, ["conditions": .array([])], as: "kube-apiserver")
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["installNamespace": "elsewhere"]])
    #expect(settle(&world))
    #expect(world.isServed)
    #expect(world.codes.contains("GatewayMoving"))
    #expect(finish(&world))
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
    #expect(settle(&world))
    #expect(world.object(Secret.type, namespace: setup.installNamespace, name: "other-ca") != nil)
    #expect(world.isServed)
  }

  @Test func `a new identity is used once it has its rights`() {
    var world = runningWorld()
    let token = world.gatewaySecret("one")?.data["token"]
    var renamed = setup
    renamed.account = "gateway"
    world.configure(renamed)
    _ = world.settle()
    world.step(.tokens)
    _ = world.settle()
    #expect(world.gatewaySecret("one")?.data["token"] == token)
    #expect(world.object(ManagedServiceAccount.type, namespace: "one", name: "cluster-gateway") != nil)
    #expect(finish(&world))
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
    #expect(finish(&world))
    for (type, namespace, name) in [
      (ManagedClusterAddOn.type, "one", "cluster-gateway"),
      (ManagedServiceAccount.type, "one", "cluster-gateway"),
      (Secret.type, setup.secretNamespace, "one"),
    ] { #expect(world.object(type, namespace: namespace, name: name) == nil) }
  }
}

@Suite struct ClusterLifeTests {
  @Test func `rights are bound in the namespace that an AddOnDeploymentConfig gives the agent`() throws {
    var world = runningWorld()
    let agent = ObjectKey(ManagedClusterAddOn.type, namespace: "one", name: "managed-serviceaccount")
    var addOn = Document.make(agent.type, namespace: agent.namespace, name: agent.name)
    addOn.set("agents", at: ["metadata", "annotations", OCMAnnotations.installNamespace])
    world.put(addOn)
    world.merge(agent, ["status": ["namespace": "hub-agents"]], subresource: "status")
    #expect(finish(&world))
    let work = try #require(
      world.object(ManifestWork.type, namespace: "one", name: "addon-cluster-gateway-deploy-0"))
    let manifests = work.value(at: "spec", "workload", "manifests")?.array ?? []
    let namespaces = manifests.flatMap { $0["subjects"]?.array ?? [] }.map { $0["namespace"] }
    #expect(!namespaces.isEmpty && namespaces.allSatisfy { $0 == "hub-agents" })
  }

  @Test func `a cluster whose name can be no namespace's is a finding and nothing else`() {
    var world = runningWorld()
    world.put(Document.cluster("cluster0.host.example.com"))
    let plan = world.plan
    #expect(plan.patches == [])
    let finding = plan.findings.first { $0.code == "ClusterNameUnusable" }
    #expect(finding?.severity == .warning)
  }

  @Test func `a credential is removed with its cluster`() {
    var world = runningWorld()
    world.delete(ObjectKey(ManagedCluster.type, name: "one"))
    world.round()
    #expect(world.gatewaySecret("one") == nil)
  }

  @Test func `Available is left to OCM while the cluster is unknown, and restored after`() {
    var world = runningWorld()
    let time = world.condition("ManifestApplied", of: "one")?["lastTransitionTime"]
    world.now += 3600
    world.put(Document.cluster("one", available: "Unknown"), as: "registration")
    #expect(finish(&world))
    #expect(world.condition("Available", of: "one")?["status"] == "Unknown")
    world.put(Document.cluster("one"), as: "registration")
    #expect(finish(&world))
    #expect(world.condition("Available", of: "one")?["status"] == "True")
    #expect(world.condition("ManifestApplied", of: "one")?["lastTransitionTime"] == time)
  }

  @Test func `nothing is created again after the add-on is deleted`() {
    var world = runningWorld()
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    #expect(world.changes == [] && world.plan.certificateRequests == [])
    #expect(world.gatewaySecret("one") == nil)
  }
}

@Suite struct RepairTests {
  @Test func `emptied and deleted objects are repaired`() {
    let first = runningWorld()
    for key in [
      ObjectKey(Role.type, namespace: setup.secretNamespace, name: "cluster-gateway"),
      ObjectKey(Secret.type, namespace: setup.installNamespace, name: "cluster-gateway-tls-cert"),
      ObjectKey(Deployment.type, namespace: setup.installNamespace, name: "gateway-deployment"),
    ] {
      var world = first
      world.delete(key)
      #expect(settle(&world))
      #expect(world.read(key) != nil)
    }
    var world = first
    world.merge(
      ObjectKey(Secret.type, namespace: setup.proxyNamespace, name: setup.caSecret),
      ["data": ["ca.crt": "bmV3"]])
    #expect(settle(&world))
    #expect(
      world.objects.value(Secret.self, namespace: setup.installNamespace, name: setup.caSecret)?.data[
        "ca.crt"]
        == SecretBytes(utf8: "new"))
  }

  @Test func `fields that another tool applies are left to it, and the others are maintained`() throws {
    var world = runningWorld()
    let key = ObjectKey(Deployment.type, namespace: setup.installNamespace, name: "gateway-deployment")
    var claim: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "spec": ["replicas": 5]]
    claim["metadata"] = ["name": .string(key.name), "namespace": .string(setup.installNamespace)]
    _ = world.send(.apply(key, claim, fieldManager: "autoscaler", force: true))
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["image": "registry.example/cluster-gateway:v2"]])
    world.refresh()
    #expect(world.codes.contains("OwnedByAnother"))
    #expect(settle(&world))
    let deployment = try #require(
      world.objects.value(Deployment.self, namespace: key.namespace, name: key.name))
    #expect(deployment.spec.replicas == 5)
    #expect(deployment.spec.template.spec.containers.first?.image == "registry.example/cluster-gateway:v2")
    #expect(world.codes.contains("OwnedByAnother"))
  }

  @Test func `no certificate is issued for a Secret of which another tool owns a part`() throws {
    var world = runningWorld()
    let key = ObjectKey(Secret.type, namespace: setup.installNamespace, name: "cluster-gateway-tls-cert")
    var claim: JSONValue = ["apiVersion": "v1", "kind": "Secret", "data": ["tls.crt": "Z2l0b3Bz"]]
    claim["metadata"] = ["name": .string(key.name), "namespace": .string(setup.installNamespace)]
    _ = world.send(.apply(key, claim, fieldManager: "gitops", force: true))
    world.refresh()
    #expect(world.changes == [] && world.plan.certificateRequests == [])
    #expect(world.codes.contains("OwnedByAnother"))
  }

  @Test func `an object without managedFields is not reported as foreign`() throws {
    // As `kubectl get -o yaml` shows it.
    let world = goWorld()
    let objects = ObservedObjects(
      try world.objects.everything.map { object throws(FieldError) in
        var json = object.json
        json.set(nil, at: ["metadata", "managedFields"])
        return try DynamicObject(json)
      })
    let plan = reconcile(world.hubState(objects, issued: []), at: world.now)
    let findings = plan.findings.filter { ["ForeignObject", "OwnershipUnknown"].contains($0.code) }
    #expect(!findings.isEmpty)
    #expect(findings.allSatisfy { $0.code == "OwnershipUnknown" && !$0.remedy.contains("delete") })
  }

  @Test func `a corrupt CA is reported`() {
    var world = runningWorld()
    world.merge(world.signerKey, ["data": ["ca.crt": "Z2FyYmFnZQ=="]])
    #expect(world.codes.contains("CurrentCAUnusable"))
    // Its condition reports it, too.
    #expect(settle(&world))
    #expect(world.rotating?["status"] == "Unknown")
    #expect(world.isServed)
  }

  @Test func `another CA is trusted before it signs`() {
    var world = runningWorld()
    world.replaceSigner(serial: "other", keyMatches: true)
    #expect(world.plan.certificateRequests == [])
    #expect(settle(&world))
    #expect(world.hub.installation.certificates.bundle.count == 2)
    #expect(world.codes.contains("AwaitingTrustBundle"))
    world.step(.time)
    for _ in 0..<4 {
      for patch in world.plan.patches {
        world.apply(patch)
        #expect(world.isServed)
      }
      world.round()
    }
    #expect(world.plan.isAtRest)
    #expect(world.hub.installation.certificates.serving.facts?.signerFingerprints == ["print-other"])
  }

  @Test func `a CA that is due for renewal is followed by another`() {
    var world = goWorld()
    _ = world.finish()
    world.now += 2_800 * 86_400
    #expect(settle(&world))
    #expect(world.isServed)
    #expect(world.hub.installation.certificates.bundle.count == 2)
  }

  @Test func `where nothing is served, the successor of an expired CA signs at once`() {
    var world = runningWorld()
    world.now += 4_000 * 86_400
    world.delete(ObjectKey(Secret.type, namespace: setup.installNamespace, name: "cluster-gateway-tls-cert"))
    #expect(world.plan.certificateRequests.map(\.id) == ["next-ca"])
    world.round()
    let coming = world.issued.first?.facts.leaf?.fingerprint
    #expect(coming != nil)
    #expect(world.plan.certificateRequests.map(\.issuerFingerprint) == [coming])
    world.round()
    world.round()
    #expect(world.hub.installation.certificates.serving.facts?.signerFingerprints.first == coming)
    #expect(settle(&world))
  }

  /// It expires with its CA, and so is old for its validity from the start.
  @Test func `a leaf certificate that is issued shortly before its CA expires is stored`() throws {
    var world = runningWorld()
    let ca = try #require(world.hub.installation.certificates.ca.leaf)
    world.now = ca.notAfter.addingTimeInterval(-7200)
    #expect(settle(&world))
    let serving = try #require(world.hub.installation.certificates.serving.facts)
    #expect(serving.signerFingerprints == [ca.fingerprint])
    #expect(serving.leaf?.notAfter == ca.notAfter)
    #expect(world.isServed)
  }

  @Test func `a CA is rotated step by step without a gap`() {
    var world = goWorld()
    _ = world.finish()
    let old = world.hub.installation.certificates.ca.leaf
    func certificates() -> CertificateObservations { world.hub.installation.certificates }
    func advance(_ other: OtherController? = nil) {
      if let other { world.step(other) }
      for _ in 0..<5 {
        for patch in world.plan.patches {
          world.apply(patch)
          #expect(world.isServed)
        }
        world.round()
      }
      #expect(world.plan.isAtRest)
    }
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["metadata": ["annotations": [GatewayAnnotations.rotateCA: "now"]]])
    advance()
    let next = certificates().nextCA.leaf
    #expect(next != nil)
    #expect(certificates().bundle.count == 2)
    #expect(certificates().serving.facts?.signerFingerprints.contains(old?.fingerprint ?? "") == true)
    advance(.time)
    #expect(certificates().serving.facts?.signerFingerprints == next.map { Set([$0.fingerprint]) })
    #expect(certificates().ca.leaf == old)
    #expect(world.codes.contains("OldCAStillTrusted"))
    advance(.endpoints)
    advance(.time)
    #expect(certificates().bundle.count == 2)
    #expect(world.plan.endpointProbes.count == 3)
    #expect(world.rotating?["status"] == "True")
    world.step(.probes)
    // Another replica may have written the next CA: with an older view of the Secret no CA is removed from the bundle.
    let signer = ObjectKey(
      Secret.type, namespace: ManagerIdentity().namespace, name: ManagerIdentity().signerSecretName)
    let drop = world.plan.patches.first { $0.target.type == APIService.type }
    #expect(drop?.dependency == signer)
    guard
      case .uidAndResourceVersion? = world.plan.patches.first(where: { $0.target == signer })?.precondition
    else {
      Issue.record("nothing ties the bundle to the Secret: \(world.plan.patches)")
      return
    }
    advance()
    #expect(certificates().bundle.count == 1)
    #expect(certificates().bundle.first == next)
    #expect(certificates().ca.leaf == next)
    #expect(certificates().nextCA == .absent)
    #expect(!world.codes.contains("OldCAStillTrusted"))
    #expect(world.rotating?["status"] == "False")
  }

  @Test func `an annotation rotates once for each value`() {
    var world = runningWorld()
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    func leaf() -> String? { world.hub.installation.certificates.serving.leaf?.fingerprint }
    let first = leaf()
    world.merge(key, ["metadata": ["annotations": [GatewayAnnotations.rotateServing: "one"]]])
    #expect(settle(&world))
    let second = leaf()
    #expect(second != first)
    world.now += 60
    #expect(world.plan.isAtRest)
    world.merge(key, ["metadata": ["annotations": [GatewayAnnotations.rotateServing: "two"]]])
    #expect(settle(&world))
    #expect(leaf() != second)
    world.merge(key, ["metadata": ["annotations": [GatewayAnnotations.rotateCA: "one"]]])
    #expect(settle(&world))
    #expect(world.hub.installation.certificates.nextCA.leaf != nil)
    let old = world.hub.installation.certificates.ca.leaf
    #expect(finish(&world))
    #expect(world.hub.installation.certificates.ca.leaf != old)
    #expect(world.hub.installation.certificates.nextCA == .absent)
    #expect(world.plan.isAtRest)
  }

  /// Interleavings of the writes of two managers that know nothing of each other.
  @Test func `two managers that start at once agree on one CA`() {
    for order in [0b0101_0101, 0b0011_0011, 0b0000_1111] {
      var random = SeededGenerator(seed: UInt64(order))
      var shared = World(seed: 1)
      shared.prepare(setup)
      // The certificates that each has issued and its pending writes, from its last view.
      var issued: [[IssuedCertificate]] = [[], []]
      var waiting: [ArraySlice<ObjectPatch>] = [[], []]
      var requests: [[CertificateRequest]] = [[], []]
      for turn in 0..<60 {
        // The order's bits decide who comes first; after that it is random.
        let who = turn < 8 ? (order >> turn) & 1 : Int.random(in: 0...1, using: &random)
        shared.issued = issued[who]
        if let patch = waiting[who].popFirst() {
          // Like the operator, a manager stops at the first refusal and reads again.
          if !shared.apply(patch) { waiting[who] = [] }
        } else {
          if !requests[who].isEmpty {
            shared.serial += 1
            issued[who] = shared.issue(requests[who])
          }
          shared.issued = issued[who]
          let plan = shared.plan
          waiting[who] = plan.patches[...]
          requests[who] = plan.certificateRequests
        }
        shared.issued = []
        let certificates = shared.hub.installation.certificates
        if let signers = certificates.serving.facts?.signerFingerprints, !certificates.bundle.isEmpty {
          #expect(!signers.isDisjoint(with: certificates.bundle.map(\.fingerprint)), "order \(order)")
        }
      }
      shared.finish()
      let certificates = shared.hub.installation.certificates
      #expect(certificates.bundle.count == 1, "order \(order)")
      #expect(certificates.bundle.first == certificates.ca.leaf, "order \(order)")
      #expect(certificates.ca.facts?.keyMatches == true, "order \(order)")
      #expect(
        certificates.serving.facts?.signerFingerprints
          == certificates.ca.leaf.map { [$0.fingerprint] },
        "order \(order)")
    }
  }
}
