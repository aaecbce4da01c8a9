import HTTPTypes
import KubeCore
import Synchronization

/// Lets go wrong what a plan says, so that a program's tests can see how it copes.
///
/// In a stack it stands directly around the server, real or embedded; see `Transport`.
///
/// ```swift
/// // The first write is carried out, and its response is lost.
/// let transport = FaultTransport(hub, plan: FaultPlan([0: .responseLost], scope: .writes))
/// ```
public final class FaultTransport: Transport {
  private let base: any Transport
  private let plan: FaultPlan
  private let sleep: @Sendable (Duration) async throws -> Void
  private let state = Mutex((count: 0, injected: [Fault]()))

  /// A transport around `base`.
  ///
  /// - Parameters:
  ///   - plan: What goes wrong.
  ///   - clock: What delays, and the timeouts of requests that hang, are measured by.
  public init(_ base: any Transport, plan: FaultPlan, clock: some Clock<Duration> = ContinuousClock()) {
    self.base = base
    self.plan = plan
    sleep = { try await clock.sleep(for: $0) }
  }

  /// What has gone wrong so far.
  public var injected: [Fault] { state.withLock { $0.injected } }
  /// How many requests there were of those that the plan counts.
  public var requestCount: Int { state.withLock { $0.count } }

  /// Sends `request`, or lets it fail.
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
      return Self.refusal(status, reason, seconds)
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
    }
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

  private static func refusal(_ status: Int, _ reason: String, _ seconds: Int?) -> KubeResponse {
    let body: JSONValue = .fields([
      "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "an injected fault",
      "reason": .string(reason), "code": .integer(status),
      "details": seconds.map { ["retryAfterSeconds": .integer($0)] },
    ])
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.retryAfter] = seconds.map(String.init)
    return KubeResponse(
      status: .init(code: min(max(status, 100), 999)), headers: headers,
      body: ResponseBody(JSONWriter().bytes(body)))
  }
}

extension ResponseBody {
  /// The first `count` bytes of the body, and then what `end` does. A body that is shorter ends as it does.
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
