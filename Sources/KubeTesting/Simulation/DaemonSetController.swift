public import KubeCore
import KubeKindsApps
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The DaemonSet controller: runs a pod on every node that its template's node selector and
/// tolerations allow.
///
/// Node affinity is ignored.
public struct DaemonSetController: RequestingController {
  /// The controller's name.
  public let name = "daemon set controller"
  /// The kinds that it reads.
  public let kinds = [DaemonSet.type, Pod.type, Node.type]

  /// Creates a controller.
  public init() {}

  static let revision = "controller-revision-hash"

  /// The requests for missing, surplus or outdated pods, and each DaemonSet's status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    let nodes = server.objects(Node.self)
    return server.objects(DaemonSet.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let set = try? object.decode(DaemonSet.self) else {
        return []
      }
      let hash = Workload.hash(of: set.spec.template)
      let wanted = nodes.filter { allows(set.spec.template.spec, $0) }.map(\.metadata.name)
      let all: [Pod] = Workload.owned(by: set.metadata, in: server)
      let living = all.filter(\.isLiving)
      let placed = living.filter { wanted.contains($0.spec.nodeName ?? "") }
      let updated = placed.filter { $0.metadata.labels[Self.revision] == hash }.count
      let ready = placed.filter(\.isReady).count
      let status = KubeRequest.workloadStatus(
        object, type: DaemonSet.type,
        counts: [
          "updatedNumberScheduled": updated, "numberAvailable": ready,
          "numberUnavailable": max(0, wanted.count - ready),
        ],
        others: [
          "currentNumberScheduled": .integer(placed.count), "desiredNumberScheduled": .integer(wanted.count),
          "numberReady": .integer(ready), "numberMisscheduled": .integer(living.count - placed.count),
        ])
      return requests(set, pods: all, living: living, wanted: wanted, hash: hash) + [status].compactMap { $0 }
    }
  }

  private func requests(
    _ set: DaemonSet, pods all: [Pod], living: [Pod], wanted: [String], hash: String
  ) -> [KubeRequest] {
    let surplus = all.filter {
      $0.metadata.deletionTimestamp == nil && ($0.isFinished || !wanted.contains($0.spec.nodeName ?? ""))
    }
    let covered = Set(all.compactMap(\.spec.nodeName))
    let missing = wanted.filter { !covered.contains($0) }
    let changes =
      surplus.map { Workload.delete($0) }
      + missing.compactMap { node in
        Workload.create(
          pod: "\(set.metadata.name)-\(node)", of: set, from: set.spec.template,
          labels: [Self.revision: hash]
        ) { $0.nodeName = node }
      }
    guard changes.isEmpty, set.spec.updateStrategy?.type != "OnDelete", living.allSatisfy(\.isReady),
      let outdated = living.first(where: { $0.metadata.labels[Self.revision] != hash })
    else { return changes }
    return [Workload.delete(outdated)]
  }

  /// Whether a pod of this specification may run on the node. A DaemonSet's pods tolerate
  /// `unschedulable`.
  private func allows(_ pod: PodSpec, _ node: Node) -> Bool {
    guard pod.nodeSelector.allSatisfy({ node.metadata.labels[$0.key] == $0.value }) else { return false }
    return node.spec.taints.filter { $0.effect != "PreferNoSchedule" }.allSatisfy { taint in
      taint.key == "node.kubernetes.io/unschedulable"
        || pod.tolerations.contains { toleration in
          (toleration.effect == nil || toleration.effect == taint.effect)
            && (toleration.operator == "Exists"
              ? toleration.key == nil || toleration.key == taint.key
              : toleration.key == taint.key && toleration.value ?? "" == taint.value ?? "")
        }
    }
  }
}
