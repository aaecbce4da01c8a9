import KubeCore
import KubeKindsApps
import KubeKindsCore
public import KubeMemory
public import KubeTransport

public import struct Foundation.Date

/// kube-controller-manager, scheduler and kubelets together: a Deployment's pods come and go by rolling
/// update.
///
/// A pod becomes ready when every Secret that it mounts is there. One of the gateway's notes on its status what the
/// gateway has found at its start, as the process itself keeps it in mind: see `GatewayProcess`.
public struct DeploymentController: RequestingStandIn {
  /// Whose place it takes.
  public let name = "deployment controller"

  /// A controller.
  public init() {}

  static let manager = "kube-controller-manager"
  /// The label by which pods of one template are known.
  public static let templateHash = "pod-template-hash"

  /// The next step of each Deployment's roll-out: pods made, made ready or deleted, and the status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(Deployment.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let deployment = try? object.decode(Deployment.self)
      else {
        return []
      }
      let rollout = PodRollout(deployment, in: server)
      return rollout.requests(at: time) + [rollout.status(of: object, at: time)].compactMap { $0 }
    }
  }
}

/// One Deployment and its pods.
struct PodRollout {
  let deployment: Deployment
  let server: MemoryAPIServer
  let hash: String
  let pods: [Pod]

  init(_ deployment: Deployment, in server: MemoryAPIServer) {
    self.deployment = deployment
    self.server = server
    let template = JSONWriter().bytes(deployment.spec.template.json)
    hash = String(SHA256.hexadecimal(template).prefix(10))
    pods = server.objects(Pod.self, namespace: deployment.metadata.namespace).filter { pod in
      pod.metadata.ownerReferences.contains { $0.uid == deployment.metadata.uid }
    }
  }

  private var wanted: Int { max(0, Int(deployment.spec.replicas ?? 1)) }
  private var living: [Pod] { pods.filter { $0.metadata.deletionTimestamp == nil } }
  private var new: [Pod] { living.filter { isNew($0) } }
  private var old: [Pod] { living.filter { !isNew($0) } }

  private func isNew(_ pod: Pod) -> Bool { pod.metadata.labels[DeploymentController.templateHash] == hash }
  static func isReady(_ pod: Pod) -> Bool { pod.status.conditions.isTrue("Ready") }

  private func canStart(_ pod: Pod) -> Bool {
    pod.spec.volumes.compactMap { $0.secret?.secretName }.allSatisfy {
      server.object(ObjectKey(Secret.type, namespace: pod.metadata.namespace, name: $0)) != nil
    }
  }

  func requests(at time: Date) -> [KubeRequest] {
    let starting = living.filter { !PodRollout.isReady($0) && canStart($0) }
    if !starting.isEmpty { return starting.map { start($0, at: time) } }
    // One more than wanted may be there, and one fewer than wanted may be ready, while pods are replaced.
    let room = old.isEmpty ? wanted - new.count : min(wanted - new.count, wanted + 1 - living.count)
    if room > 0 {
      let taken = Set(pods.map(\.metadata.name))
      let names = (0..<(wanted + 2)).lazy.map { "\(deployment.metadata.name)-\(hash)-\($0)" }
      return names.filter { !taken.contains($0) }.prefix(room).compactMap { create($0) }
    }
    let ready = living.filter(PodRollout.isReady).count
    let surplus = old.first { !PodRollout.isReady($0) } ?? old.first ?? (new.count > wanted ? new.last : nil)
    guard let surplus, ready >= wanted || !PodRollout.isReady(surplus) else { return [] }
    return [.delete(surplus.key, options: DeleteOptions(uid: surplus.metadata.uid))]
  }

  private func create(_ name: String) -> KubeRequest? {
    guard let owner = deployment.ownerReference(controller: true, blockOwnerDeletion: true) else {
      return nil
    }
    let template = deployment.spec.template
    let pod = Pod(
      metadata: ObjectMeta(
        name: name, namespace: deployment.metadata.namespace,
        labels: template.metadata.labels.merging([DeploymentController.templateHash: hash]) { $1 },
        annotations: template.metadata.annotations, ownerReferences: [owner]), spec: template.spec)
    return .create(pod.key, pod.json, options: WriteOptions(fieldManager: DeploymentController.manager))
  }

  private func start(_ pod: Pod, at time: Date) -> KubeRequest {
    var conditions = ConditionWriter(pod.status.conditions, at: time)
    conditions.set("Ready", .true, "PodReady", "")
    GatewayProcess.start(of: pod, in: server, &conditions)
    let containers = pod.spec.containers.map { container -> JSONValue in
      [
        "name": .string(container.name), "image": .string(container.image ?? ""), "imageID": "",
        "ready": true, "started": true, "restartCount": 0,
        "state": ["running": ["startedAt": Timestamp(time).json]],
      ]
    }
    let identity = SHA256.digest(Array((pod.metadata.uid ?? pod.metadata.name).utf8))
    return .mergePatch(
      pod.key,
      [
        "status": [
          "phase": "Running", "podIP": .string("10.244.\(identity[0]).\(max(1, identity[1]))"),
          "conditions": conditions.json, "containerStatuses": .array(containers),
        ]
      ], subresource: "status", options: WriteOptions(fieldManager: "kubelet"))
  }

  func status(of object: DynamicObject, at time: Date) -> KubeRequest? {
    let ready = living.filter(PodRollout.isReady).count
    var conditions = ConditionWriter(deployment.status.conditions, at: time)
    if ready >= max(1, wanted - 1) {
      conditions.set("Available", .true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
      conditions.set(
        "Available", .false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    }
    func count(_ number: Int) -> JSONValue { number == 0 ? .null : .integer(number) }
    let fields: [(String, JSONValue)] = [
      ("observedGeneration", .integer(deployment.metadata.generation ?? 0)),
      ("replicas", count(living.count)),
      ("updatedReplicas", count(new.count)), ("readyReplicas", count(ready)),
      ("availableReplicas", count(ready)),
      ("conditions", conditions.json),
    ]
    // In a merge patch null removes: what is absent already needs no removing.
    let changes = fields.filter { name, value in
      let now = object.json.value(at: "status", name)
      return value.isNull ? now != nil : now != value
    }
    guard !changes.isEmpty else { return nil }
    return .status(
      .object(JSONObject(changes)), of: object, type: Deployment.type, by: DeploymentController.manager)
  }
}
