import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeTestServer
import KubeTransport
import Testing

/// The gateway's pods: a server at the Service's address, to which the aggregator sends requests
/// for the gateway's API.
struct GatewayPods {
  let admin: KubeClient
  let namespace: String

  /// Serves with the certificate in the Secret until the task is cancelled.
  func run() async {
    var port: TLSServer?
    var served: SecretBytes?
    while !Task.isCancelled {
      let service = try? await admin.find(Service.self, namespace: namespace, name: GatewayNames.service)
      let secret = try? await admin.find(Secret.self, namespace: namespace, name: GatewayNames.servingSecret)
      if let address = service?.spec.clusterIP, let chain = secret?.data["tls.crt"],
        let key = secret?.data["tls.key"], chain != served
      {
        await port?.stop()
        port = try? TLSServer(certificateChainPEM: chain.exposed(), keyPEM: key) { answer($0) }
        if (try? await port?.start(host: address, port: Int(GatewayNames.port))) != nil { served = chain }
        await publish()
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
    await port?.stop()
  }

  /// Creates Endpoints, which the aggregator requires although it uses the Service's address, and a
  /// slice of them, from which the manager knows the pods.
  private func publish() async {
    guard let slices = try? await HubRequirements.endpointSlices(admin) else { return }
    let slice: JSONValue = [
      "apiVersion": .string(slices.apiVersion), "kind": "EndpointSlice", "addressType": "IPv4",
      "metadata": [
        "name": .string(GatewayNames.service), "namespace": .string(namespace),
        "labels": .fields([CertificateRotation.serviceNameLabel: .string(GatewayNames.service)]),
      ],
      "endpoints": [["addresses": ["192.0.2.1"], "conditions": ["ready": true]]],
      "ports": [["name": "https", "port": .integer(Int64(GatewayNames.port)), "protocol": "TCP"]],
    ]
    let place = ObjectKey(slices, namespace: namespace, name: GatewayNames.service)
    _ = try? await admin.bytes(.apply(place, slice, fieldManager: "endpoints", force: true))
    let type = ResourceType(
      group: "", version: "v1", kind: "Endpoints", plural: "endpoints", isNamespaced: true)
    let key = ObjectKey(type, namespace: namespace, name: GatewayNames.service)
    let endpoints: JSONValue = [
      "apiVersion": "v1", "kind": "Endpoints",
      "metadata": ["name": .string(key.name), "namespace": .string(namespace)],
      "subsets": [
        [
          "addresses": [["ip": "192.0.2.1"]],
          "ports": [["name": "https", "port": .integer(Int64(GatewayNames.port)), "protocol": "TCP"]],
        ]
      ],
    ]
    _ = try? await admin.bytes(
      .apply(key, endpoints, fieldManager: "endpoints", force: true))
  }

  private func answer(_ request: KubeRequest) -> KubeResponse {
    func json(_ value: JSONValue) -> KubeResponse {
      KubeResponse(
        status: .ok, headers: [.contentType: "application/json"],
        body: ResponseBody(JSONWriter().bytes(value)))
    }
    let type = ClusterGateway.type
    if request.path.last == "healthz" {
      return KubeResponse(status: .ok, body: ResponseBody(Array("ok".utf8)))
    }
    if request.path.last == type.plural {
      return json([
        "apiVersion": .string(type.apiVersion), "kind": "ClusterGatewayList", "metadata": [:], "items": [],
      ])
    }
    return json([
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(type.apiVersion),
      "resources": [
        [
          "name": .string(type.plural), "kind": .string(type.kind), "namespaced": false,
          "verbs": ["get", "list"],
        ]
      ],
    ])
  }
}
