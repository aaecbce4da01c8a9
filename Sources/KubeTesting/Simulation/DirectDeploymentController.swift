public import KubeCore
import KubeKindsApps
public import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The Deployment controller, scheduler and kubelets together: a Deployment's pods are replaced by
/// rolling update, without ReplicaSets.
///
/// It takes fewer steps than ``DeploymentController``, ``ReplicaSetController`` and ``Kubelet``,
/// each of which multiplies the cases of an exploration.
public struct DirectDeploymentController: RequestingController {
  /// The controller's name.
  public let name = "deployment controller"
  /// The kinds that it reads.
  public var kinds: [ResourceType] { [Deployment.type] + kubelet.kinds }
  private let kubelet: Kubelet

  /// Creates a controller.
  ///
  /// - Parameters:
  ///   - startConditions: The conditions that a pod gets besides `Ready` when it starts.
  ///   - reading: The kinds that those depend on.
  public init(
    startConditions: @escaping @Sendable (Pod, MemoryAPIServer) -> [Condition] = { _, _ in [] },
    reading: [ResourceType] = []
  ) {
    kubelet = Kubelet(startConditions: startConditions, reading: reading)
  }

  /// The label that identifies pods of one template.
  public static let templateHash = "pod-template-hash"

  /// The requests for the next step of each Deployment's rollout: pods created, made ready or
  /// deleted, and the status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(Deployment.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let deployment = try? object.decode(Deployment.self)
      else {
        return []
      }
      let rollout = PodRollout(deployment, in: server, kubelet)
      return rollout.requests(at: time) + [rollout.status(of: object, at: time)].compactMap { $0 }
    }
  }
}

/// A Deployment and its pods.
private struct PodRollout {
  let deployment: Deployment
  let server: MemoryAPIServer
  let kubelet: Kubelet
  let hash: String
  let pods: [Pod]

  init(_ deployment: Deployment, in server: MemoryAPIServer, _ kubelet: Kubelet) {
    self.deployment = deployment
    self.server = server
    self.kubelet = kubelet
    hash = Workload.hash(of: deployment.spec.template)
    pods = Workload.owned(by: deployment.metadata, in: server)
  }

  private var wanted: Int { max(0, Int(deployment.spec.replicas ?? 1)) }
  private var living: [Pod] { pods.filter { $0.metadata.deletionTimestamp == nil } }
  private var new: [Pod] { living.filter { isNew($0) } }
  private var old: [Pod] { living.filter { !isNew($0) } }

  private func isNew(_ pod: Pod) -> Bool {
    pod.metadata.labels[DirectDeploymentController.templateHash] == hash
  }

  func requests(at time: Date) -> [KubeRequest] {
    let starting = living.filter { !$0.isReady && kubelet.canStart($0, in: server) }
    if !starting.isEmpty { return starting.map { kubelet.start($0, in: server, at: time) } }
    // While pods are replaced, there may be one more than desired, and one fewer than desired may
    // be ready.
    let room = old.isEmpty ? wanted - new.count : min(wanted - new.count, wanted + 1 - living.count)
    if room > 0 {
      let names = Workload.names(
        "\(deployment.metadata.name)-\(hash)", count: room, taken: Set(pods.map(\.metadata.name)))
      return names.compactMap {
        Workload.create(
          pod: $0, of: deployment, from: deployment.spec.template,
          labels: [DirectDeploymentController.templateHash: hash])
      }
    }
    let ready = living.filter(\.isReady).count
    let surplus = old.first { !$0.isReady } ?? old.first ?? (new.count > wanted ? new.last : nil)
    guard let surplus, ready >= wanted || !surplus.isReady else { return [] }
    return [.delete(surplus.key, options: DeletionOptions(uid: surplus.metadata.uid))]
  }

  func status(of object: DynamicObject, at time: Date) -> KubeRequest? {
    let ready = living.filter(\.isReady).count
    var conditions = ConditionWriter(deployment.status.conditions, at: time)
    if ready >= max(1, wanted - 1) {
      conditions.set(
        "Available", .true, reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.")
    } else {
      conditions.set(
        "Available", .false, reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.")
    }
    return .workloadStatus(
      object, type: Deployment.type,
      counts: [
        "replicas": living.count, "updatedReplicas": new.count, "readyReplicas": ready,
        "availableReplicas": ready,
      ], others: ["conditions": conditions.json])
  }
}
