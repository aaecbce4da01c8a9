import HTTPTypes
import KubeCore
import KubeTransport
import Testing

@Suite struct RequestTests {
  let key = ObjectKey(deployments, namespace: "ns", name: "web")
  let secret: JSONValue = [
    "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"],
    "data": ["token": .secret(SecretBytes(utf8: "aHVudGVyMg=="))],
  ]

  func line(_ request: KubeRequest) -> String { "\(request.method.rawValue) \(request.target)" }

  @Test func `every read has its path and query`() {
    let selection = ResourceSelection(
      deployments, namespace: "ns", labelSelector: "app=web,tier!=test", fieldSelector: "metadata.name=web")
    #expect(line(.get(key)) == "GET /apis/apps/v1/namespaces/ns/deployments/web")
    #expect(
      line(.get(key, subresource: "status")) == "GET /apis/apps/v1/namespaces/ns/deployments/web/status")
    #expect(line(.get(ObjectKey(namespaces, name: "a"))) == "GET /api/v1/namespaces/a")
    #expect(
      line(.get(ObjectKey(namespaces, namespace: "ignored", name: "a"))) == "GET /api/v1/namespaces/a")
    #expect(line(.list(ResourceSelection(configMaps))) == "GET /api/v1/configmaps")
    #expect(
      line(
        .list(
          selection, limit: 2, continue: "t/=", resourceVersion: "0", resourceVersionMatch: "NotOlderThan"))
        == "GET /apis/apps/v1/namespaces/ns/deployments?labelSelector=app%3Dweb%2Ctier%21%3Dtest"
        + "&fieldSelector=metadata.name%3Dweb&limit=2&continue=t%2F%3D&resourceVersion=0"
        + "&resourceVersionMatch=NotOlderThan")
    #expect(
      line(.watch(.named("x", of: configMaps), resourceVersion: "7", timeoutSeconds: 30))
        == "GET /api/v1/configmaps?watch=true&fieldSelector=metadata.name%3Dx&resourceVersion=7"
        + "&allowWatchBookmarks=true&timeoutSeconds=30")
    #expect(line(.raw(path: "/readyz/")) == "GET /readyz")
    #expect(
      line(.raw(path: "/apis/x/v1/gateways/a/proxy/healthz", query: [.init("verbose", "")]))
        == "GET /apis/x/v1/gateways/a/proxy/healthz?verbose=")
  }

  @Test func `every write has its method, media type and options`() {
    let options = WriteOptions(fieldManager: "me", isDryRun: true)
    let query = "fieldManager=me&fieldValidation=Strict&dryRun=All"
    let path = "/apis/apps/v1/namespaces/ns/deployments"
    func check(_ request: KubeRequest, _ expected: String, type: String, body: JSONValue) {
      #expect(line(request) == expected)
      #expect(request.headers[.contentType] == type)
      #expect(request.headers[.accept] == "application/json")
      #expect(request.body?.exposed() == JSONWriter().bytes(body))
      #expect(request.isWrite && !request.isWatch)
    }
    check(
      .create(key, ["a": 1], options: options), "POST \(path)?\(query)", type: "application/json",
      body: ["a": 1])
    check(
      .create(key, ["a": 1], subresource: "token", options: WriteOptions(fieldValidation: nil)),
      "POST \(path)/web/token", type: "application/json", body: ["a": 1])
    check(
      .replace(key, with: ["a": 1], subresource: "status", options: options),
      "PUT \(path)/web/status?\(query)",
      type: "application/json", body: ["a": 1])
    check(
      .apply(key, ["a": 1], fieldManager: "me", force: true, options: options),
      "PATCH \(path)/web?\(query)&force=true", type: "application/apply-patch+yaml", body: ["a": 1])
    check(
      .apply(key, ["a": 1], fieldManager: "me", subresource: "status"),
      "PATCH \(path)/web/status?fieldManager=me&fieldValidation=Strict", type: "application/apply-patch+yaml",
      body: ["a": 1])
    check(
      .jsonPatch(key, [.remove(path: "/a")], options: options), "PATCH \(path)/web?\(query)",
      type: "application/json-patch+json", body: [["op": "remove", "path": "/a"]])
    check(
      .mergePatch(key, ["a": .null], subresource: "scale", options: options),
      "PATCH \(path)/web/scale?\(query)",
      type: "application/merge-patch+json", body: ["a": .null])
    check(
      .delete(
        key,
        options: DeletionOptions(uid: "u", resourceVersion: "3", propagation: .foreground, isDryRun: true)),
      "DELETE \(path)/web", type: "application/json",
      body: [
        "apiVersion": "v1", "kind": "DeleteOptions", "dryRun": ["All"], "propagationPolicy": "Foreground",
        "preconditions": ["uid": "u", "resourceVersion": "3"],
      ])
    check(
      .deleteCollection(ResourceSelection(deployments, namespace: "ns", labelSelector: "a=b")),
      "DELETE \(path)?labelSelector=a%3Db", type: "application/json",
      body: ["apiVersion": "v1", "kind": "DeleteOptions"])
  }

  @Test func `a request for metadata alone accepts no whole object`() {
    let selection = ResourceSelection(configMaps, isMetadataOnly: true)
    let one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    #expect(KubeRequest.get(key, metadataOnly: true).headers[.accept] == one)
    #expect(KubeRequest.watch(selection).headers[.accept] == one)
    #expect(
      KubeRequest.list(selection).headers[.accept]
        == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
  }

  @Test func `a patch becomes the request of its operation`() throws {
    let target = ObjectKey(configMaps, namespace: "ns", name: "a")
    func request(
      _ operation: ObjectPatch.Operation, _ precondition: ObjectPatch.Precondition, subresource: String? = nil
    ) -> KubeRequest {
      let patch = ObjectPatch(
        target: target, subresource: subresource, operation: operation, precondition: precondition, reason: ""
      )
      return KubeRequest(patch, fieldManager: "me")
    }
    func body(_ request: KubeRequest) throws -> JSONValue {
      try JSONParser().parse(try #require(request.body).exposed())
    }
    let create = request(.create(secret), .absent)
    #expect(line(create) == "POST /api/v1/namespaces/ns/configmaps?fieldManager=me&fieldValidation=Strict")
    #expect(try body(create)["data"]?["token"] == "aHVudGVyMg==")
    #expect(!"\(create)".contains("aHVudGVyMg=="))
    let apply = request(
      .apply(["a": 1], force: true), .uidAndResourceVersion(uid: "u", resourceVersion: "4"),
      subresource: "status")
    #expect(
      line(apply)
        == "PATCH /api/v1/namespaces/ns/configmaps/a/status?fieldManager=me-status&fieldValidation=Strict&force=true"
    )
    #expect(apply.headers[.contentType] == "application/apply-patch+yaml")
    #expect(try body(apply) == ["a": 1, "metadata": ["uid": "u", "resourceVersion": "4"]])
    let patch = request(.patch([.remove(path: "/x")]), .uid("u"))
    #expect(patch.headers[.contentType] == "application/json-patch+json")
    #expect(
      try body(patch) == [
        ["op": "test", "path": "/metadata/uid", "value": "u"], ["op": "remove", "path": "/x"],
      ])
    let delete = request(.delete, .uid("u"))
    #expect(line(delete) == "DELETE /api/v1/namespaces/ns/configmaps/a")
    #expect(try body(delete)["preconditions"] == ["uid": "u"])
    let dry = KubeRequest(
      ObjectPatch(target: target, operation: .delete, precondition: .absent, reason: ""), fieldManager: "me",
      isDryRun: true)
    #expect(dry.queryValue("dryRun") == "All")
  }

  @Test(arguments: ["", ".", "..", "a/b"])
  func `an empty name is never sent`(_ name: String) async throws {
    let transport = ScriptedTransport()
    let client = KubeClient(transport, fieldManager: "me")
    let error = await #expect(throws: KubeError.self) {
      try await client.delete(ObjectKey(configMaps, namespace: "ns", name: name))
    }
    #expect(error?.code == .badRequest && error?.mayHaveTakenEffect == false)
    #expect(transport.requests.isEmpty)
  }

  @Test func `no name leaves its path segment`() {
    let request = KubeRequest.get(ObjectKey(configMaps, namespace: "a?b#c", name: "ü %2e"))
    #expect(request.target == "/api/v1/namespaces/a%3Fb%23c/configmaps/%C3%BC%20%252e")
  }
}
