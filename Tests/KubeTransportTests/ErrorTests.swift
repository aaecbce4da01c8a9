import HTTPTypes
import KubeCore
import KubeTransport
import Testing

@Suite struct ErrorTests {
  struct Row: Sendable, CustomStringConvertible {
    var http: Int
    var body: JSONValue?
    var text: String?
    var code: KubeError.Code
    var mayHaveTakenEffect = false
    var isTransient = false
    var description: String { "\(http) \(body?.description ?? text ?? "") → \(code)" }

    init(
      _ http: Int, _ body: JSONValue?, _ code: KubeError.Code, took: Bool = false, transient: Bool = false,
      text: String? = nil
    ) {
      (self.http, self.body, self.code, self.text) = (http, body, code, text)
      (mayHaveTakenEffect, isTransient) = (took, transient)
    }
  }

  static let uidCause = StatusCause(
    reason: "FieldValueInvalid", message: "field is immutable", field: "metadata.uid")
  static let managerCause = StatusCause(
    reason: "FieldManagerConflict", message: "conflict with \"kubectl\" using apps/v1",
    field: ".spec.replicas")

  /// The responses to a write, and their meaning.
  static let rows: [Row] = [
    Row(400, status(400, "BadRequest"), .badRequest),
    Row(400, nil, .badRequest),
    Row(401, status(401, "Unauthorized", "Unauthorized"), .unauthorized),
    Row(401, nil, .unauthorized, text: "Unauthorized\n"),
    Row(403, status(403, "Forbidden", "secrets is forbidden: User \"x\" cannot list"), .forbidden),
    Row(403, nil, .forbidden, text: "<html>no</html>"),
    Row(404, status(404, "NotFound"), .notFound),
    Row(404, nil, .notFound, text: "404 page not found\n"),
    Row(405, status(405, "MethodNotAllowed"), .unsupported),
    Row(406, status(406, "NotAcceptable"), .unsupported),
    Row(408, nil, .timeout, transient: true),
    Row(409, status(409, "AlreadyExists", "x already exists"), .alreadyExists),
    Row(409, status(409, "Conflict", "the object has been modified; please apply your changes"), .conflict),
    Row(409, nil, .conflict),
    Row(409, status(409, "Conflict", "Apply failed", causes: [managerCause]), .applyConflict),
    Row(
      409,
      status(409, "Conflict", "Precondition failed: UID in precondition: a, UID in object meta: b"),
      .preconditionFailed),
    Row(
      409, status(409, "Conflict", "the UID in the precondition (a) does not match the UID in record (b)"),
      .preconditionFailed),
    Row(
      409,
      status(409, "Conflict", "uid mismatch: the provided object specified uid a, and no existing object"),
      .preconditionFailed),
    Row(
      409, status(409, "Conflict", "the ResourceVersion in the precondition (1) does not match"), .conflict),
    Row(410, status(410, "Expired", "too old resource version: 1 (2)"), .gone),
    Row(410, status(410, "Gone"), .gone),
    Row(410, nil, .gone),
    Row(412, nil, .preconditionFailed),
    Row(413, status(413, "RequestEntityTooLarge"), .tooLarge),
    Row(415, status(415, "UnsupportedMediaType"), .unsupported),
    Row(422, status(422, "Invalid", "spec.replicas: Invalid value: -1"), .invalid),
    Row(422, nil, .invalid),
    Row(422, status(422, "Invalid", "it is invalid", causes: [uidCause]), .preconditionFailed),
    Row(
      422, status(422, "Invalid", "x is invalid: metadata.uid: Invalid value: \"a\": field is immutable"),
      .preconditionFailed),
    Row(
      422, status(422, nil, "testing value /metadata/uid failed: test failed"), .preconditionFailed),
    Row(
      422,
      status(
        422, "Invalid", "the server rejected our request due to an error in our request",
        causes: [StatusCause(message: "testing value /metadata/resourceVersion failed: test failed")]),
      .conflict),
    Row(422, status(422, "Invalid", "spec.uidRange: Invalid value"), .invalid),
    Row(429, status(429, "TooManyRequests", retryAfter: 2), .tooManyRequests, transient: true),
    Row(429, nil, .tooManyRequests, transient: true),
    Row(500, status(500, "InternalError", "etcd"), .serverError, took: true, transient: true),
    Row(500, status(500, "ServerTimeout", retryAfter: 1), .timeout, took: true, transient: true),
    Row(
      500, status(500, "", "failed to create typed patch object: .spec.x: field not declared"), .serverError),
    Row(500, nil, .serverError, took: true, transient: true, text: "oops"),
    Row(502, nil, .serverError, took: true, transient: true, text: "<html>Bad Gateway</html>"),
    Row(503, status(503, "ServiceUnavailable", retryAfter: 1), .serverError, transient: true),
    Row(503, nil, .serverError, took: true, transient: true),
    Row(504, status(504, "Timeout"), .timeout, took: true, transient: true),
    Row(507, nil, .serverError, took: true, transient: true),
    Row(302, nil, .badResponse),
  ]

