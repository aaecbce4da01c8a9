import Foundation
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeKindsEvents
import KubeMemory
import KubeOperator
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import Logging
import Synchronization
import Testing
import Website

@Suite struct WebsiteDetailTests {
  private let site = Website(
    metadata: ObjectMeta(name: "shop", namespace: "default"),
    spec: .init(host: "shop.example.com", image: "shop:1"))

  func harness() throws -> ControllerHarness<Website, DNSChange> {
    var harness = try ControllerHarness(
      Website.controller, definitions: [Website.definition], at: Date(timeIntervalSince1970: 1_800_000_000))
    try harness.create(site)
    return harness
  }

  private let key = ObjectKey(Website.type, namespace: "default", name: "shop")

  @Test func `an operator that owns Websites compares them by their own field table`() {
    let owner = Controller(ConfigMap.self, fieldManager: "test") { _ in }.owns(Website.self)
    #expect(owner.tables[Website.type.groupKind] != nil)
  }

  @Test func `a website gets a Deployment, a Service and a DNS record`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    let deployment = harness.server.object(Deployment.self, namespace: "default", name: "shop")
    #expect(deployment?.spec.template.spec.containers.map(\.image) == ["shop:1"])
    #expect(harness.server.object(Service.self, namespace: "default", name: "shop") != nil)
    #expect(harness.performed == [.publish(host: "shop.example.com")])
    let website = harness.object(Website.self, namespace: "default", name: "shop")
    #expect(website?.status.url == "http://shop.example.com")
    #expect(harness.plan(for: key).changesNothing)
    #expect(harness.refusals.isEmpty && harness.findings.isEmpty)
  }

  @Test func `a status field that the definition doesn't declare is reported, and the rest written`() throws {
    let typo = Controller(Website.self, effects: DNSChange.self, fieldManager: "typo") { site in
      site.setStatus("condition", "typo")
      site.setCondition("Available", .true, reason: "Tested", message: "it is there")
    }
    var harness = try ControllerHarness(
      typo, definitions: [Website.definition], at: Date(timeIntervalSince1970: 1_800_000_000))
    try harness.create(site)
    try harness.runUntilConverged()
    #expect(harness.conditions(of: Website.self, namespace: "default", name: "shop").isTrue("Available"))
    #expect(harness.refusals.isEmpty)
    let finding = try #require(harness.findings.first)
    #expect(finding.code == .undeclaredField)
    #expect("\(finding)".contains("status.condition is not a field of Website"), "\(finding)")
    #expect("\(finding)".contains("did you mean \"conditions\"?"), "\(finding)")
  }

  @Test func `the program's rights include its Lease and its Events`() {
    let rights = OperatorGroup.rights(
      of: Website.controller, leaderElection: .lease("website-operator", namespace: "default"))
    func allows(_ verb: String, _ group: String, _ resource: String, namespace: String, name: String) -> Bool
    {
      rights.allow(
        .resource(
          ResourceAccess(verb: verb, group: group, resource: resource, namespace: namespace, name: name)))
    }
    let lease = ("coordination.k8s.io", "leases")
    #expect(allows("patch", lease.0, lease.1, namespace: "default", name: "website-operator"))
    #expect(allows("create", lease.0, lease.1, namespace: "default", name: ""))
    #expect(!allows("patch", lease.0, lease.1, namespace: "default", name: "another"))
    #expect(!allows("patch", lease.0, lease.1, namespace: "kube-system", name: "website-operator"))
    #expect(allows("create", "events.k8s.io", "events", namespace: "shop", name: ""))
    #expect(allows("patch", "apps", "deployments", namespace: "shop", name: "shop"))
  }

  @Test func `a program limited to a namespace needs no right in another`() {
    let limited = Controller(
      Website.self, effects: DNSChange.self, fieldManager: "website-operator", namespace: "shop"
    ) { _ in }
    .owns(Deployment.self)
    let rights = OperatorGroup.rights(
      of: limited, leaderElection: .lease("website-operator", namespace: "ops"))
    #expect(Set(rights.map(\.namespace)) == ["shop", "ops"])
    let account = ObjectKey(ServiceAccount.type, namespace: "ops", name: "website-operator")
    let roles = rights.roles(named: "website-operator", for: account)
    #expect(
      roles.map { "\($0.key.type.kind) in \($0.key.namespace ?? "none")" }
        == ["Role in ops", "RoleBinding in ops", "Role in shop", "RoleBinding in shop"])
    #expect(
      roles.last?.json.value(at: "subjects")
        == [["kind": "ServiceAccount", "name": "website-operator", "namespace": "ops"]])
  }

  @Test func `its condition follows the pods, and its transition time the status alone`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    func available() -> JSONValue? {
      harness.server.object(key)?.json.value(at: "status", "conditions")?.array?.first
    }
    let before = available()
    #expect(before?["status"] == "False")
    harness.time += 60
    try harness.patch(
      Deployment.self, namespace: "default", name: "shop", subresource: "status",
      ["status": ["availableReplicas": 1]])
    try harness.runUntilConverged()
    #expect(available()?["status"] == "True")
    #expect(available()?["lastTransitionTime"] != before?["lastTransitionTime"])
    let after = available()
    harness.time += 60
    try harness.runUntilConverged()
    #expect(available() == after)
  }

  @Test func `what is changed or deleted by others is put back`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    try harness.patch(Deployment.self, namespace: "default", name: "shop", ["spec": ["replicas": 5]])
    try harness.delete(Service.self, namespace: "default", name: "shop")
    try harness.runUntilConverged()
    #expect(harness.server.object(Deployment.self, namespace: "default", name: "shop")?.spec.replicas == 1)
    #expect(harness.server.object(Service.self, namespace: "default", name: "shop") != nil)
  }

  @Test func `a website that is deleted goes once its DNS record is withdrawn`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    try harness.delete(Website.self, namespace: "default", name: "shop")
    #expect(harness.server.object(key) != nil)
    try harness.runUntilConverged()
    #expect(harness.performed.last == .withdraw(host: "shop.example.com"))
    #expect(harness.server.object(key) == nil)
    #expect(harness.server.object(Deployment.self, namespace: "default", name: "shop") == nil)
  }

  @Test func `a Deployment of another's is reported and left alone`() throws {
    var harness = try harness()
    let foreign = Deployment(
      metadata: ObjectMeta(name: "shop", namespace: "default"),
      spec: DeploymentSpec(
        selector: LabelSelector(matchLabels: ["a": "b"]),
        template: PodTemplateSpec(
          metadata: TemplateMeta(labels: ["a": "b"]),
          spec: PodSpec(containers: [Container(name: "a", image: "a")]))))
    try harness.create(foreign)
    let before = try #require(harness.server.object(foreign.key))
    try harness.runUntilConverged()
    #expect(harness.server.object(foreign.key) == before)
    #expect(harness.findings.map(\.code) == [.foreignObject])
  }

  @Test func `nothing is said of a website before all its objects were listed`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    var cache = ControllerCache(Website.controller)
    _ = cache.insert(try #require(harness.server.object(key)))
    let websites = ObjectSelection(Website.type)
    #expect(cache.setObserved(listed: [websites], refused: []).concernsEveryKey && !cache.isReady)
    let early = Website.controller.reconcile(
      key, in: cache, performed: Set(harness.performed), at: harness.time)
    #expect(early.plan == Plan())
    // A forbidden kind no longer blocks the rest.
    let others = Set(Website.controller.selections).subtracting([websites])
    _ = cache.setObserved(listed: [websites], refused: others)
    #expect(cache.isReady)
    let later = Website.controller.reconcile(
      key, in: cache, performed: Set(harness.performed), at: harness.time)
    #expect(later.plan.findings.map(\.code) == [.rightsMissing])
  }

  @Test(.timeLimit(.minutes(5)))
  func `a running operator does the same under its own rights, and records Events`()
    async throws
  {
    var harness = try harness()
    let name = "website-operator"
    let account = ObjectKey(ServiceAccount.type, namespace: "default", name: name)
    for object in OperatorGroup.rights(of: Website.controller).roles(named: name, for: account) {
      try harness.send(.create(object.key, object.json))
    }
    harness.server.setAuthorization(.rbac, at: harness.time)
    let cluster = InMemoryCluster(harness.server)
    let user = APIUser.serviceAccount(namespace: "default", name: name)
    let client = KubeClient(cluster, fieldManager: "test")
    let changes = Mutex<[DNSChange]>([])
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let runner = ControllerRunner(
      Website.controller, client: KubeClient(cluster.transport(as: user), fieldManager: name),
      options: .init(eventInstance: "test"), logger: logger
    ) { change in changes.withLock { $0.append(change) } }
    let work = Task {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await runner.run() }
        group.addTask { try await SimulatedControllers.workloads().run(on: client, every: .milliseconds(5)) }
        try await group.waitForAll()
      }
    }
    defer { work.cancel() }
    try await cluster.eventually("the website is available") { [key] server in
      let conditions = server.object(key)?.json.value(at: "status", "conditions")?.array
      return conditions?.first?["status"] == "True"
    }
    try await cluster.eventually("an Event says so") {
      $0.objects(KubeKindsEvents.Event.self).contains { $0.reason == "PodsReady" }
    }
    try await client.delete(key)
    try await cluster.eventually("the website is gone") { [key] in $0.object(key) == nil }
    #expect(
      changes.withLock { $0 } == [
        .publish(host: "shop.example.com"), .withdraw(host: "shop.example.com"),
      ])
  }
}

