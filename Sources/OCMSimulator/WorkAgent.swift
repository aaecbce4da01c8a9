import GatewayAPI
public import KubeCore
public import KubeMemory
public import KubeTesting
public import KubeTransport

/// The work agents of all clusters, which apply each ManifestWork and report that.
public struct WorkAgent: RequestingController {
  /// The controller's name.
  public let name = "work agent"
  /// The kinds that it reads.
  public let kinds = [ManifestWork.type]
  /// The clusters whose agents don't run: their works are neither applied nor removed.
  public var stopped: Set<String>

  /// Creates the agents of all clusters but these.
  public init(stopped: Set<String> = []) { self.stopped = stopped }

  private static let manager = "work"
  private static let finalizer = "cluster.open-cluster-management.io/manifest-work-cleanup"

  /// The requests for works that have no finalizer yet, aren't applied yet, or are being deleted.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(ManifestWork.type).compactMap { object in
      stopped.contains(object.metadata.namespace ?? "") ? nil : request(for: object, at: time)
    }
  }

  /// The agent's next request for one work; `nil` if nothing is due.
  package func request(for object: DynamicObject, at time: Date) -> KubeRequest? {
    let finalizers = object.metadata.finalizers
    let others = finalizers.filter { $0 != WorkAgent.finalizer }
    if object.metadata.deletionTimestamp != nil {
      guard others.count != finalizers.count else { return nil }
      return finalizing(object, others)
    }
    if others.count == finalizers.count { return finalizing(object, finalizers + [WorkAgent.finalizer]) }
    guard let work = try? object.decode(ManifestWork.self) else { return nil }
    return status(of: work, object, at: time)
  }

  private func finalizing(_ object: DynamicObject, _ finalizers: [String]) -> KubeRequest {
    .metadata(
      ["finalizers": .array(finalizers.map { .string($0) })], of: object, type: ManifestWork.type,
      by: WorkAgent.manager)
  }

  private func status(of work: ManifestWork, _ object: DynamicObject, at time: Date) -> KubeRequest? {
    let generation = work.metadata.generation
    var conditions = ConditionWriter(work.status.conditions, at: time)
    conditions.set(
      ManifestWork.ConditionType.applied, .true, reason: "AppliedManifestWorkComplete",
      message: "Apply manifest work complete",
      observedGeneration: generation)
    conditions.set(
      ManifestWork.ConditionType.available, .true, reason: "ResourcesAvailable",
      message: "All resources are available",
      observedGeneration: generation)
    let manifests = work.spec.workload.manifests.enumerated().map { index, manifest in
      let meta = WorkAgent.meta(of: manifest, at: index)
      let old = work.status.resourceStatus.manifests.first { $0.resourceMeta == meta }
      var conditions = ConditionWriter(old?.conditions ?? [], at: time)
      conditions.set(
        ManifestWork.ConditionType.applied, .true, reason: "AppliedManifestComplete",
        message: "Apply manifest complete")
      conditions.set(
        ManifestWork.ConditionType.available, .true, reason: "ResourceAvailable",
        message: "Resource is available")
      return ManifestCondition(resourceMeta: meta, conditions: conditions.conditions)
    }
    return .status(
      ["conditions": conditions.json, "resourceStatus": ["manifests": manifests.json]], of: object,
      type: ManifestWork.type, by: WorkAgent.manager)
  }

  private static func meta(of manifest: JSONValue, at index: Int) -> ManifestResourceMeta {
    let apiVersion = manifest["apiVersion"]?.string ?? ""
    let kind = manifest["kind"]?.string ?? ""
    let version = apiVersion.split(separator: "/").last.map { String($0) }
    return ManifestResourceMeta(
      ordinal: Int32(clamping: index), group: GroupKind(apiVersion: apiVersion, kind: kind).group,
      version: version,
      kind: kind, resource: kind.lowercased() + "s",
      namespace: manifest.value(at: "metadata", "namespace")?.string,
      name: manifest.value(at: "metadata", "name")?.string)
  }
}
