import GatewayManager
import HTTPTypes
import KubeCore
import KubeTransport
import Testing

@Suite struct HubRequirementsTests {
  /// A server that has EndpointSlices in these versions.
  private struct Server: Transport {
    var versions: [String]

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      guard request.path == ["apis", "discovery.k8s.io"], !versions.isEmpty else {
        return KubeResponse(
          status: .notFound, body: ResponseBody(Array("404 page not found\n".utf8)))
      }
      let group: JSONValue = [
        "kind": "APIGroup", "apiVersion": "v1", "name": "discovery.k8s.io",
        "versions": .array(
          versions.map { ["groupVersion": .string("discovery.k8s.io/\($0)"), "version": .string($0)] }),
      ]
      return KubeResponse(status: .ok, body: ResponseBody(JSONWriter().bytes(group)))
    }
  }

  @Test(arguments: [(["v1"], "v1"), (["v1", "v1beta1"], "v1"), (["v1beta1"], "v1beta1"), ([], "v1")])
  func `EndpointSlices are read in the version that the server serves`(served: [String], read: String)
    async throws
  {
    let client = KubeClient(Server(versions: served), fieldManager: "test")
    let type = try await HubRequirements.endpointSlices(client)
    #expect(type.version == read)
    #expect(type.plural == "endpointslices")
  }
}
