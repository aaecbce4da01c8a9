import Foundation
import HTTPTypes
import KubeCore
import KubeKindsApps
import KubeKindsBatch
import KubeKindsCore
import KubeKindsDiscovery
import KubeMemory
import KubeTesting
import KubeTransport
import Testing

/// A cluster with simulated controllers.
struct Cluster {
  var server: MemoryAPIServer
  var now: Date
  var controllers: SimulatedControllers

  init(_ controllers: SimulatedControllers = .workloads()) {
    now = Date(timeIntervalSince1970: 1_800_000_000)
    server = MemoryAPIServer(at: now)
    self.controllers = controllers
  }

  mutating func send(_ request: KubeRequest) {
    let response = server.handle(request, at: now)
    #expect(response.status.code < 300, "\(request): \(String(decoding: response.body, as: UTF8.self))")
  }
  mutating func create<Kind: KubeObject>(_ object: Kind) { send(.create(object.key, object.json)) }
  mutating func patch<Kind: KubeObject>(_ kind: Kind.Type, _ name: String, _ fields: JSONValue) {
    send(.mergePatch(ObjectKey(kind.type, namespace: "default", name: name), fields))
  }
  mutating func converge() { controllers.converge(on: &server, at: now) }
  func object<Kind: KubeObject>(_ kind: Kind.Type, _ name: String) -> Kind? {
    server.object(kind, namespace: "default", name: name)
  }
  var pods: [Pod] { server.objects(Pod.self, namespace: "default") }
}

func metadata(_ name: String) -> ObjectMeta { ObjectMeta(name: name, namespace: "default") }
func template(_ image: String = "web:1", labels: [String: String] = ["app": "web"]) -> PodTemplateSpec {
  PodTemplateSpec(
    metadata: TemplateMeta(labels: labels),
    spec: PodSpec(containers: [
      Container(name: "web", image: image, ports: [ContainerPort(name: "http", containerPort: 8080)])
    ]))
}
let selector = LabelSelector(matchLabels: ["app": "web"])

