import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeTestServer
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct Requests {
  @Test(arguments: [true, false]) func `path, query, headers and body arrive unchanged`(http2: Bool)
    async throws
  {
    let received = Shared<KubeRequest?>(nil)
    var request = KubeRequest(
      method: .patch,
      path: ["apis", "a.b/c", "with space", "ü%2F", "system:node:x", "a?b#c", "+&=;,~"],
      query: [
        .init("labelSelector", "a in (b,c),d!=e"), .init("x", "1+1=2&ü"), .init("empty", ""),
        .init("fieldManager", "a/b"),
      ],
      headers: [.contentType: "application/apply-patch+yaml", .accept: "application/json"],
      body: SecretBytes(utf8: "{\"kind\":\"Secret\"}"))
    request.timeout = .seconds(10)
    try await withServer(
      http2: http2,
      handler: {
        received.value = $0
        return .text("{}", status: .created)
      }
    ) { server in
      let based = try ServerURL(server.description + "/k8s/clusters/c-1/")
      try await withTransport(try trusting(based)) { transport in
        let response = try await transport.send(request)
        #expect(response.status == .created)
      }
    }
    let arrived = try #require(received.value)
    #expect(arrived.method == .patch)
    #expect(arrived.path == ["k8s", "clusters", "c-1"] + request.path)
    #expect(arrived.query == request.query)
    #expect(arrived.headers[.contentType] == "application/apply-patch+yaml")
    #expect(arrived.headers[.accept] == "application/json")
    #expect(arrived.headers[.userAgent] == "swift-cluster-gateway")
    #expect(arrived.body == request.body)
  }

  @Test(arguments: [".", ".."]) func `a path segment that servers resolve is never sent`(segment: String)
    async throws
  {
    let configuration = ClientConfiguration(server: try ServerURL("https://127.0.0.1:1"))
    try await withTransport(configuration) { transport in
      let error = await #expect(throws: TransportError.self) {
        _ = try await transport.send(KubeRequest(method: .get, path: ["api", "v1", "namespaces", segment]))
      }
      #expect(error?.code == .invalidRequest && error?.requestWasSent == false)
    }
  }

  @Test(arguments: ["authorization", "Impersonate-User", "Host"])
  func `a request can't set the user's credentials`(name: String) async throws {
    let configuration = ClientConfiguration(server: try ServerURL("https://127.0.0.1:1"))
    let field = try #require(HTTPField.Name(name))
    try await withTransport(configuration) { transport in
      let error = await #expect(throws: TransportError.self) {
        _ = try await transport.send(KubeRequest(method: .get, path: ["api"], headers: [field: "x"]))
      }
      #expect(error?.code == .invalidRequest)
    }
  }

  @Test func `an error status is a response`() async throws {
    try await withServer(handler: { _ in .text("no", status: .notFound) }) { server in
      try await withTransport(try trusting(server)) { transport in
        let response = try await transport.send(versionRequest)
        #expect(response.status == .notFound)
        let text = try await response.text()
        #expect(text == "no")
      }
    }
  }

  @Test func `a redirect is not followed`() async throws {
    try await withServer(handler: { _ in
      KubeResponse(status: .found, headers: [.location: "https://example.com/"])
    }) { server in
      try await withTransport(try trusting(server)) { transport in
        let response = try await transport.send(versionRequest)
        #expect(response.status == .found)
      }
    }
  }

  @Test func `the token is sent, and read again after a refusal`() async throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("token", "old\n".utf8)
    try await withServer(token: "new", handler: { _ in .text("{}") }) { server in
      var configuration = try trusting(server)
      configuration.authentication = .bearer(.file(file))
      try await withTransport(configuration) { transport in
        let refused = try await transport.send(versionRequest)
        #expect(refused.status == .unauthorized)
        let status = try await refused.text()
        #expect(status.contains("\"reason\":\"Unauthorized\""))
        try directory.write("token", "new\n".utf8)
        // After the refused response the file was checked early.
        let again = try await transport.send(versionRequest)
        #expect(again.status == .ok)
      }
    }
  }

  @Test func `impersonation is sent`() async throws {
    let received = Shared<HTTPFields>([:])
    try await withServer(handler: {
      received.value = $0.headers
      return .text("{}")
    }) { server in
      var configuration = try trusting(server)
      configuration.impersonation = Impersonation(user: "jane", groups: ["a", "b"], extra: ["x/y": ["z"]])
      try await withTransport(configuration) { try await expectOK($0) }
    }
    func values(_ name: String) -> [String] { HTTPField.Name(name).map { received.value[values: $0] } ?? [] }
    #expect(values("Impersonate-User") == ["jane"])
    #expect(values("Impersonate-Group") == ["a", "b"])
    #expect(values("Impersonate-Extra-x%2Fy") == ["z"])
  }

  @Test func `a body that is too large for the server is an error`() async throws {
    try await withServer(handler: { _ in .text("{}") }) { server in
      try await withTransport(try trusting(server)) { transport in
        let body = SecretBytes([UInt8](repeating: 0x20, count: TLSServer.maximumBodyBytes + 1))
        let response = try await transport.send(KubeRequest(method: .post, path: ["api"], body: body))
        #expect(response.status.code == 413)
      }
    }
  }

  @Test func `many requests are sent concurrently`() async throws {
    try await withServer(handler: { .text($0.path.last ?? "") }) { server in
      try await withTransport(try trusting(server)) { transport in
        try await withThrowingTaskGroup(of: Bool.self) { group in
          for index in 0..<100 {
            group.addTask {
              try await transport.send(KubeRequest(method: .get, path: ["\(index)"])).text() == "\(index)"
            }
          }
          for try await isRight in group { #expect(isRight) }
        }
      }
    }
  }
}
