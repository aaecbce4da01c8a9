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

@Suite struct FreshHubTests {
  @Test func `a fresh hub converges in four rounds, and again after every step`() {
    var world = World()
    world.prepare(setup)
    world.join("one")
    world.join("two")
    #expect(Set(world.plan.issuanceRequests.map(\.id)) == ["ca", "serving"])
    #expect(convergeManager(&world))
    for other in OtherController.allCases + OtherController.allCases {
      world.step(other)
      #expect(convergeManager(&world))
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
    #expect(converge(&world))
    #expect(world.object(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway") == nil)
    world.put(Document.make(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway"), as: "addon")
    #expect(converge(&world))
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
    func conditions() -> [String] {
      let addOn = world.object(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway")
      return (addOn?.json.value(at: "status", "conditions")?.array ?? []).compactMap { $0["type"]?.string }
    }
    #expect(conditions().contains("ManifestApplied"))
    #expect(convergeManager(&world))
    #expect(!conditions().contains("ManifestApplied") && conditions().contains("RegistrationApplied"))
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
    #expect(world.plan.issuanceRequests == [])
    #expect(convergeManager(&world))
    #expect(converge(&world))
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
    #expect(world.plan.issuanceRequests.map(\.id) == ["serving"])
    #expect(convergeManager(&world))
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
    #expect(convergeManager(&world))
    #expect(world.codes.contains("ForeignAPIService"))
    #expect(world.read(key) == before)
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
    #expect(converge(&world))
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

  @Test(arguments: [
    "vela-system", "open-cluster-management-credentials", "open-cluster-management-addon", "proxies",
  ])
  func `a cluster that is named like a namespace of the gateway or its manager is an error`(name: String) {
    var setup = setup
    setup.proxyNamespace = "proxies"
    var world = runningWorld(setup)
    world.join(name)
    #expect(converge(&world))
    #expect(world.object(ManagedClusterAddOn.type, namespace: name, name: "cluster-gateway") == nil)
    #expect(world.findings("ClusterNameReserved").map(\.severity) == [.error])
    world.merge(
      ObjectKey(ManagedCluster.type, name: name),
      ["metadata": ["annotations": .fields([OCMAnnotations.disableAutomaticInstallation: "true"])]])
    #expect(world.plan.changesNothing && world.findings("ClusterNameReserved").isEmpty)
  }

  @Test func `a served cluster whose namespace becomes the proxy's loses its credential and add-on`() {
    var world = runningWorld()
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["egress": ["clusterProxy": ["credentials": ["namespace": "one"]]]]])
    #expect(converge(&world))
    #expect(world.findings("ClusterNameReserved").map(\.severity) == [.error])
    #expect(world.gatewaySecret("one") == nil)
    #expect(world.object(ManagedClusterAddOn.type, namespace: "one", name: "cluster-gateway") == nil)
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
    #expect(converge(&world))
    #expect(world.condition("Available", of: "one")?["status"] == "Unknown")
    world.put(Document.cluster("one"), as: "registration")
    #expect(converge(&world))
    #expect(world.condition("Available", of: "one")?["status"] == "True")
    #expect(world.condition("ManifestApplied", of: "one")?["lastTransitionTime"] == time)
  }

  @Test func `nothing is created again after the add-on is deleted`() {
    var world = runningWorld()
    world.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway"))
    world.collectGarbage()
    #expect(world.changes == [] && world.plan.issuanceRequests == [])
    #expect(world.gatewaySecret("one") == nil)
  }
}