  @Test func `a JSON patch that doesn't apply is a failed precondition`() async throws {
    // Real servers don't say which operation failed.
    let bytes = JSONWriter().bytes(
      status(422, "Invalid", "the server rejected our request due to an error in our request"))
    let key = ObjectKey(configMaps, namespace: "ns", name: "a")
    let patch = KubeRequest.jsonPatch(key, [.test(path: "/metadata/uid", "1")])
    #expect(KubeError(patch, httpStatus: 422, body: bytes).code == .preconditionFailed)
    let merge = KubeRequest.mergePatch(key, [:])
    #expect(KubeError(merge, httpStatus: 422, body: bytes).code == .invalid)
  }

  @Test(arguments: rows)
  func `a refusal has its code`(_ row: Row) async throws {
    let bytes = row.body.map { JSONWriter().bytes($0) } ?? Array((row.text ?? "").utf8)
    let answer = KubeResponse(status: .init(code: row.http), body: ResponseBody(bytes))
    let client = KubeClient(ScriptedTransport(answer), fieldManager: "me", limits: noIdleTimeout)
    let error = try #require(
      await #expect(throws: KubeError.self) {
        try await client.create(ObjectKey(configMaps, namespace: "ns", name: "a"), configMap("a"))
      })
    #expect(error.code == row.code)
    #expect(error.httpStatus == row.http)
    #expect(error.mayHaveTakenEffect == row.mayHaveTakenEffect)
    #expect(error.isTransient == row.isTransient)
    #expect(error.description.hasPrefix("POST /api/v1/namespaces/ns/configmaps: \(row.code)"))
  }

  @Test func `conflicts name manager and field`() throws {
    let causes = [
      Self.managerCause,
      StatusCause(
        reason: "FieldManagerConflict", message: "conflict with \"a b\" with subresource \"status\"",
        field: ".f"),
      StatusCause(reason: "FieldManagerConflict"),
    ]
    let body = JSONWriter().bytes(status(409, "Conflict", causes: causes))
    let error = KubeError(.raw(path: "/x"), httpStatus: 409, body: body)
    #expect(
      error.applyConflicts == [
        .init(manager: "kubectl", field: ".spec.replicas"), .init(manager: "a b", field: ".f"),
        .init(manager: "unknown", field: ""),
      ])
    #expect(error.description.contains(".spec.replicas is owned by \"kubectl\""))
  }

  @Test func `the retry delay comes from the header or the status`() {
    let request = KubeRequest.raw(path: "/x")
    #expect(KubeError(request, httpStatus: 429, headers: [.retryAfter: "7"]).retryAfter == .seconds(7))
    let body = JSONWriter().bytes(status(429, "TooManyRequests", retryAfter: 3))
    #expect(KubeError(request, httpStatus: 429, body: body).retryAfter == .seconds(3))
    #expect(KubeError(request, httpStatus: 429, headers: [.retryAfter: "-1"]).retryAfter == nil)
    #expect(
      KubeError(request, httpStatus: 429, headers: [.retryAfter: "99999999999999"]).retryAfter
        == .seconds(300))
  }

  @Test func `a decoder's quote of the request is removed`() {
    let message =
      "v1.Secret: error found in #10 byte of ...|\"token\":\"hunter2\"|..., bigger context ...|hunter2|..."
    let body = JSONWriter().bytes(
      status(400, "BadRequest", message, causes: [StatusCause(message: "x bigger context hunter2")]))
    let error = KubeError(.raw(.post, path: "/x"), httpStatus: 400, body: body)
    #expect(!"\(error) \(String(reflecting: error))".contains("hunter2"))
    #expect(error.status?.message == "v1.Secret: (the rest is withheld)")
  }

  @Test func `a lost response to a write is ambiguous unless nothing was sent`() async throws {
    let key = ObjectKey(configMaps, namespace: "ns", name: "a")
    func failure(sent: Bool, _ code: TransportError.Code = .connectionLost) -> ScriptedTransport.Answer {
      { _ in throw TransportError(code: code, requestWasSent: sent, message: "gone") }
    }
    let client = KubeClient(
      ScriptedTransport([
        failure(sent: true), failure(sent: false), failure(sent: true),
        { _ in throw ScriptedTransport.ScriptIsOver() },
        failure(sent: true, .timedOut),
      ]), fieldManager: "me", limits: noIdleTimeout)
    let lost = await #expect(throws: KubeError.self) { try await client.delete(key) }
    #expect(lost?.code == .transportFailure && lost?.mayHaveTakenEffect == true)
    let unsent = await #expect(throws: KubeError.self) { try await client.delete(key) }
    #expect(unsent?.mayHaveTakenEffect == false)
    let read = await #expect(throws: KubeError.self) { try await client.get(key) }
    #expect(read?.mayHaveTakenEffect == false)
    let unknown = await #expect(throws: KubeError.self) { try await client.delete(key) }
    #expect(unknown?.mayHaveTakenEffect == true)
    let late = await #expect(throws: KubeError.self) { try await client.delete(key) }
    #expect(late?.code == .timeout && late?.mayHaveTakenEffect == true)
  }
}
