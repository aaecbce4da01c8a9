public import KubeCore
import KubeKindsCore
import KubeKindsDiscovery
public import KubeMemory
public import KubeTransport

/// The EndpointSlice controller: maintains a slice of the ready pods for each Service with a
/// selector.
public struct EndpointSliceController: RequestingController {
  /// The controller's name.
  public let name = "endpoint slice controller"
  /// The kinds that it reads.
  public let kinds = [Service.type, Pod.type, EndpointSlice.type]

  /// Creates a controller.
  public init() {}

  /// The label of a slice that names its Service.
  public static let serviceLabel = "kubernetes.io/service-name"

  /// The requests for slices that are missing or don't contain the ready pods.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(Service.self).compactMap { service in
      guard service.metadata.deletionTimestamp == nil, !service.spec.selector.isEmpty else { return nil }
      let desired = slice(for: service, in: server)
      let options = Workload.options
      guard let observed = server.object(desired.key) else {
        return .create(desired.key, desired.json, options: options)
      }
      guard
        observed.json["endpoints"] ?? [] != desired.endpoints.json
          || observed.json["ports"] != desired.ports.json
      else { return nil }
      return .mergePatch(
        desired.key, ["endpoints": desired.endpoints.json, "ports": desired.ports.json], options: options)
    }
  }

  private func slice(for service: Service, in server: MemoryAPIServer) -> EndpointSlice {
    let pods = server.objects(Pod.self, namespace: service.metadata.namespace).filter { pod in
      pod.metadata.deletionTimestamp == nil && pod.isReady
        && service.spec.selector.allSatisfy { pod.metadata.labels[$0.key] == $0.value }
    }
    return EndpointSlice(
      metadata: ObjectMeta(
        name: service.metadata.name + "-slice", namespace: service.metadata.namespace,
        labels: [EndpointSliceController.serviceLabel: service.metadata.name],
        ownerReferences: [service.ownerReference(controller: true, blockOwnerDeletion: true)].compactMap {
          $0
        }),
      addressType: "IPv4",
      endpoints: pods.map { pod in
        Endpoint(
          addresses: [pod.status.podIP ?? ""],
          conditions: EndpointConditions(ready: true, serving: true, terminating: false),
          targetRef: ObjectReference(
            kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid))
      },
      ports: service.spec.ports.map { port in
        EndpointPort(name: port.name, port: port.port, protocol: port.protocol ?? "TCP")
      })
  }
}
