public import KubeCore
import KubeKindsApps
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The StatefulSet controller: creates, replaces and removes pods with stable names and their
/// claims in order.
///
/// Claims are kept when their pod is deleted; nothing binds them.
public struct StatefulSetController: RequestingController {
  /// The controller's name.
  public let name = "stateful set controller"
  /// The kinds that it reads.
  public let kinds = [StatefulSet.type, Pod.type, PersistentVolumeClaim.type]

  /// Creates a controller.
  public init() {}

  static let revision = "controller-revision-hash"

  /// The requests for the next pod that is created, replaced or removed, and each StatefulSet's
  /// status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(StatefulSet.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let set = try? object.decode(StatefulSet.self) else {
        return []
      }
      let hash = "\(set.metadata.name)-\(Workload.hash(of: set.spec.template))"
      let all: [Pod] = Workload.owned(by: set.metadata, in: server)
      let living = all.filter(\.isLiving)
      let ready = living.filter(\.isReady).count
      let updated = living.filter { $0.metadata.labels[Self.revision] == hash }.count
      let isComplete = updated == living.count
      let current = object.json.value(at: "status", "currentRevision")?.string
      let status = KubeRequest.workloadStatus(
        object, type: StatefulSet.type,
        counts: [
          "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": updated,
          "currentReplicas": isComplete ? updated : living.count - updated,
        ],
        others: [
          "replicas": .integer(living.count), "updateRevision": .string(hash),
          "currentRevision": .string(isComplete ? hash : current ?? hash),
        ])
      return requests(set, pods: all, hash: hash, in: server) + [status].compactMap { $0 }
    }
  }

  private func requests(_ set: StatefulSet, pods: [Pod], hash: String, in server: MemoryAPIServer)
    -> [KubeRequest]
  {
    let first = Int(set.spec.ordinals?.start ?? 0)
    let count = max(0, Int(set.spec.replicas ?? 1))
    let names = (first..<(first + count)).map { "\(set.metadata.name)-\($0)" }
    let isParallel = set.spec.podManagementPolicy == "Parallel"
    let byName = Dictionary(pods.map { ($0.metadata.name, $0) }, uniquingKeysWith: { $1 })
    var made: [KubeRequest] = []
    for name in names {
      guard let pod = byName[name] else {
        made += create(name, of: set, hash: hash, in: server)
        if isParallel { continue }
        return made
      }
      // A finished pod is replaced; one that is being deleted, or isn't ready, delays the next.
      if pod.isFinished, pod.metadata.deletionTimestamp == nil { return [Workload.delete(pod)] }
      if !isParallel, !pod.isReady || pod.metadata.deletionTimestamp != nil { return made }
    }
    guard made.isEmpty else { return made }
    let surplus = pods.filter { !names.contains($0.metadata.name) && $0.metadata.deletionTimestamp == nil }
    if let last = surplus.max(by: { ordinal($0) < ordinal($1) }) {
      return isParallel ? surplus.map { Workload.delete($0) } : [Workload.delete(last)]
    }
    guard set.spec.updateStrategy?.type != "OnDelete",
      pods.allSatisfy({ $0.metadata.deletionTimestamp == nil })
    else { return [] }
    let partition = Int(set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
    let outdated = pods.filter { $0.metadata.labels[Self.revision] != hash && ordinal($0) >= partition }
    guard let last = outdated.max(by: { ordinal($0) < ordinal($1) }) else { return [] }
    // One at a time, from the last: the next once the new one is ready.
    return pods.allSatisfy({ $0.isReady || $0.metadata.name == last.metadata.name })
      ? [Workload.delete(last)] : []
  }

  private func ordinal(_ pod: Pod) -> Int {
    pod.metadata.name.split(separator: "-").last.flatMap { Int($0) } ?? -1
  }

  private func create(_ name: String, of set: StatefulSet, hash: String, in server: MemoryAPIServer)
    -> [KubeRequest]
  {
    var requests: [KubeRequest] = []
    var volumes: [Volume] = []
    for template in set.spec.volumeClaimTemplates {
      let claim = PersistentVolumeClaim(
        metadata: ObjectMeta(
          name: "\(template.metadata.name)-\(name)", namespace: set.metadata.namespace,
          labels: template.metadata.labels.merging(set.spec.selector.matchLabels) { own, _ in own }),
        spec: template.spec)
      volumes.append(
        Volume(
          name: template.metadata.name,
          persistentVolumeClaim: PersistentVolumeClaimVolumeSource(claimName: claim.metadata.name)))
      guard server.object(claim.key) == nil else { continue }
      requests.append(.create(claim.key, claim.json, options: Workload.options))
    }
    let pod = Workload.create(
      pod: name, of: set, from: set.spec.template,
      labels: [Self.revision: hash, "statefulset.kubernetes.io/pod-name": name]
    ) { spec in
      let claimed = Set(volumes.map(\.name))
      spec.volumes = spec.volumes.filter { !claimed.contains($0.name) } + volumes
      spec.hostname = name
      spec.subdomain = set.spec.serviceName
    }
    return requests + [pod].compactMap { $0 }
  }
}
