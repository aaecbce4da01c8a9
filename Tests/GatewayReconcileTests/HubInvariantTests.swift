import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import OCMSimulator
import Testing

/// The invariants detect single changes of a converged hub.
@Suite struct HubInvariantTests {
  private static let deployment = ObjectKey(
    Deployment.type, namespace: setup.installNamespace, name: GatewayNames.deployment)
  private static let gatewaySecret = ObjectKey(Secret.type, namespace: setup.secretNamespace, name: "one")

  private func violations(from before: World, to after: World, unserved: Set<String> = []) -> [String] {
    var invariants = HubInvariants()
    invariants.keepsUnusedCredentials = true
    invariants.unserved = unserved
    return invariants.violations(from: before.facts, to: after.facts)
  }

  private func violations(_ world: World = runningWorld(), _ change: (inout World) -> Void) -> [String] {
    #expect(violations(from: world, to: world) == [])
    var after = world
    change(&after)
    return violations(from: world, to: after)
  }

  @Test(arguments: [
    (ObjectKey(Service.type, namespace: setup.installNamespace, name: GatewayNames.service), "Service"),
    (
      ObjectKey(ServiceAccount.type, namespace: setup.installNamespace, name: GatewayNames.serviceAccount),
      "ServiceAccount"
    ),
    (
      ObjectKey(Role.type, namespace: setup.secretNamespace, name: GatewayNames.role),
      "may no longer read \(setup.secretNamespace)"
    ),
    (gatewaySecret, "the live cluster one has lost its credential"),
    (
      ObjectKey(Secret.type, namespace: setup.installNamespace, name: setup.clientSecret),
      "mounts Secret \(setup.installNamespace)/\(setup.clientSecret), which is gone"
    ),
    (
      ObjectKey(Secret.type, namespace: setup.installNamespace, name: GatewayNames.servingSecret),
      "there is no serving certificate"
    ),
    (ObjectKey(APIService.type, name: GatewayNames.apiService), "there is no APIService"),
  ]) func `an object that serves stays`(key: ObjectKey, words: String) {
    let found = violations { $0.delete(key) }
    #expect(found.contains { $0.contains(words) }, "\(found)")
  }

  @Test func `a credential may go with its account`() {
    var world = runningWorld()
    world.delete(ObjectKey(ManagedServiceAccount.type, namespace: "one", name: account))
    #expect(violations(world) { $0.delete(Self.gatewaySecret) } == [])
  }

  @Test func `the credential of a cluster that needn't be served may go`() {
    let world = runningWorld()
    var after = world
    after.delete(Self.gatewaySecret)
    #expect(violations(from: world, to: after, unserved: ["one"]) == [])
  }

  @Test func `no CA leaves the bundle while a leaf under it is served`() {
    let found = violations { world in
      let ca = SimulatedPKI.line(
        serial: "s9", issuer: "s9", from: world.now, to: world.now + 86_400, isCA: true)
      world.merge(
        ObjectKey(APIService.type, name: GatewayNames.apiService),
        ["spec": ["caBundle": .string(Document.base64(ca))]])
    }
    #expect(found.contains { $0.contains("is no longer trusted") }, "\(found)")
    #expect(found.contains { $0.contains("the gateway was served, and isn't any more") }, "\(found)")
  }

  @Test func `the gateway isn't rolled out with a Secret that isn't there`() {
    let found = violations { world in
      let volumes = world.template?.value(at: "spec", "volumes")?.array ?? []
      let absent: JSONValue = ["name": "absent", "secret": ["secretName": "absent"]]
      world.merge(
        Self.deployment, ["spec": ["template": ["spec": ["volumes": .array(volumes + [absent])]]]])
    }
    #expect(found.contains { $0.contains("rolled out with Secrets that aren't there") }, "\(found)")
  }

  @Test func `the tunnel's flags stay while a Secret leads through it`() {
    let found = violations { world in
      var containers = world.template?.value(at: "spec", "containers")?.array ?? []
      for index in containers.indices {
        let arguments = containers[index]["args"]?.array ?? []
        containers[index]["args"] = .array(
          arguments.filter { !($0.string?.hasPrefix("--proxy-") ?? false) })
      }
      world.merge(Self.deployment, ["spec": ["template": ["spec": ["containers": .array(containers)]]]])
    }
    #expect(found.contains { $0.contains("the tunnel's flags are dropped") }, "\(found)")
  }

  @Test func `no Secret is led into a tunnel that the pods don't know`() {
    let found = violations(runningWorld(Setup(egress: "Direct"))) { world in
      let labels: JSONValue = .fields([
        GatewayLabels.endpointType: .string(GatewayEndpointType.clusterProxy.rawValue)
      ])
      world.merge(Self.gatewaySecret, ["metadata": ["labels": labels]])
    }
    #expect(found.contains { $0.contains("is led into the tunnel") }, "\(found)")
  }
}
