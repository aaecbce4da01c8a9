public import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeKindsDiscovery
public import KubeMemory
public import KubeTesting
public import KubeTransport

/// kube-apiserver's aggregator: reports for each APIService whether its server can be reached.
public struct Aggregator: RequestingController {
  /// A TLS client's verification of a server with this name, which presents `chain` (PEM), against
  /// `bundle` (PEM): the error, or `nil` if it accepts the server.
  public typealias Verification =
    @Sendable (
      _ chain: SecretBytes, _ serverName: String, _ bundle: [UInt8], _ time: Date
    ) -> String?

  /// The controller's name.
  public let name = "aggregator"
  /// The kinds that it reads.
  public let kinds = [APIService.type, Service.type, EndpointSlice.type, Pod.type, Secret.type]
  /// The verification of the server's certificate; `nil` accepts every one.
  public var verify: Verification?

  /// Creates an aggregator.
  public init(verify: Verification? = nil) { self.verify = verify }

  /// The requests for outdated conditions.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(APIService.type).compactMap { object in
      guard object.metadata.deletionTimestamp == nil, let service = try? object.decode(APIService.self),
        let reference = service.spec.service
      else { return nil }
      let problem = self.problem(of: service, reference, in: server, at: time)
      var conditions = ConditionWriter(service.status.conditions, at: time)
      if let (reason, message) = problem {
        conditions.set("Available", .false, reason: reason, message: message)
      } else {
        conditions.set("Available", .true, reason: "Passed", message: "all checks passed")
      }
      return .status(["conditions": conditions.json], of: object, type: APIService.type, by: "kube-apiserver")
    }
  }

  private func problem(
    of service: APIService, _ reference: ServiceReference, in server: MemoryAPIServer, at time: Date
  ) -> (reason: String, message: String)? {
    let (name, namespace) = (reference.name ?? "", reference.namespace ?? "")
    let place = "service/\(name) in \"\(namespace)\""
    guard let target = server.object(Service.self, namespace: namespace, name: name) else {
      return ("ServiceNotFound", "\(place) is not present")
    }
    guard let port = target.spec.ports.first(where: { $0.port == reference.port ?? 443 }) else {
      return ("ServicePortError", "\(place) is not listening on port \(reference.port ?? 443)")
    }
    let slices = server.objects(EndpointSlice.self, namespace: namespace).filter {
      $0.metadata.labels[EndpointSliceController.serviceLabel] == name
    }
    guard !slices.isEmpty else { return ("EndpointsNotFound", "cannot find endpointslices for \(place)") }
    guard slices.contains(where: { !$0.endpoints.isEmpty }) else {
      return (
        "MissingEndpoints",
        "endpointslices for \(place) have no addresses with port name \"\(port.name ?? "")\""
      )
    }
    let api =
      "https://\(name).\(namespace).svc:\(port.port)/apis/\(service.spec.group ?? "")/\(service.spec.version ?? "")"
    func failure(_ why: String) -> (String, String) {
      ("FailedDiscoveryCheck", "failing or missing response from \(api): \(why)")
    }
    guard let bundle = service.spec.caBundle, !bundle.isEmpty else {
      return failure("x509: certificate signed by unknown authority")
    }
    guard let verify else { return nil }
    // A pod reads the certificate from its mounted Secret, whenever that changes.
    let mounted = server.objects(Pod.self, namespace: namespace).lazy.flatMap(\.spec.volumes)
      .compactMap { $0.secret?.secretName }
    let chains = Set(mounted).sorted().compactMap { secret in
      server.object(Secret.self, namespace: namespace, name: secret)
    }.filter { $0.type == "kubernetes.io/tls" }.compactMap { $0.data["tls.crt"] }
    guard let chain = chains.first else { return failure("connection refused") }
    return verify(chain, "\(name).\(namespace).svc", bundle, time).map { failure("x509: \($0)") }
  }
}
