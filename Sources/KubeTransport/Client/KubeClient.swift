import HTTPTypes
public import KubeCore

/// The API's verbs over any transport: sends requests, collects and reads the answers, and turns refusals
/// into `KubeError`.
///
/// Every method throws `KubeError`, or `CancellationError` when the calling task is cancelled. A client is a
/// value
/// without state of its own; it retries nothing: wrap its transport for that (`RetryingTransport`).
public struct KubeClient: Sendable {
  /// What the client accepts at most, and how long it waits.
  public struct Limits: Sendable, Hashable {
    /// The longest response body that is collected, in bytes. Watches aren't bounded by it.
    public var responseBytes: Int
    /// How many objects to ask for per page of a list.
    public var pageSize: Int
    /// How many pages a list may have.
    public var pages: Int
    /// How long to wait for the head of a response, where the request doesn't say; `nil` leaves it to the
    /// transport.
    public var headTimeout: Duration?
    /// How long to wait for the next part of a response's body; `nil` waits for ever.
    public var idleTimeout: Duration?

    /// Limits; by default 256 MiB, 500 objects, 10,000 pages, and 60 seconds each.
    public init(
      responseBytes: Int = 256 << 20, pageSize: Int = 500, pages: Int = 10_000,
      headTimeout: Duration? = .seconds(60), idleTimeout: Duration? = .seconds(60)
    ) {
      self.responseBytes = responseBytes
      self.pageSize = pageSize
      self.pages = pages
      self.headTimeout = headTimeout
      self.idleTimeout = idleTimeout
    }
  }

  /// What carries the requests.
  public var transport: any Transport
  /// Who writes, as managedFields will say.
  public var fieldManager: String
  /// What is accepted at most.
  public var limits: Limits
  /// The clock that timeouts are measured by.
  public var clock: any Clock<Duration>

  /// A client over `transport` that writes as `fieldManager`.
  public init(
    _ transport: any Transport, fieldManager: String, limits: Limits = Limits(),
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.transport = transport
    self.fieldManager = fieldManager
    self.limits = limits
    self.clock = clock
  }

  // MARK: Sending

  /// Sends `request` and returns the response once its head has come and is a success (2xx); else throws the
  /// `KubeError`
  /// that it stands for.
  public func open(_ request: KubeRequest) async throws -> KubeResponse {
    if let malformation = request.malformation {
      throw KubeError(
        code: .badRequest, request: .init(request), message: "nothing was sent: \(malformation)")
    }
    var request = request
    if request.timeout == nil { request.timeout = limits.headTimeout }
    let response: KubeResponse
    do {
      response = try await transport.send(request)
    } catch {
      throw try Self.failure(request, error)
    }
    if response.status.kind == .successful { return response }
    // The refusal is what matters: a body that breaks off or is too long must not hide it.
    let body = try await collect(response.body, request, limit: 1 << 20, isRequired: false)
    throw KubeError(
      request, httpStatus: response.status.code, headers: response.headers, body: body)
  }

  /// Sends `request` and collects the answer's bytes, as `logs` or a proxied path gives them.
  public func bytes(_ request: KubeRequest) async throws -> [UInt8] {
    try await collect(open(request).body, request, limit: limits.responseBytes, isRequired: true)
  }

  /// Sends `request` and reads the answer as JSON; `nil` where the answer has no body.
  public func json(_ request: KubeRequest) async throws -> JSONValue? {
    let body = try await bytes(request)
    if body.isEmpty { return nil }
    do {
      return try JSONParser(maximumBytes: limits.responseBytes).parse(body)
    } catch {
      throw Self.badResponse(request, "the body is not JSON (line \(error.line), column \(error.column))")
    }
  }

  /// Sends `request` and reads the answer as an object; `nil` where the answer is a bare success or empty. Throws for a
  /// `Status` that is none, whatever the HTTP status says.
  public func object(_ request: KubeRequest) async throws -> DynamicObject? {
    try await object(request, expecting: nil)
  }

  /// The same, for an answer that is an object of `expected` where it is an object.
  package func object(
    _ request: KubeRequest, expecting expected: AnswerKind?
  ) async throws -> DynamicObject? {
    guard let json = try await json(request) else { return nil }
    if json["kind"] == "Status", json["apiVersion"] == "v1" {
      try Self.requireSuccess(json, of: request)
      return nil
    }
    try Self.require(expected, json, of: request)
    return try Self.reading(request) { () throws(FieldError) in try DynamicObject(json) }
  }

  func requiredObject(_ request: KubeRequest, expecting expected: AnswerKind?) async throws -> DynamicObject {
    guard let object = try await object(request, expecting: expected) else {
      throw Self.badResponse(request, "an object was expected, and the answer holds none")
    }
    return object
  }

  /// Throws what a `Status` that came with a success stands for, unless it says the same.
  static func requireSuccess(_ json: JSONValue, of request: KubeRequest) throws(KubeError) {
    let status = try reading(request) { () throws(FieldError) in try Status(from: FieldReader(json)) }
    guard status.status != "Success" else { return }
    throw badResponse(request, "the answer is a Status that says no success")
  }

  private func collect(
    _ body: ResponseBody, _ request: KubeRequest, limit: Int, isRequired: Bool
  ) async throws -> [UInt8] {
    do {
      return try await withIdleTimeout(limits.idleTimeout, clock: clock) { reportProgress in
        var bytes: [UInt8] = []
        for try await chunk in body {
          guard chunk.count <= limit - bytes.count else {
            guard isRequired else { return [] }
            throw Self.badResponse(request, "the body is longer than the limit of \(limit) bytes")
          }
          bytes += chunk
          reportProgress()
        }
        // A cancelled reader may see an end that isn't the body's.
        try Task.checkCancellation()
        return bytes
      }
    } catch let error as KubeError {
      throw error
    } catch {
      guard isRequired || Task.isCancelled else { return [] }
      throw try Self.failure(request, error)
    }
  }

  // MARK: Failures

  /// The `KubeError` that a transport's error stands for; throws `CancellationError` where the task was
  /// cancelled.
  static func failure(_ request: KubeRequest, _ error: any Error) throws -> KubeError {
    if Task.isCancelled { throw CancellationError() }
    return error as? KubeError ?? KubeError(request, transportFailure: error)
  }

  static func badResponse(_ request: KubeRequest, _ message: String) -> KubeError {
    KubeError(
      code: .badResponse, request: .init(request), message: message, mayHaveTakenEffect: request.isWrite)
  }

  /// What `read` reads of an answer; its `FieldError` becomes a bad response that names the field.
  static func reading<Value>(
    _ request: KubeRequest, _ read: () throws(FieldError) -> Value
  ) throws(KubeError) -> Value {
    do {
      return try read()
    } catch {
      // The path alone: the problem may repeat what the field holds.
      throw badResponse(request, "the field \(error.path) of the answer is not as the API has it")
    }
  }
}
