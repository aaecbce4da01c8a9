import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeReconcile
import Testing

/// The gateway serves: its APIService is created after its pods, and pods that serve nothing are
/// restarted.
@Suite struct ServingTests {
  private let service = ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev")
  private let deployment = ObjectKey(Deployment.type, namespace: "vela-system", name: "gateway-deployment")
  private let configuration = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")

  private func world(isInstalled: Bool = true) -> World {
    var world = World()
    world.prepare(Setup())
    if isInstalled {
      let hasConverged = world.converge()
      #expect(hasConverged)
    }
    return world
  }

  private func condition(_ type: JSONValue, _ world: World) -> JSONValue? {
    world.read(configuration)?.value(at: "status", "conditions")?.array?.first { $0["type"] == type }
  }

  private func available(_ world: World) -> JSONValue? { condition("Available", world) }

  private func template(_ world: World) -> JSONValue? {
    world.read(deployment)?.value(at: "spec", "template")
  }

  private func restartedAt(_ world: World) -> String? {
    template(world)?.value(at: "metadata", "annotations", GatewayAnnotations.restartedAt)?.string
  }

  private func probe(_ world: World) -> JSONValue? {
    template(world)?.value(at: "spec", "containers")?.array?.first?["readinessProbe"]
  }

  /// The gateway's answer to the current probe.
  private func answer(_ world: inout World, serves: Bool) throws {
    let serving = try #require(world.plan.servingProbe)
    world.serving = ServingObservation(probe: serving, serves: serves)
  }

  @Test func `the APIService is created once a pod of the gateway is ready`() {
    var world = world(isInstalled: false)
    #expect(convergeManager(&world))
    #expect(world.read(deployment) != nil)
    #expect(world.read(service) == nil)
    #expect(world.plan.findings.contains { $0.code == "GatewayNotAvailable" })
    // Ready pods of a former template don't count.
    let ready: JSONValue = ["observedGeneration": 0, "replicas": 3, "readyReplicas": 1]
    world.setStatus(deployment, ready, as: "kube-controller-manager")
    #expect(world.plan.changesNothing)
    world.setStatus(
      deployment, ["observedGeneration": 1, "replicas": 3, "readyReplicas": 1], as: "kube-controller-manager")
    #expect(world.changes.map(\.target) == [service])
    #expect(convergeManager(&world))
    #expect(world.read(service) != nil)
  }

  @Test func `an APIService that is there stays while no pod is ready`() {
    var world = world()
    world.setStatus(deployment, ["observedGeneration": 1], as: "kube-controller-manager")
    world.merge(service, ["spec": ["versionPriority": 11]])
    #expect(convergeManager(&world))
    #expect(world.read(service)?.value(at: "spec", "versionPriority") == 10)
  }

  @Test func `an aggregator that gives no reason is reported to give none`() {
    var world = world()
    world.setStatus(
      service,
      [
        "conditions": [["type": "Available", "status": "True", "lastTransitionTime": "2026-11-22T17:00:00Z"]]
      ], as: "kube-apiserver")
    #expect(convergeManager(&world))
    #expect(condition("APIServiceAvailable", world)?["status"] == "True")
    #expect(condition("APIServiceAvailable", world)?["reason"] == "ReasonMissing")
  }

  @Test func `a gateway that answers nothing but 503 is restarted, once in five minutes`() throws {
    var world = world()
    #expect(available(world)?["status"] == "True")
    try answer(&world, serves: false)
    let plan = world.plan
    #expect(plan.findings.contains { $0.code == "GatewayNotServing" && $0.severity == .error })
    #expect(convergeManager(&world))
    let first = try #require(restartedAt(world))
    #expect(first == Timestamp(world.now).description)
    #expect(available(world)?["status"] == "False")
    #expect(available(world)?["reason"] == "GatewayNotServing")

    // While the pods are replaced the verdict stays, and nothing is restarted.
    try answer(&world, serves: false)
    #expect(world.plan.changesNothing)
    world.step(.rollout)
    #expect(convergeManager(&world))
    #expect(available(world)?["reason"] == "GatewayNotServing")
    try answer(&world, serves: false)
    #expect(world.changes == [])
    #expect(world.plan.requeueAfter.map { $0 <= .seconds(300) } ?? false)
    world.now += 299
    #expect(world.changes == [])
    world.now += 1
    #expect(convergeManager(&world))
    #expect(restartedAt(world) != first)

    world.step(.rollout)
    try answer(&world, serves: true)
    #expect(convergeManager(&world))
    #expect(available(world)?["reason"] == "GatewayAvailable")
    #expect(world.plan.servingProbe == nil)
    let last = restartedAt(world)
    world.merge(configuration, ["spec": ["replicas": 2]])
    #expect(converge(&world))
    #expect(restartedAt(world) == last)
  }

  @Test func `without an answer, or with one about other pods, nothing is restarted`() throws {
    var world = world()
    #expect(world.plan.changesNothing)
    try answer(&world, serves: false)
    world.merge(deployment, ["status": ["readyReplicas": 2]], subresource: "status")
    #expect(world.plan.changesNothing)
    #expect(world.plan.servingProbe != world.serving?.probe)
  }

  @Test func `a time of a restart that no clock can have noted keeps nothing from being restarted`() throws {
    for noted in ["soon", "2999-01-01T00:00:00Z"] {
      var world = world()
      world.merge(
        deployment,
        [
          "spec": [
            "template": [
              "metadata": ["annotations": .object([GatewayAnnotations.restartedAt: .string(noted)])]
            ]
          ]
        ])
      #expect(converge(&world))
      try answer(&world, serves: false)
      #expect(convergeManager(&world))
      #expect(restartedAt(world) == Timestamp(world.now).description)
    }
  }

  @Test func `nothing is asked of a gateway whose lists always fail`() {
    var world = world()
    world.merge(
      configuration,
      ["spec": ["image": "oamdev/cluster-gateway:v1.9.1", "featureGates": ["OCMClusterCache": false]]])
    #expect(converge(&world))
    #expect(world.plan.servingProbe == nil)
  }

  // MARK: The readiness probe

  @Test func `a new gateway has a readiness probe`() {
    let probe = probe(world())
    #expect(probe?.value(at: "httpGet", "path") == "/readyz")
    #expect(probe?.value(at: "httpGet", "port") == 9443)
    #expect(probe?.value(at: "httpGet", "scheme") == "HTTPS")
  }

  @Test func `pods that were taken over get their probe with the next roll-out, and keep it`() {
    var world = World()
    var setup = Setup()
    world.prepare(setup, isDefault: false)
    world.installAsGoManager(setup, clusters: [])
    #expect(converge(&world))
    #expect(probe(world) == nil)
    setup.replicas = 2
    world.configure(setup)
    #expect(converge(&world))
    #expect(probe(world) == nil)
    setup.image = "oamdev/cluster-gateway:v1.9.1"
    world.configure(setup)
    #expect(converge(&world))
    #expect(probe(world) != nil)
    setup.replicas = 3
    world.configure(setup)
    #expect(converge(&world))
    #expect(probe(world) != nil)
  }
}
