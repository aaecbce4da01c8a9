import GatewayAPI
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// A transport that answers for the aggregated API of cluster-gateway and the clusters behind it:
/// lists, and requests for the clusters' health.
public struct SimulatedGateway: Transport {
  /// The hub.
  public let hub: InMemoryCluster
  /// The clusters that don't answer.
  public var unreachable: Set<String>
  /// Whether it answers with an error after it has written a cluster's health, as cluster-gateway
  /// does for Secrets without an endpoint.
  public var failsHealthWrites: Bool

  /// Creates the gateway of `hub`.
  public init(_ hub: InMemoryCluster, unreachable: Set<String> = [], failsHealthWrites: Bool = false) {
    self.hub = hub
    self.unreachable = unreachable
    self.failsHealthWrites = failsHealthWrites
  }

  /// Answers requests for the gateway's API, and passes the others to the hub.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let type = ClusterGateway.type
    let collection = ["apis", type.group, type.version, type.plural]
    guard request.path.starts(with: collection) else { return try await hub.send(request) }
    let rest = request.path.dropFirst(collection.count)
    let answer: (code: Int, text: String)
    if rest.isEmpty, request.method == .get {
      let isMetadataOnly = request.headers[.accept]?.contains("PartialObjectMetadataList") ?? false
      answer = list(on: await hub.snapshot, metadataOnly: isMetadataOnly)
    } else if let cluster = rest.first, rest.dropFirst().first == "proxy" {
      answer = self.answer(for: cluster, on: await hub.snapshot)
    } else if let cluster = rest.first, rest.dropFirst().first == "health", request.method == .put {
      answer = try await recordHealth(
        of: cluster, request.body.flatMap { try? JSONParser().parse($0.exposed()) })
    } else {
      return try await hub.send(request)
    }
    return KubeResponse(
      status: HTTPResponse.Status(code: answer.code), body: ResponseBody(Array(answer.text.utf8)))
  }

  private func recordHealth(of cluster: String, _ body: JSONValue?) async throws -> (code: Int, text: String)
  {
    guard let namespace = servingNamespace(on: await hub.snapshot) else {
      return SimulatedGateway.unavailable
    }
    let status = body?["status"]
    let key = ObjectKey(Secret.type, namespace: namespace, name: cluster)
    let annotations: JSONValue = [
      GatewayAnnotations.healthy: .string(status?["healthy"] == true ? "true" : "false"),
      GatewayAnnotations.healthyReason: .string(status?["healthyReason"]?.string ?? ""),
    ]
    let answer = try await hub.send(
      .mergePatch(
        key, ["metadata": ["annotations": annotations]], options: WriteOptions(fieldManager: "apiserver")))
    guard answer.status.code < 300 else { return (answer.status.code, "") }
    return failsHealthWrites
      ? self.status(500, reason: "InternalError", message: "missing secret data key: endpoint")
      : (200, JSONWriter().text([:]))
  }

  /// The namespace from whose Secrets the pod that gets the requests serves; `nil` if none answers.
  private func servingNamespace(on server: MemoryAPIServer) -> String? {
    guard let service = GatewayProcess.apiService(in: server), service.status.conditions.isTrue("Available"),
      let place = service.spec.service?.namespace,
      let gateway = server.objects(Deployment.type).first(where: { $0.metadata.namespace == place })
    else { return nil }
    let pods = server.objects(Pod.self, namespace: place).filter { pod in
      pod.metadata.deletionTimestamp == nil && pod.metadata.labels[GatewayLabels.addOnName] != nil
        && pod.status.conditions.isTrue("Ready")
    }
    // An API server keeps its connection to one of them.
    if let pod = pods.first, !GatewayProcess.serves(pod) { return nil }
    return SimulatedGateway.secretNamespace(of: gateway)
  }

  private static let unavailable = (code: 503, text: "service unavailable\n")

  /// The list of gateway Secrets as the gateway returns it: tokens included, and without regard to
  /// a limit.
  private func list(on server: MemoryAPIServer, metadataOnly: Bool) -> (code: Int, text: String) {
    guard let namespace = servingNamespace(on: server) else { return SimulatedGateway.unavailable }
    let type = ClusterGateway.type
    let secrets = server.objects(Secret.self, namespace: namespace).filter {
      $0.metadata.labels[GatewayLabels.credentialType] != nil
    }
    let items = secrets.map { secret -> JSONValue in
      let metadata = ObjectMeta(name: secret.metadata.name)
      if metadataOnly {
        return ["apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata.json]
      }
      let credential = ClusterGatewayCredential(
        type: secret.metadata.labels[GatewayLabels.credentialType],
        serviceAccountToken: secret.data["token"])
      return ClusterGateway(
        metadata: metadata, spec: ClusterGatewaySpec(access: ClusterGatewayAccess(credential: credential))
      ).json
    }
    let list = JSONValue.fields([
      "apiVersion": .string(metadataOnly ? "meta.k8s.io/v1" : type.apiVersion),
      "kind": .string(metadataOnly ? "PartialObjectMetadataList" : "\(type.kind)List"),
      "metadata": ["resourceVersion": ""], "items": .array(items),
    ])
    return (200, JSONWriter(secrets: .revealed).text(list))
  }

  private func answer(for cluster: String, on server: MemoryAPIServer) -> (code: Int, text: String) {
    let type = ClusterGateway.type
    guard let namespace = servingNamespace(on: server) else { return SimulatedGateway.unavailable }
    let secret = server.object(Secret.self, namespace: namespace, name: cluster)
    guard let secret, secret.metadata.labels[GatewayLabels.credentialType] != nil else {
      return status(
        404, reason: "NotFound", message: "\(type.plural).\(type.group) \"\(cluster)\" not found",
        details: StatusDetails(name: cluster, group: type.group, kind: type.plural))
    }
    if unreachable.contains(cluster) {
      return status(
        503, reason: "ServiceUnavailable", message: "error trying to reach service: dial tcp: i/o timeout")
    }
    // A cluster accepts the tokens of its existing accounts.
    let isKnown = server.objects(ManagedServiceAccount.type).contains { account in
      guard account.metadata.namespace == cluster else { return false }
      let issued = server.object(Secret.self, namespace: cluster, name: account.metadata.name)
      return issued?.data["token"] != nil && issued?.data["token"] == secret.data["token"]
    }
    return isKnown ? (200, "ok") : status(401, reason: "Unauthorized", message: "Unauthorized")
  }

  private static func secretNamespace(of deployment: DynamicObject) -> String? {
    let flag = "--secret-namespace="
    let containers = deployment.json.value(at: "spec", "template", "spec", "containers")?.array ?? []
    return containers.flatMap { ($0["args"]?.array ?? []).compactMap(\.string) }
      .last { $0.hasPrefix(flag) }.map { String($0.dropFirst(flag.count)) }
  }

  private func status(_ code: Int, reason: String, message: String, details: StatusDetails? = nil)
    -> (code: Int, text: String)
  {
    let status = Status(
      status: "Failure", message: message, reason: reason, details: details, code: code)
    return (code, JSONWriter().text(status.json))
  }
}
