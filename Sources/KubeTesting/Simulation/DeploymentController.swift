public import KubeCore
import KubeKindsApps
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The Deployment controller: creates a ReplicaSet for each template of a Deployment, and scales
/// them by its strategy.
///
/// A ``ReplicaSetController`` and a ``Kubelet`` create and start the pods.
public struct DeploymentController: RequestingController {
  /// The controller's name.
  public let name = "deployment controller"
  /// The kinds that it reads.
  public let kinds = [Deployment.type, ReplicaSet.type]

  /// Creates a controller.
  public init() {}

  static let revision = "deployment.kubernetes.io/revision"

  /// The requests for the next step of each Deployment's rollout, and its status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(Deployment.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let deployment = try? object.decode(Deployment.self)
      else { return [] }
      let rollout = Rollout(deployment, Workload.owned(by: deployment.metadata, in: server))
      return rollout.requests() + [rollout.status(of: object, at: time)].compactMap { $0 }
    }
  }
}

/// A Deployment and its ReplicaSets.
private struct Rollout {
  let deployment: Deployment
  let sets: [ReplicaSet]
  let hash: String

  init(_ deployment: Deployment, _ sets: [ReplicaSet]) {
    self.deployment = deployment
    self.sets = sets.filter { $0.metadata.deletionTimestamp == nil }
    hash = Workload.hash(of: deployment.spec.template)
  }

  private var wanted: Int { max(0, Int(deployment.spec.replicas ?? 1)) }
  private var isRecreated: Bool { deployment.spec.strategy?.type == "Recreate" }

  private func limit(_ value: IntOrString?, roundingUp: Bool) -> Int {
    max(0, (value ?? "25%").scaled(total: wanted, roundingUp: roundingUp) ?? 0)
  }
  private var surge: Int {
    limit(deployment.spec.strategy?.rollingUpdate?.maxSurge, roundingUp: true)
  }
  private var unavailable: Int {
    let rolling = deployment.spec.strategy?.rollingUpdate
    let count = limit(rolling?.maxUnavailable, roundingUp: false)
    // If both are zero, no step is possible; Kubernetes then uses one.
    return count == 0 && surge == 0 ? 1 : count
  }

  private var current: ReplicaSet? { sets.first { hash(of: $0) == hash } }
  private var old: [ReplicaSet] { sets.filter { hash(of: $0) != hash } }
  private func hash(of set: ReplicaSet) -> String? {
    set.metadata.labels[DirectDeploymentController.templateHash]
  }
  private func revision(of set: ReplicaSet) -> Int {
    set.metadata.annotations[DeploymentController.revision].flatMap { Int($0) } ?? 0
  }
  private func replicas(_ set: ReplicaSet) -> Int { Int(set.spec.replicas ?? 1) }
  /// The number of the set's pods that are available and stay so.
  private func available(_ set: ReplicaSet) -> Int {
    min(replicas(set), Int(set.status.availableReplicas ?? 0))
  }

  func requests() -> [KubeRequest] {
    guard deployment.spec.paused != true else { return [] }
    guard let current else { return [create()].compactMap { $0 } }
    let previous = old.map(revision).max() ?? 0
    if revision(of: current) <= previous {
      let annotations: JSONValue = [DeploymentController.revision: .string(String(previous + 1))]
      return [
        .mergePatch(current.key, ["metadata": ["annotations": annotations]], options: Workload.options)
      ]
    }
    return [scaleUp(current) ?? scaleDown(current)].compactMap { $0 } + [cleanUp()].compactMap { $0 }
  }

  private func create() -> KubeRequest? {
    guard let owner = deployment.ownerReference(controller: true, blockOwnerDeletion: true) else {
      return nil
    }
    let label = [DirectDeploymentController.templateHash: hash]
    var template = deployment.spec.template
    template.metadata.labels.merge(label) { $1 }
    var selector = deployment.spec.selector
    selector.matchLabels.merge(label) { $1 }
    let set = ReplicaSet(
      metadata: ObjectMeta(
        name: "\(deployment.metadata.name)-\(hash)", namespace: deployment.metadata.namespace,
        labels: template.metadata.labels,
        annotations: [DeploymentController.revision: String((sets.map(revision).max() ?? 0) + 1)],
        ownerReferences: [owner]),
      spec: ReplicaSetSpec(replicas: 0, selector: selector, template: template))
    return .create(set.key, set.json, options: Workload.options)
  }

  private func scale(_ set: ReplicaSet, to count: Int) -> KubeRequest? {
    guard replicas(set) != count else { return nil }
    return .mergePatch(set.key, ["spec": ["replicas": .integer(count)]], options: Workload.options)
  }

  private func scaleUp(_ current: ReplicaSet) -> KubeRequest? {
    // Pods that will still be deleted count, too.
    let others = old.reduce(0) { $0 + max(replicas($1), Int($1.status.replicas)) }
    guard others > 0 else { return scale(current, to: wanted) }
    if isRecreated { return nil }
    let room = wanted + surge - others
    return room > replicas(current) ? scale(current, to: min(wanted, room)) : nil
  }

  private func scaleDown(_ current: ReplicaSet) -> KubeRequest? {
    if isRecreated { return old.lazy.compactMap { scale($0, to: 0) }.first }
    let surplus = max(0, sets.reduce(0) { $0 + available($1) } - (wanted - unavailable))
    for set in old where replicas(set) > 0 {
      // Pods that aren't ready are removed first; of the ready ones as many as may be missing.
      let count = min(replicas(set), replicas(set) - available(set) + surplus)
      if count > 0 { return scale(set, to: replicas(set) - count) }
    }
    return nil
  }

  private func cleanUp() -> KubeRequest? {
    let kept = max(0, Int(deployment.spec.revisionHistoryLimit ?? 10))
    let unused = old.filter { replicas($0) == 0 && $0.status.replicas == 0 }
      .sorted { revision(of: $0) < revision(of: $1) }
    return unused.count > kept ? unused.first.map { Workload.delete($0) } : nil
  }

  func status(of object: DynamicObject, at time: Date) -> KubeRequest? {
    let all = sets.reduce(0) { $0 + Int($1.status.replicas) }
    let ready = sets.reduce(0) { $0 + Int($1.status.readyReplicas ?? 0) }
    let available = sets.reduce(0) { $0 + Int($1.status.availableReplicas ?? 0) }
    let updated = Int(current?.status.replicas ?? 0)
    var conditions = ConditionWriter(deployment.status.conditions, at: time)
    if available >= wanted - unavailable {
      conditions.set(
        "Available", .true, reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.")
    } else {
      conditions.set(
        "Available", .false, reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.")
    }
    let isComplete = updated == wanted && all == wanted && available == wanted
    conditions.set(
      "Progressing", .true, reason: isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
      message: isComplete
        ? "The new ReplicaSet has successfully progressed." : "The new ReplicaSet is progressing.")
    return .workloadStatus(
      object, type: Deployment.type,
      counts: [
        "replicas": all, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": available,
        "unavailableReplicas": max(0, wanted - available),
      ],
      others: [
        "conditions": conditions.json
      ])
  }
}
