import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeReconcile
import Testing

/// The objects and fields of others are left alone.
@Suite struct OwnershipTests {
  @Test
  func `a person's add-on stays when its cluster opts out, and OCM's owner reference makes it no other's`() {
    var world = World()
    world.prepare(setup)
    world.join("one")
    var object = Document.make(addOn.type, namespace: addOn.namespace, name: addOn.name)
    object["spec"] = ["installNamespace": "a-persons-choice"]
    world.put(object, as: "kubectl")
    #expect(converge(&world))
    // OCM's addon-manager, a simulated controller, has added its owner reference meanwhile.
    #expect(
      world.object(addOn.type, namespace: addOn.namespace, name: addOn.name)?.value(
        at: "metadata", "ownerReferences") != nil)
    #expect(
      world.object(addOn.type, namespace: addOn.namespace, name: addOn.name)?.value(
        at: "spec", "installNamespace")
        == "a-persons-choice")
    world.merge(
      cluster,
      ["metadata": ["annotations": .fields([OCMAnnotations.disableAutomaticInstallation: "true"])]])
    #expect(converge(&world))
    #expect(world.object(addOn.type, namespace: addOn.namespace, name: addOn.name) != nil)
    #expect(world.credential() == nil)
    #expect(!world.findings("AddOnNotServed").isEmpty)
  }

  @Test func `a Secret by which KubeVela joined a cluster is not called left over`() {
    var world = runningWorld()
    world.put(
      Document.secret(
        namespace: setup.secretNamespace, name: "joined-by-vela",
        labels: [GatewayLabels.credentialType: "X509Certificate", GatewayLabels.endpointType: "Const"],
        ["tls.key": "a person's"]), as: "vela")
    #expect(world.plan.patches == [])
    #expect(!world.plan.findings.contains { $0.object?.name == "joined-by-vela" })
  }

  @Test func `an APIService that skips verification verifies again`() {
    var world = runningWorld()
    let key = ObjectKey(APIService.type, name: GatewayNames.apiService)
    let bundle = world.object(key.type, name: key.name)?.value(at: "spec", "caBundle")
    world.merge(key, ["spec": ["insecureSkipTLSVerify": true, "caBundle": .null]])
    #expect(converge(&world))
    let spec = world.object(key.type, name: key.name)?["spec"]
    #expect(spec?["insecureSkipTLSVerify"] ?? false == false)
    #expect(spec?["caBundle"] == bundle)
  }

  @Test func `what the manager wrote before managedFields were lost is still its own`() {
    var world = runningWorld(Setup(egress: "ClusterProxy"))
    let key = ObjectKey(Deployment.type, namespace: setup.installNamespace, name: GatewayNames.deployment)
    func volumes() -> Int? {
      world.object(key.type, namespace: key.namespace, name: key.name)?
        .value(at: "spec", "template", "spec", "volumes")?.array?.count
    }
    #expect(volumes() == 3)
    world.merge(key, ["metadata": ["managedFields": [[:]]]])
    world.merge(
      ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      ["spec": ["egress": ["type": "Direct", "clusterProxy": JSONValue.null]]] as JSONValue)
    #expect(converge(&world))
    #expect(volumes() == 1)
    #expect(world.plan.patches == [])
  }

  @Test(
    arguments: [
      (Deployment.type, GatewayNames.deployment, ["spec": ["paused": true]], "spec.paused"),
      (
        ManifestWork.type, "addon-cluster-gateway-deploy-0",
        ["spec": ["deleteOption": ["propagationPolicy": "Orphan"]]], "spec.deleteOption"
      ),
      (
        ManifestWork.type, "addon-cluster-gateway-deploy-0",
        ["spec": ["executor": ["subject": ["type": "ServiceAccount"]]]], "spec.executor"
      ),
      (
        ManifestWork.type, "addon-cluster-gateway-deploy-0",
        ["spec": ["manifestConfigs": [["updateStrategy": ["type": "CreateOnly"]]]]], "spec.manifestConfigs"
      ),
      (
        ManagedServiceAccount.type, account, ["spec": ["ttlSecondsAfterCreation": 3600]],
        "spec.ttlSecondsAfterCreation"
      ),
    ] as [(ResourceType, String, JSONValue, String)])
  func `a field of another's that does harm is reported and stays`(
    type: ResourceType, name: String, change: JSONValue, path: String
  ) {
    var world = runningWorld()
    let namespace = type.kind == "Deployment" ? setup.installNamespace : "one"
    let key = ObjectKey(type, namespace: namespace, name: name)
    world.merge(key, change, as: "velero")
    #expect(converge(&world))
    let field = ["spec"] + path.split(separator: ".").dropFirst().map(String.init)
    #expect(world.object(key.type, namespace: key.namespace, name: key.name)?.value(at: field) != nil)
    let findings = world.findings("HarmfulField")
    #expect(findings.map(\.object) == [key])
    #expect(findings.first?.problem.contains(path) ?? false)
  }

  @Test func `a ManifestWork that lost its labels is found by its name and gets them back`() {
    var world = runningWorld()
    let key = ObjectKey(ManifestWork.type, namespace: "one", name: "addon-cluster-gateway-deploy-0")
    func labels() -> JSONValue? {
      world.object(key.type, namespace: key.namespace, name: key.name)?.value(at: "metadata", "labels")
    }
    let before = labels()
    world.merge(key, ["metadata": ["labels": JSONValue.null]] as JSONValue)
    #expect(labels() == nil)
    #expect(converge(&world))
    #expect(labels() == before)
  }
}
