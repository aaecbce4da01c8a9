import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsApps
import KubeReconcile
import Testing

/// A gateway of any version starts: it gets the gates and flags that it supports.
@Suite struct GatewayOptionsTests {
  private func finished(_ image: String, egress: String = "ClusterProxy") -> World {
    var setup = Setup()
    setup.image = image
    setup.egress = egress
    var world = World()
    world.prepare(setup)
    let hasConverged = world.converge()
    #expect(hasConverged)
    return world
  }

  private func gates(_ world: World) -> String? {
    World.arguments(world.servingDeployment).first { $0.hasPrefix("--feature-gates=") }
  }

  @Test(arguments: [
    ("v1.1.11", "HealthinessCheck=true"), ("v1.3.0", "HealthinessCheck=true,SecretCache=true"),
    ("v1.9.1", "HealthinessCheck=true,SecretCache=true"),
    ("latest", "HealthinessCheck=true,SecretCache=true"),
  ])
  func `a gateway gets the gates of its version`(tag: String, gates: String) {
    let world = finished("oamdev/cluster-gateway:\(tag)")
    #expect(self.gates(world) == "--feature-gates=\(gates)")
    let release = GatewayRelease(image: "oamdev/cluster-gateway:\(tag)")
    for argument in World.arguments(world.servingDeployment) {
      let flag = argument.split(separator: "=").first.map { String($0) } ?? ""
      #expect(release.support(ofFlag: flag) == .known, "\(argument)")
    }
  }

  @Test func `a version without any known gate gets no such flag`() {
    #expect(gates(finished("oamdev/cluster-gateway:v1.0.0")) == nil)
  }

  @Test func `gates that work are taken over, and go with another image`() {
    var world = World()
    var setup = Setup()
    world.prepare(setup, isDefault: false)
    world.installAsGoManager(setup, clusters: [])
    #expect(converge(&world))
    #expect(gates(world) == "--feature-gates=HealthinessCheck=true,SecretCache=true")
    #expect(world.servingDeployment?.value(at: "metadata", "generation") == 1)
    setup.image = "mirror.example:443/cluster-gateway:v1.1.11"
    world.configure(setup)
    #expect(converge(&world))
    #expect(gates(world) == "--feature-gates=HealthinessCheck=true")
  }

  @Test func `gates of pods that none is available of are not kept`() {
    var world = World()
    let setup = Setup()
    world.prepare(setup, isDefault: false)
    world.installAsGoManager(setup, clusters: [])
    let key = ObjectKey(Deployment.type, namespace: setup.installNamespace, name: "gateway-deployment")
    world.setStatus(
      key, ["observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "unavailableReplicas": 3],
      as: "kube-controller-manager")
    #expect(convergeManager(&world))
    #expect(gates(world) == "--feature-gates=HealthinessCheck=true")
  }

  @Test(arguments: [("main", "HealthinessCheck, SecretCache"), ("v1.9.1", nil)])
  func `a roll-out that stalls names the gates that the image may not know`(tag: String, gates: String?) {
    var world = finished("oamdev/cluster-gateway:\(tag)")
    let key = ObjectKey(Deployment.type, namespace: "vela-system", name: "gateway-deployment")
    let generation = world.read(key)?.value(at: "metadata", "generation") ?? 1
    var status: JSONValue = [
      "observedGeneration": generation, "replicas": 4, "updatedReplicas": 2, "readyReplicas": 2,
      "availableReplicas": 2,
    ]
    func finding(_ code: Finding.Code) -> Finding? { world.plan.findings.first { $0.code == code } }
    world.setStatus(key, status, as: "kube-controller-manager")
    #expect(finding("GatewayStarting").map(\.severity) == (gates == nil ? nil : .awaiting))
    status["conditions"] = [
      [
        "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "",
        "lastTransitionTime": "2026-11-22T17:00:00Z",
      ]
    ]
    world.setStatus(key, status, as: "kube-controller-manager")
    let stalled = finding("GatewayRolloutStalled")
    #expect(stalled?.object == (gates == nil ? nil : key))
    #expect(stalled.map { $0.severity == .error } ?? (gates == nil))
    if let gates { #expect(stalled?.problem.hasSuffix("knows \(gates)") ?? false) }
  }
}
