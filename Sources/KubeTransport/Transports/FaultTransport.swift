import HTTPTypes
import KubeCore
import Synchronization

/// A transport that injects the faults of a ``FaultPlan``, for tests of a program's error handling.
///
/// In a stack it is directly around the real or in-memory server; see ``Transport``.
///
/// ```swift
/// // The first write is executed, and its response is lost.
/// let transport = FaultTransport(cluster, plan: FaultPlan([0: .responseLost], scope: .writes))
/// ```
public final class FaultTransport: Transport {
  private let base: any Transport
  private let plan: FaultPlan
  private let sleep: @Sendable (Duration) async throws -> Void
  private let state = Mutex((count: 0, injected: [Fault]()))

  /// Creates a transport around `base`.
  ///
  /// - Parameters:
  ///   - base: The wrapped transport.
  ///   - plan: The faults.
  ///   - clock: The clock of delays and of the timeouts of hanging requests.
  public init(_ base: any Transport, plan: FaultPlan, clock: some Clock<Duration> = ContinuousClock()) {
    self.base = base
    self.plan = plan
    sleep = { try await clock.sleep(for: $0) }
  }

  /// The injected faults so far.
  public var injected: [Fault] { state.withLock { $0.injected } }
  /// The number of requests that the plan has counted.
  public var requestCount: Int { state.withLock { $0.count } }

  /// Sends `request` or injects a fault.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let fault = state.withLock { state -> Fault? in
      guard plan.scope.contains(request) else { return nil }
      defer { state.count += 1 }
      guard let fault = plan.fault(at: state.count) else { return nil }
      state.injected.append(fault)
      return fault
    }
    switch fault {
    case nil:
      return try await base.send(request)
    case .delay(let duration):
      return try await delayed(request, by: duration)
    case .refusal(let status, let reason, let seconds):
      return Self.refusal(status, reason: reason, seconds: seconds)
    case .denial(let message):
      return Self.refusal(403, reason: "Forbidden", seconds: nil, message: message)
    case .connectionFailed:
      throw TransportError(code: .connectionFailed, requestWasSent: false, message: "an injected fault")
    case .requestLost:
      throw Self.lost
    case .responseLost:
      _ = try await base.send(request)
      throw Self.lost
    case .requestHangs:
      try await hang(for: request.timeout)
    case .responseHangs:
      _ = try await base.send(request)
      try await hang(for: request.timeout)
    case .bodyCut(let count):
      var response = try await base.send(request)
      response.body = response.body.ending(afterBytes: count) { throw Self.lost }
      return response
    case .bodyHangs(let count):
      var response = try await base.send(request)
      response.body = response.body.ending(afterBytes: count) { try await untilCancelled() }
      return response
    case .bodyHeld(let count, let duration):
      var response = try await base.send(request)
      response.body = response.body.pausing(afterBytes: count) { [sleep] in try await sleep(duration) }
      return response
    case .historyCompacted:
      return request.asksForThePast ? Self.expired(request) : try await base.send(request)
    case .staleList(let versions):
      return try await stale(request, by: versions)
    }
  }

  private static func expired(_ request: KubeRequest) -> KubeResponse {
    let message = "too old resource version: an injected fault"
    guard request.isWatch else { return refusal(410, reason: "Expired", seconds: nil, message: message) }
    // An open watch reports this with an event.
    let event: JSONValue = [
      "type": "ERROR", "object": status(410, reason: "Expired", seconds: nil, message: message),
    ]
    return KubeResponse(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(JSONWriter().bytes(event) + [UInt8(ascii: "\n")]))
  }

  /// The maximum size in bytes of a list that is requested again in an older state.
  private static let maximumStaleBytes = 64 << 20

  /// Sends `request` and, where the response is a list, once more for an older state of that list.
  private func stale(_ request: KubeRequest, by versions: UInt64) async throws -> KubeResponse {
    let response = try await base.send(request)
    guard request.method == .get, !request.isWatch, !request.asksForThePast, response.status == .ok else {
      return response
    }
    var body: [UInt8] = []
    for try await chunk in response.body {
      body += chunk
      guard body.count <= Self.maximumStaleBytes else {
        throw TransportError(
          code: .connectionLost, requestWasSent: true,
          message: "an injected fault: the list is longer than \(Self.maximumStaleBytes) bytes")
      }
    }
    if let list = try? JSONParser().parse(body), list["items"]?.array != nil,
      let version = list.value(at: "metadata", "resourceVersion")?.string.flatMap({ UInt64($0) }),
      version > 1
    {
      var past = request
      past.query.removeAll { $0.name == "resourceVersion" || $0.name == "resourceVersionMatch" }
      past.query.append(.init("resourceVersion", String(version - min(versions, version - 1))))
      past.query.append(.init("resourceVersionMatch", "Exact"))
      let old = try await base.send(past)
      if old.status == .ok { return old }
    }
    return KubeResponse(
      status: response.status, headers: response.headers, body: ResponseBody(body))
  }

  private static var lost: TransportError {
    TransportError(code: .connectionLost, requestWasSent: true, message: "an injected fault")
  }

  private func delayed(_ request: KubeRequest, by duration: Duration) async throws -> KubeResponse {
    if let timeout = request.timeout, timeout <= duration { try await hang(for: timeout) }
    try await sleep(duration)
    var request = request
    if let timeout = request.timeout { request.timeout = timeout - duration }
    return try await base.send(request)
  }

  private func hang(for timeout: Duration?) async throws -> Never {
    guard let timeout else { try await untilCancelled() }
    try await sleep(timeout)
    throw TransportError(
      code: .timedOut, requestWasSent: true, message: "no response in time: an injected fault")
  }

  private static func status(_ code: Int, reason: String, seconds: Int?, message: String) -> JSONValue {
    .fields([
      "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message),
      "reason": .string(reason), "code": .integer(code),
      "details": seconds.map { ["retryAfterSeconds": .integer($0)] },
    ])
  }

  private static func refusal(
    _ status: Int, reason: String, seconds: Int?, message: String = "an injected fault"
  ) -> KubeResponse {
    let body = self.status(status, reason: reason, seconds: seconds, message: message)
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.retryAfter] = seconds.map(String.init)
    return KubeResponse(
      status: .init(code: min(max(status, 100), 999)), headers: headers,
      body: ResponseBody(JSONWriter().bytes(body)))
  }
}

