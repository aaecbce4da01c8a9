import Foundation
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing
import Website

@Suite struct WebsiteTests {
  private func scene() throws -> ControllerScene<Website, DNSChange> {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var server = MemoryAPIServer(at: now)
    server.register(Website.type, table: FieldTable(openAPISchema: Website.schema))
    let site = Website(
      metadata: ObjectMeta(name: "shop", namespace: "default"), image: "shop:1", host: "shop.example.com")
    _ = server.handle(.create(site.key, site.json), at: now)
    return ControllerScene(Website.controller, on: server, at: now)
  }

  private let key = ObjectKey(Website.type, namespace: "default", name: "shop")

  @Test func `a website gets a Deployment, a Service and a DNS record`() throws {
    var scene = try scene()
    try scene.settle()
    let deployment = scene.server.object(Deployment.self, namespace: "default", name: "shop")
    #expect(deployment?.spec.template.spec.containers.map(\.image) == ["shop:1"])
    #expect(scene.server.object(Service.self, namespace: "default", name: "shop") != nil)
    #expect(scene.performed == [.publish(host: "shop.example.com")])
    #expect(scene.plan(for: key).isAtRest)
    #expect(scene.refusals.isEmpty && scene.findings.isEmpty)
  }

  @Test func `its condition follows the pods, and its transition time the status alone`() throws {
    var scene = try scene()
    try scene.settle()
    func available() -> JSONValue? {
      scene.server.object(key)?.json.value(at: "status", "conditions")?.array?.first
    }
    let before = available()
    #expect(before?["status"] == "False")
    scene.time += 60
    _ = scene.server.handle(
      .mergePatch(
        ObjectKey(Deployment.type, namespace: "default", name: "shop"), ["status": ["availableReplicas": 1]],
        subresource: "status"), at: scene.time)
    try scene.settle()
    #expect(available()?["status"] == "True")
    #expect(available()?["lastTransitionTime"] != before?["lastTransitionTime"])
    let after = available()
    scene.time += 60
    try scene.settle()
    #expect(available() == after)
  }

  @Test func `what is changed or deleted by others is put back`() throws {
    var scene = try scene()
    try scene.settle()
    let deployment = ObjectKey(Deployment.type, namespace: "default", name: "shop")
    _ = scene.server.handle(.mergePatch(deployment, ["spec": ["replicas": 5]]), at: scene.time)
    _ = scene.server.handle(
      .delete(ObjectKey(Service.type, namespace: "default", name: "shop")), at: scene.time)
    try scene.settle()
    #expect(scene.server.object(Deployment.self, namespace: "default", name: "shop")?.spec.replicas == 1)
    #expect(scene.server.object(Service.self, namespace: "default", name: "shop") != nil)
  }

  @Test func `a website that is deleted goes once its DNS record is withdrawn`() throws {
    var scene = try scene()
    try scene.settle()
    _ = scene.server.handle(.delete(key), at: scene.time)
    #expect(scene.server.object(key) != nil)
    try scene.settle()
    #expect(scene.performed.last == .withdraw(host: "shop.example.com"))
    #expect(scene.server.object(key) == nil)
    #expect(scene.server.object(Deployment.self, namespace: "default", name: "shop") == nil)
  }

  @Test func `a Deployment of another's is reported and left alone`() throws {
    var scene = try scene()
    let foreign = Deployment(
      metadata: ObjectMeta(name: "shop", namespace: "default"),
      spec: DeploymentSpec(
        selector: LabelSelector(matchLabels: ["a": "b"]),
        template: PodTemplateSpec(
          metadata: TemplateMeta(labels: ["a": "b"]),
          spec: PodSpec(containers: [Container(name: "a", image: "a")]))))
    _ = scene.server.handle(
      .create(foreign.key, foreign.json, options: WriteOptions(fieldManager: "helm")), at: scene.time)
    let before = try #require(scene.server.object(foreign.key))
    try scene.settle()
    #expect(scene.server.object(foreign.key) == before)
    #expect(scene.findings.map(\.code) == [.foreignObject])
  }

  @Test func `nothing is said of a website before all its objects were listed`() throws {
    var scene = try scene()
    try scene.settle()
    var cache = ControllerCache(Website.controller)
    _ = cache.insert(try #require(scene.server.object(key)))
    let websites = ObjectSelection(Website.type)
    #expect(cache.setObserved(websites, true) == [key] && !cache.isReady)
    let early = Website.controller.reconcile(
      key, in: cache, performed: Set(scene.performed), at: scene.time)
    #expect(early.plan.patches.isEmpty)
    #expect(early.plan.findings.map(\.code) == [.rightsMissing])
    // A kind that is forbidden holds up the rest no longer.
    for selection in Website.controller.selections where selection != websites {
      _ = cache.setObserved(selection, false)
    }
    #expect(cache.isReady)
  }

  private func exploration(_ controller: Controller<Website, DNSChange>) throws
    -> ControllerExploration<Website, DNSChange>
  {
    let begin = try scene()
    let start = ControllerScene(controller, on: begin.server, at: begin.time)
    return ControllerExploration(
      start, events: [.init("the website is deleted") { _ = $0.handle(.delete(self.key), at: $1) }],
      atRest: { server, effects in
        if server.object(self.key) != nil { return "the website is still there" }
        return effects.contains { if case .publish = $0 { true } else { false } }
          && effects.last != .withdraw(host: "shop.example.com") ? "the DNS record is left" : nil
      })
  }

  @Test func `no fault leaves a DNS record behind`() throws {
    let report = try exploration(Website.controller).run()
    #expect(report.violation == nil && report.isExhausted, "\(report)")
  }

  @Test func `a record that is published without a finalizer is found to be left behind`() throws {
    let careless = Controller(Website.self, effects: DNSChange.self, fieldManager: "website-operator") {
      site in
      _ = site.perform(.publish(host: site.object.host))
    }
    let violation = try #require(try exploration(careless).run().violation)
    #expect(violation.problem == "the DNS record is left")
  }

  @Test func `a controller that doesn't look at what it makes is found not to come to rest`() throws {
    let blind = Controller(Website.self, effects: DNSChange.self, fieldManager: "website-operator") { site in
      site.ensure(
        ConfigMap(
          metadata: ObjectMeta(
            name: site.object.metadata.name + "-\(site.performed.count)",
            namespace: site.object.metadata.namespace), data: ["at": "\(site.now)"]))
    }
    let violation = try #require(try exploration(blind).run().violation)
    #expect(violation.problem.contains("does not come to rest"), "\(violation)")
  }
}
