public import KubeCore
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The Endpoints controller: maintains the addresses of a Service's pods, for each Service with a
/// selector.
public struct EndpointsController: RequestingController {
  /// The controller's name.
  public let name = "endpoints controller"
  /// The kinds that it reads.
  public let kinds = [Service.type, Pod.type, Endpoints.type]

  /// Creates a controller.
  public init() {}

  /// The requests for Endpoints that are missing or don't contain the pods.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(Service.self).compactMap { service in
      guard service.metadata.deletionTimestamp == nil, !service.spec.selector.isEmpty else { return nil }
      let desired = endpoints(of: service, in: server)
      guard let observed = server.object(desired.key) else {
        return .create(desired.key, desired.json, options: Workload.options)
      }
      guard observed.json["subsets"] ?? [] != desired.json["subsets"] ?? [] else { return nil }
      return .mergePatch(
        desired.key, ["subsets": desired.json["subsets"] ?? .null], options: Workload.options)
    }
  }

  private func endpoints(of service: Service, in server: MemoryAPIServer) -> Endpoints {
    let pods = server.objects(Pod.self, namespace: service.metadata.namespace).filter { pod in
      pod.isLiving && pod.status.podIP != nil
        && service.spec.selector.allSatisfy { pod.metadata.labels[$0.key] == $0.value }
    }
    func addresses(_ isReady: Bool) -> [EndpointAddress] {
      pods.filter { $0.isReady == isReady }.map { pod in
        EndpointAddress(
          ip: pod.status.podIP ?? "",
          targetRef: ObjectReference(
            kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid),
          nodeName: pod.spec.nodeName)
      }
    }
    let subset = EndpointSubset(
      addresses: addresses(true), notReadyAddresses: addresses(false),
      ports: service.spec.ports.map { port in
        EndpointPort(name: port.name, port: number(of: port, pods), protocol: port.protocol ?? "TCP")
      })
    return Endpoints(
      metadata: ObjectMeta(name: service.metadata.name, namespace: service.metadata.namespace),
      subsets: pods.isEmpty ? [] : [subset])
  }

  /// The port of the pods behind a Service's port.
  private func number(of port: ServicePort, _ pods: [Pod]) -> Int32 {
    switch port.targetPort {
    case .int(let number): number
    case .string(let name):
      pods.lazy.flatMap(\.spec.containers).flatMap(\.ports).first { $0.name == name }?.containerPort
        ?? port.port
    case nil: port.port
    }
  }
}
