public import KubeCore
public import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The scheduler and the kubelets together: starts pods, ends those of Jobs, and removes deleted
/// ones.
///
/// A pod becomes ready when every Secret and ConfigMap that it mounts exists. One whose containers
/// aren't restarted (`restartPolicy` other than `Always`) ends after ``runTime``.
public struct Kubelet: RequestingController {
  /// The controller's name.
  public let name = "kubelet"
  /// The kinds that it reads.
  public var kinds: [ResourceType] { [Pod.type, Secret.type, ConfigMap.type] + reading }
  /// The run time of a pod whose containers aren't restarted.
  public var runTime: Duration
  /// Whether such a pod ends as failed.
  public var fails: @Sendable (Pod) -> Bool
  /// The conditions in addition to `Ready` that a pod gets when it starts.
  public var startConditions: @Sendable (Pod, MemoryAPIServer) -> [Condition]
  /// The kinds that those depend on.
  public var reading: [ResourceType]

  static let manager = "kubelet"

  /// Creates a kubelet for every node.
  ///
  /// - Parameters:
  ///   - runTime: The run time of a pod whose containers aren't restarted.
  ///   - fails: Whether such a pod ends as failed.
  ///   - startConditions: The conditions that a pod gets besides `Ready` when it starts.
  ///   - reading: The kinds that those depend on.
  public init(
    runTime: Duration = .zero, fails: @escaping @Sendable (Pod) -> Bool = { _ in false },
    startConditions: @escaping @Sendable (Pod, MemoryAPIServer) -> [Condition] = { _, _ in [] },
    reading: [ResourceType] = []
  ) {
    self.runTime = runTime
    self.fails = fails
    self.startConditions = startConditions
    self.reading = reading
  }

  /// The requests for pods that can start, have run long enough, or must be removed.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(Pod.self).compactMap { pod in
      if pod.metadata.deletionTimestamp != nil {
        // A real API server leaves a deleted pod to its kubelet.
        return pod.metadata.finalizers.isEmpty
          ? .delete(pod.key, options: DeletionOptions(uid: pod.metadata.uid, gracePeriodSeconds: 0)) : nil
      }
      guard !pod.isFinished else { return nil }
      guard pod.status.phase == "Running" else {
        return canStart(pod, in: server) ? start(pod, in: server, at: time) : nil
      }
      guard pod.spec.restartPolicy ?? "Always" != "Always",
        let started = pod.status.startTime, time.timeIntervalSince(started) >= runTime / .seconds(1)
      else { return nil }
      return end(pod, at: time)
    }
  }

  /// Whether everything that the pod mounts exists.
  func canStart(_ pod: Pod, in server: MemoryAPIServer) -> Bool {
    pod.spec.volumes.allSatisfy { volume in
      func exists(_ type: ResourceType, _ name: String?, _ isOptional: Bool?) -> Bool {
        guard let name, isOptional != true else { return true }
        return server.object(ObjectKey(type, namespace: pod.metadata.namespace, name: name)) != nil
      }
      return exists(Secret.type, volume.secret?.secretName, volume.secret?.optional)
        && exists(ConfigMap.type, volume.configMap?.name, volume.configMap?.optional)
    }
  }

  /// The request that makes a pod running and ready.
  func start(_ pod: Pod, in server: MemoryAPIServer, at time: Date) -> KubeRequest {
    var conditions = ConditionWriter(pod.status.conditions, at: time)
    conditions.set("Ready", .true, reason: "PodReady", message: "")
    for condition in startConditions(pod, server) { conditions.set(condition) }
    let identity = SHA256.digest(Array((pod.metadata.uid ?? pod.metadata.name).utf8))
    return status(
      pod,
      [
        "phase": "Running", "podIP": .string("10.244.\(identity[0]).\(max(1, identity[1]))"),
        "startTime": pod.spec.restartPolicy ?? "Always" == "Always" ? nil : Timestamp(time).json,
        "conditions": conditions.json,
        "containerStatuses": containers(pod, isReady: true, ["running": ["startedAt": Timestamp(time).json]]),
      ])
  }

  private func end(_ pod: Pod, at time: Date) -> KubeRequest {
    let hasFailed = fails(pod)
    var conditions = ConditionWriter(pod.status.conditions, at: time)
    conditions.set("Ready", .false, reason: hasFailed ? "PodFailed" : "PodCompleted", message: "")
    let state: JSONValue = [
      "terminated": [
        "exitCode": .integer(hasFailed ? 1 : 0), "reason": hasFailed ? "Error" : "Completed",
        "finishedAt": Timestamp(time).json,
      ]
    ]
    return status(
      pod,
      [
        "phase": hasFailed ? "Failed" : "Succeeded", "conditions": conditions.json,
        "containerStatuses": containers(pod, isReady: false, state),
      ])
  }

  private func containers(_ pod: Pod, isReady: Bool, _ state: JSONValue) -> JSONValue {
    .array(
      pod.spec.containers.map { container in
        [
          "name": .string(container.name), "image": .string(container.image ?? ""), "imageID": "",
          "ready": .bool(isReady), "started": .bool(isReady), "restartCount": 0, "state": state,
        ]
      })
  }

  private func status(_ pod: Pod, _ fields: KeyValuePairs<String, JSONValue?>) -> KubeRequest {
    .mergePatch(
      pod.key, ["status": .fields(fields)], subresource: "status",
      options: WriteOptions(fieldManager: Kubelet.manager))
  }
}
