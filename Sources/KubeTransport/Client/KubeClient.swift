import HTTPTypes
public import KubeCore

/// The API's verbs over any ``Transport``: sends requests, decodes the responses, and converts
/// refusals to ``KubeError``.
///
/// Every method throws ``KubeError``, or `CancellationError` when the calling task is cancelled. A
/// client is a value; its copies share the timer of their timeouts. It retries nothing: wrap its
/// transport in a ``RetryingTransport`` for that.
public struct KubeClient: Sendable {
  /// The limits of responses and waits.
  public struct Limits: Sendable, Hashable {
    /// The maximum size of a response body in bytes. Watches have no such limit.
    public var responseBytes: Int
    /// The number of objects per page of a list.
    public var pageSize: Int
    /// The maximum number of pages of a list.
    public var pages: Int
    /// The maximum wait for the head of a response to a request without a timeout of its own; `nil`
    /// leaves it to the transport.
    public var headTimeout: Duration?
    /// The maximum wait for the next part of a response's body; `nil` for no limit.
    public var idleTimeout: Duration?

    /// Creates limits; by default 256 MiB, 500 objects, 10,000 pages, and 60 seconds for each wait.
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

  /// The transport of the requests.
  public var transport: any Transport
  /// The field manager of the writes, as managedFields record it.
  public var fieldManager: String
  /// The limits of responses and waits.
  public var limits: Limits
  /// The clock of the timeouts.
  public var clock: any Clock<Duration> {
    didSet { timer = DeadlineTimer(clock) }
  }
  /// The timer of the timeouts on ``clock``.
  private(set) var timer: DeadlineTimer

  /// Creates a client over `transport` that writes as `fieldManager`.
  public init(
    _ transport: any Transport, fieldManager: String, limits: Limits = Limits(),
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.transport = transport
    self.fieldManager = fieldManager
    self.limits = limits
    self.clock = clock
    timer = DeadlineTimer(clock)
  }

  // MARK: Sending

  /// Sends `request` and returns the response when its head has arrived and is a success (2xx);
  /// otherwise throws the ``KubeError`` for it.
  public func open(_ request: KubeRequest) async throws -> KubeResponse {
    try request.validate()
    var request = request
    if request.timeout == nil { request.timeout = limits.headTimeout }
    let response: KubeResponse
    do {
      response = try await transport.send(request)
    } catch {
      throw try Self.failure(request, error)
    }
    if response.status.kind == .successful { return response }
    // The refusal matters more: a truncated or too long body must not hide it.
    let body = try await collect(response.body, request, limit: 1 << 20, isRequired: false)
    throw KubeError(
      request, httpStatus: response.status.code, headers: response.headers, body: body)
  }

  /// Sends `request` and collects the response's bytes, for example of `log` or a proxied path.
  public func bytes(_ request: KubeRequest) async throws -> [UInt8] {
    try await collect(open(request).body, request, limit: limits.responseBytes, isRequired: true)
  }

  /// Sends `request`, of whose response only the status matters: at most 64 KiB of the body are
  /// read, so that a short one ends as the server expects.
  package func complete(_ request: KubeRequest) async throws {
    _ = try await collect(open(request).body, request, limit: 64 << 10, isRequired: false)
  }

  /// Sends `request` and decodes the response as JSON; `nil` where the response has no body.
  public func json(_ request: KubeRequest) async throws -> JSONValue? {
    let body = try await bytes(request)
    if body.isEmpty { return nil }
    do {
      return try JSONParser(maximumBytes: limits.responseBytes).parse(body)
    } catch {
      throw Self.badResponse(request, "the body is not JSON (line \(error.line), column \(error.column))")
    }
  }

  /// Sends `request` and decodes the response as an object; `nil` where the response is a success
  /// without content. Throws for a `Status` that reports a failure, whatever the HTTP status.
  public func object(_ request: KubeRequest) async throws -> DynamicObject? {
    try await object(request, expecting: nil)
  }

  /// Sends `request` like ``object(_:)``, and requires that an object in the response is of
  /// `expected`.
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
      throw Self.badResponse(request, "expected an object, but the response has none")
    }
    return object
  }

  /// Throws the error of a `Status` that came with an HTTP success, unless it reports a success
  /// too.
  static func requireSuccess(_ json: JSONValue, of request: KubeRequest) throws(KubeError) {
    let status = try reading(request) { () throws(FieldError) in try Status(from: FieldReader(json)) }
    guard status.status != "Success" else { return }
    throw badResponse(request, "the response is a Status that reports no success")
  }

  private func collect(
    _ body: ResponseBody, _ request: KubeRequest, limit: Int, isRequired: Bool
  ) async throws -> [UInt8] {
    do {
      return try await withIdleTimeout(limits.idleTimeout, timer: timer) { reportProgress in
        var bytes: [UInt8] = []
        for try await chunk in body {
          guard chunk.count <= limit - bytes.count else {
            guard isRequired else { return [] }
            throw Self.badResponse(request, "the body is longer than the limit of \(limit) bytes")
          }
          bytes += chunk
          reportProgress()
        }
        // A cancelled reader may see an end that isn't the end of the body.
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

  /// The ``KubeError`` for a transport's error; throws `CancellationError` where the task was
  /// cancelled.
  static func failure(_ request: KubeRequest, _ error: any Error) throws -> KubeError {
    if Task.isCancelled { throw CancellationError() }
    return error as? KubeError ?? KubeError(request, transportFailure: error)
  }

  static func badResponse(_ request: KubeRequest, _ message: String) -> KubeError {
    KubeError(
      code: .badResponse, request: .init(request), message: message, mayHaveTakenEffect: request.isWrite)
  }

  /// The result of `read`; its `FieldError` becomes a ``KubeError/Code/badResponse`` that names the
  /// field.
  static func reading<Value>(
    _ request: KubeRequest, _ read: () throws(FieldError) -> Value
  ) throws(KubeError) -> Value {
    do {
      return try read()
    } catch {
      // Only the path: the problem may repeat the field's content.
      throw badResponse(request, "the field \(error.path) of the response is invalid")
    }
  }
}
