public import KubeCore
import KubeKindsApps
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The ReplicaSet controller: maintains the desired number of pods of a template.
public struct ReplicaSetController: RequestingController {
  /// The controller's name.
  public let name = "replica set controller"
  /// The kinds that it reads.
  public let kinds = [ReplicaSet.type, Pod.type]

  /// Creates a controller.
  public init() {}

  /// The requests for missing or surplus pods, and each ReplicaSet's status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(ReplicaSet.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let set = try? object.decode(ReplicaSet.self) else {
        return []
      }
      let all: [Pod] = Workload.owned(by: set.metadata, in: server)
      let pods = all.filter(\.isLiving)
      let ready = pods.filter(\.isReady).count
      let status = KubeRequest.workloadStatus(
        object, type: ReplicaSet.type,
        counts: [
          "fullyLabeledReplicas": pods.count, "readyReplicas": ready, "availableReplicas": ready,
        ], others: ["replicas": .integer(pods.count)])
      return requests(set, pods, taken: Set(all.map(\.metadata.name))) + [status].compactMap { $0 }
    }
  }

  private func requests(_ set: ReplicaSet, _ pods: [Pod], taken: Set<String>) -> [KubeRequest] {
    let wanted = max(0, Int(set.spec.replicas ?? 1))
    if pods.count > wanted {
      let ordered = pods.filter { !$0.isReady } + pods.filter(\.isReady).reversed()
      return ordered.prefix(pods.count - wanted).map { Workload.delete($0) }
    }
    return Workload.names(set.metadata.name, count: wanted - pods.count, taken: taken).compactMap {
      Workload.create(pod: $0, of: set, from: set.spec.template)
    }
  }
}