extension KubeRequest {
  /// Whether the request is for a state before the newest one.
  fileprivate var asksForThePast: Bool {
    func has(_ name: String) -> Bool { !["", "0"].contains(queryValue(name) ?? "") }
    if isWatch { return has("resourceVersion") && queryValue("sendInitialEvents") != "true" }
    return method == .get
      && (has("continue") || has("resourceVersion") && queryValue("resourceVersionMatch") == "Exact")
  }
}

extension ResponseBody {
  /// The body with a pause, made by `pause`, after its first `count` bytes.
  fileprivate func pausing(afterBytes count: Int, _ pause: @escaping @Sendable () async throws -> Void)
    -> ResponseBody
  {
    ResponseBody {
      var chunks = self.makeAsyncIterator()
      var rest = Swift.max(0, count)
      var kept: [UInt8]?
      var hasPaused = false
      return AsyncIterator {
        if rest == 0 && !hasPaused {
          hasPaused = true
          try await pause()
        }
        if let chunk = kept {
          kept = nil
          return chunk
        }
        guard let chunk = try await chunks.next() else { return nil }
        guard !hasPaused else { return chunk }
        let part = chunk.prefix(rest)
        rest -= part.count
        if part.count < chunk.count { kept = Array(chunk.dropFirst(part.count)) }
        return Array(part)
      }
    }
  }

  /// The first `count` bytes of the body, followed by `end`. A shorter body ends by itself.
  fileprivate func ending(afterBytes count: Int, _ end: @escaping @Sendable () async throws -> Never)
    -> ResponseBody
  {
    ResponseBody {
      var chunks = self.makeAsyncIterator()
      var rest = Swift.max(0, count)
      return AsyncIterator {
        guard rest > 0 else { try await end() }
        guard let chunk = try await chunks.next() else { return nil }
        let part = chunk.prefix(rest)
        rest -= part.count
        return Array(part)
      }
    }
  }
}