@Suite struct WorkloadTests {
  @Test func `a Deployment's pods become ready, and a new image replaces them within its limits`() {
    var cluster = Cluster()
    cluster.create(
      Deployment(
        metadata: metadata("web"), spec: DeploymentSpec(replicas: 4, selector: selector, template: template())
      ))
    cluster.converge()
    #expect(cluster.object(Deployment.self, "web")?.status.availableReplicas == 4)
    #expect(cluster.object(Deployment.self, "web")?.status.conditions.isTrue("Available") == true)
    cluster.patch(
      Deployment.self, "web", ["spec": ["template": template("web:2").json]])
    var (most, fewest) = (0, 4)
    while cluster.controllers.step(on: &cluster.server, at: cluster.now) != nil {
      most = max(most, cluster.pods.count)
      fewest = min(fewest, cluster.pods.filter { $0.status.conditions.isTrue("Ready") }.count)
    }
    #expect(most == 5 && fewest == 3)
    #expect(Set(cluster.pods.compactMap { $0.spec.containers.first?.image }) == ["web:2"])
    let sets = cluster.server.objects(ReplicaSet.self)
    #expect(sets.map { $0.spec.replicas ?? 0 }.sorted() == [0, 4])
    #expect(
      Set(sets.compactMap { $0.metadata.annotations["deployment.kubernetes.io/revision"] }) == ["1", "2"])
    cluster.send(.delete(ObjectKey(Deployment.type, namespace: "default", name: "web")))
    cluster.converge()
    #expect(cluster.pods.isEmpty && cluster.server.objects(ReplicaSet.self).isEmpty)
  }

  @Test func `a recreated Deployment never has pods of two images`() {
    var cluster = Cluster()
    cluster.create(
      Deployment(
        metadata: metadata("web"),
        spec: DeploymentSpec(
          replicas: 2, selector: selector, strategy: DeploymentStrategy(type: "Recreate"),
          template: template())))
    cluster.converge()
    cluster.patch(Deployment.self, "web", ["spec": ["template": template("web:2").json]])
    while cluster.controllers.step(on: &cluster.server, at: cluster.now) != nil {
      #expect(Set(cluster.pods.compactMap { $0.spec.containers.first?.image }).count <= 1)
    }
    #expect(cluster.pods.compactMap { $0.spec.containers.first?.image } == ["web:2", "web:2"])
  }

  @Test func `a pod waits for the Secret that it mounts`() {
    var cluster = Cluster()
    var spec = template()
    spec.spec.volumes = [Volume(name: "key", secret: SecretVolumeSource(secretName: "key"))]
    cluster.create(
      ReplicaSet(
        metadata: metadata("web"), spec: ReplicaSetSpec(replicas: 1, selector: selector, template: spec)))
    cluster.converge()
    #expect(cluster.object(ReplicaSet.self, "web")?.status.readyReplicas ?? 0 == 0)
    cluster.create(Secret(metadata: metadata("key")))
    cluster.converge()
    #expect(cluster.object(ReplicaSet.self, "web")?.status.readyReplicas == 1)
  }

  @Test func `a StatefulSet makes its pods in order, keeps their claims and updates from the last`() {
    var cluster = Cluster()
    cluster.create(
      StatefulSet(
        metadata: metadata("db"),
        spec: StatefulSetSpec(
          replicas: 3, selector: selector, template: template(),
          volumeClaimTemplates: [PersistentVolumeClaim(metadata: ObjectMeta(name: "data"))],
          serviceName: "db"
        )))
    var names: [String] = []
    while cluster.controllers.step(on: &cluster.server, at: cluster.now) != nil {
      for pod in cluster.pods where !names.contains(pod.metadata.name) { names.append(pod.metadata.name) }
      #expect(cluster.pods.filter { !$0.status.conditions.isTrue("Ready") }.count <= 1)
    }
    #expect(names == ["db-0", "db-1", "db-2"])
    cluster.patch(StatefulSet.self, "db", ["spec": ["template": template("web:2").json]])
    var updated: [String] = []
    while cluster.controllers.step(on: &cluster.server, at: cluster.now) != nil {
      for pod in cluster.pods where pod.spec.containers.first?.image == "web:2" {
        if !updated.contains(pod.metadata.name) { updated.append(pod.metadata.name) }
      }
    }
    #expect(updated == ["db-2", "db-1", "db-0"])
    let status = cluster.object(StatefulSet.self, "db")?.status
    #expect(status?.updatedReplicas == 3 && status?.currentRevision == status?.updateRevision)
    cluster.patch(StatefulSet.self, "db", ["spec": ["replicas": 1]])
    cluster.converge()
    #expect(cluster.pods.map(\.metadata.name) == ["db-0"])
    #expect(cluster.server.objects(PersistentVolumeClaim.self).count == 3)
  }

  @Test func `a DaemonSet has a pod on every node that its tolerations allow`() {
    var cluster = Cluster()
    for name in ["a", "b"] { cluster.create(Node(metadata: ObjectMeta(name: name))) }
    cluster.create(
      Node(
        metadata: ObjectMeta(name: "control"),
        spec: NodeSpec(taints: [Taint(key: "control-plane", effect: "NoSchedule")])))
    cluster.create(
      DaemonSet(metadata: metadata("agent"), spec: DaemonSetSpec(selector: selector, template: template())))
    cluster.converge()
    #expect(cluster.pods.compactMap(\.spec.nodeName) == ["a", "b"])
    var tolerant = template("web:2")
    tolerant.spec.tolerations = [Toleration(key: "control-plane", operator: "Exists")]
    cluster.patch(DaemonSet.self, "agent", ["spec": ["template": tolerant.json]])
    cluster.converge()
    #expect(cluster.pods.compactMap(\.spec.nodeName) == ["a", "b", "control"])
    #expect(cluster.object(DaemonSet.self, "agent")?.status.updatedNumberScheduled == 3)
    cluster.send(.delete(ObjectKey(Node.type, name: "b")))
    cluster.converge()
    #expect(cluster.pods.compactMap(\.spec.nodeName) == ["a", "control"])
  }

  private func job(completions: Int32, backoffLimit: Int32 = 6) -> JobSpec {
    var template = template()
    template.spec.restartPolicy = "Never"
    return JobSpec(parallelism: 2, completions: completions, template: template, backoffLimit: backoffLimit)
  }

  @Test func `a Job runs as many pods at a time as it may, and completes`() {
    var cluster = Cluster(.workloads(kubelet: Kubelet(runTime: .seconds(60))))
    cluster.create(Job(metadata: metadata("sum"), spec: job(completions: 3)))
    for minute in 0..<3 {
      cluster.converge()
      #expect(cluster.pods.filter { $0.status.phase == "Running" }.count == [2, 1, 0][minute])
      cluster.now += 60
    }
    let status = cluster.object(Job.self, "sum")?.status
    #expect(status?.succeeded == 3 && status?.conditions.isTrue("Complete") == true)
    #expect(status?.completionTime != nil)
  }

  @Test func `a Job whose pods fail gives up after its limit`() {
    var cluster = Cluster(.workloads(kubelet: Kubelet(fails: { _ in true })))
    cluster.create(Job(metadata: metadata("sum"), spec: job(completions: 1, backoffLimit: 2)))
    cluster.converge()
    let status = cluster.object(Job.self, "sum")?.status
    #expect(status?.failed == 3 && status?.conditions.isTrue("Failed") == true)
  }

  @Test func `a finished Job goes after its time to live`() {
    var cluster = Cluster()
    var spec = job(completions: 1)
    spec.ttlSecondsAfterFinished = 100
    cluster.create(Job(metadata: metadata("sum"), spec: spec))
    cluster.converge()
    #expect(cluster.object(Job.self, "sum") != nil)
    cluster.now += 100
    cluster.converge()
    #expect(cluster.object(Job.self, "sum") == nil && cluster.pods.isEmpty)
  }

  @Test func `a Service's endpoints and slices hold its pods`() {
    var cluster = Cluster()
    cluster.create(
      ReplicaSet(
        metadata: metadata("web"), spec: ReplicaSetSpec(replicas: 2, selector: selector, template: template())
      ))
    cluster.create(
      Service(
        metadata: metadata("web"),
        spec: ServiceSpec(
          ports: [ServicePort(name: "http", port: 80, targetPort: "http")], selector: ["app": "web"])))
    cluster.converge()
    let subset = cluster.object(Endpoints.self, "web")?.subsets.first
    #expect(subset?.addresses.count == 2 && subset?.ports.map(\.port) == [8080])
    #expect(cluster.server.objects(EndpointSlice.self).first?.endpoints.count == 2)
  }

  @Test func `a deleted namespace is emptied and goes`() {
    var cluster = Cluster()
    cluster.create(
      Deployment(
        metadata: metadata("web"), spec: DeploymentSpec(replicas: 1, selector: selector, template: template())
      ))
    cluster.converge()
    cluster.send(.delete(ObjectKey(Namespace.type, name: "default")))
    cluster.converge()
    #expect(cluster.server.object(Namespace.self, name: "default") == nil && cluster.pods.isEmpty)
  }
}
