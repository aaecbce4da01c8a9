import GatewayAPI
import HTTPTypes
import KubeCore
public import KubeMemory
public import KubeTransport

/// The aggregated API of cluster-gateway and the clusters behind it, as far as asking for their health goes: an
/// API server's transport on which the way through the gateway leads somewhere.
public struct GatewayStandIn: Transport {
  /// The hub.
  public let hub: MemoryHub
  /// Clusters that don't answer.
  public var unreachable: Set<String>

  /// The gateway on `hub`.
  public init(_ hub: MemoryHub, unreachable: Set<String> = []) {
    self.hub = hub
    self.unreachable = unreachable
  }

  /// Answers for the gateway what is the gateway's, and has the hub answer the rest.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let type = ClusterGateway.type
    let collection = ["apis", type.group, type.version, type.plural]
    guard request.path.starts(with: collection), request.path.count > collection.count + 1,
      request.path[collection.count + 1] == "proxy"
    else { return try await hub.send(request) }
    let answer = answer(for: request.path[collection.count], on: await hub.snapshot)
    return KubeResponse(
      status: HTTPResponse.Status(code: answer.code), body: ResponseBody(Array(answer.text.utf8)))
  }

  private func answer(for cluster: String, on server: MemoryAPIServer) -> (code: Int, text: String) {
    let type = ClusterGateway.type
    let service = server.object(APIService.self, name: "\(type.version).\(type.group)")
    guard let service, service.status.conditions.isTrue("Available"),
      let place = service.spec.service?.namespace,
      let gateway = server.objects(Deployment.type).first(where: { $0.metadata.namespace == place }),
      let namespace = GatewayStandIn.secretNamespace(of: gateway)
    else { return (503, "service unavailable\n") }
    let secret = server.object(Secret.self, namespace: namespace, name: cluster)
    guard let secret, secret.metadata.labels[GatewayLabels.credentialType] != nil else {
      return status(
        404, "NotFound", "\(type.plural).\(type.group) \"\(cluster)\" not found",
        StatusDetails(name: cluster, group: type.group, kind: type.plural))
    }
    if unreachable.contains(cluster) {
      return status(503, "ServiceUnavailable", "error trying to reach service: dial tcp: i/o timeout")
    }
    // A cluster knows the tokens of the accounts that are there.
    let isKnown = server.objects(ManagedServiceAccount.type).contains { account in
      guard account.metadata.namespace == cluster else { return false }
      let issued = server.object(Secret.self, namespace: cluster, name: account.metadata.name)
      return issued?.data["token"] != nil && issued?.data["token"] == secret.data["token"]
    }
    return isKnown ? (200, "ok") : status(401, "Unauthorized", "Unauthorized")
  }

  private static func secretNamespace(of deployment: DynamicObject) -> String? {
    let flag = "--secret-namespace="
    let containers = deployment.json.value(at: "spec", "template", "spec", "containers")?.array ?? []
    return containers.flatMap { ($0["args"]?.array ?? []).compactMap(\.string) }
      .last { $0.hasPrefix(flag) }.map { String($0.dropFirst(flag.count)) }
  }

  private func status(_ code: Int, _ reason: String, _ message: String, _ details: StatusDetails? = nil)
    -> (code: Int, text: String)
  {
    let status = Status(
      status: "Failure", message: message, reason: reason, details: details, code: code)
    return (code, JSONWriter().text(status.json))
  }
}