extension WebsiteDetailTests {
  @Test func `a website that has lost its finalizer is not cleaned up again`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    // Another finalizer keeps the object, as for a foreground deletion.
    try harness.patch(
      Website.self, namespace: "default", name: "shop", ["metadata": ["finalizers": ["example.com/other"]]])
    try harness.delete(Website.self, namespace: "default", name: "shop")
    harness.forgetPerformed()
    try harness.runUntilConverged()
    #expect(!harness.history.contains(.withdraw(host: "shop.example.com")))
    #expect(harness.object(Website.self, namespace: "default", name: "shop") != nil)
  }

  @Test func `a status is written while an effect is awaited`() throws {
    let patient = Controller(Website.self, effects: DNSChange.self, fieldManager: "website-operator") {
      site in
      let isPublished = site.perform(.publish(host: site.object.spec.host))
      site.setCondition(
        "Published", isPublished ? .true : .false, reason: isPublished ? "Done" : "Pending",
        message: "see DNS")
    }
    var harness = try ControllerHarness(
      patient, definitions: [Website.definition], at: Date(timeIntervalSince1970: 1_800_000_000))
    try harness.create(
      Website(
        metadata: ObjectMeta(name: "shop", namespace: "default"),
        spec: .init(host: "shop.example.com", image: "shop:1")))
    let plan = harness.plan(for: ObjectKey(Website.type, namespace: "default", name: "shop"))
    #expect(plan.effects.count == 1 && plan.patches.map(\.subresource) == ["status"])
  }
}
