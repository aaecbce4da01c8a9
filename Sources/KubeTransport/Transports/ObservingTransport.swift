public import CoreMetrics
import HTTPTypes
import Metrics
import Tracing

/// A transport that measures requests, under the metric names of Kubernetes dashboards, and creates
/// a span for each.
///
/// - `rest_client_requests_total{code,method,host}`: requests by HTTP status; the code is `<error>`
///   where there was no response.
/// - `rest_client_request_duration_seconds{verb,host}`: the time until a response's head; the
///   verb is the HTTP method.
/// - a client span named by the method, with the attributes of OpenTelemetry's HTTP conventions;
///   its context is sent in the request's headers in the format of the bootstrapped instrument.
///
/// The backends are those of swift-metrics and swift-distributed-tracing; without a bootstrapped
/// one, requests pass unchanged. Bodies, queries and user names are never recorded. In a stack it
/// is below every transport that waits or repeats; see ``Transport``.
public struct ObservingTransport: Transport {
  private let base: any Transport
  private let host: String?
  private let factory: (any MetricsFactory)?
  private let stopwatch: Stopwatch

  /// Creates a transport around `base`.
  ///
  /// - Parameters:
  ///   - base: The wrapped transport.
  ///   - host: The server's name in metrics and spans; `nil` omits it, for a program with one
  ///     server.
  ///   - metrics: The metrics' destination; `nil` for the bootstrapped one of swift-metrics.
  ///   - clock: The clock of the durations.
  public init(
    _ base: any Transport, host: String? = nil, metrics: (any MetricsFactory)? = nil,
    clock: some Clock<Duration> = ContinuousClock()
  ) {
    self.base = base
    self.host = host
    factory = metrics
    stopwatch = Stopwatch(clock)
  }

  /// Sends `request` through the wrapped transport.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    try await withSpan(request.method.rawValue, ofKind: .client) { span in
      span.attributes["http.request.method"] = request.method.rawValue
      span.attributes["url.path"] = "/" + request.path.joined(separator: "/")
      if let host { span.attributes["server.address"] = host }
      var request = request
      InstrumentationSystem.instrument.inject(span.context, into: &request.headers, using: HeaderInjector())
      let start = stopwatch.elapsed
      do {
        let response = try await base.send(request)
        let code = response.status.code
        span.attributes["http.response.status_code"] = code
        if code >= 400 { span.setStatus(SpanStatus(code: .error)) }
        measure(request, code: String(code), since: start)
        return response
      } catch {
        measure(request, code: "<error>", since: start)
        throw error
      }
    }
  }

  private func measure(_ request: KubeRequest, code: String, since start: Duration) {
    let host = host.map { [("host", $0)] } ?? []
    let factory = factory ?? MetricsSystem.factory
    Counter(
      label: "rest_client_requests_total",
      dimensions: [("code", code), ("method", request.method.rawValue)] + host,
      factory: factory
    ).increment()
    let (seconds, attoseconds) = (stopwatch.elapsed - start).components
    Timer(
      label: "rest_client_request_duration_seconds", dimensions: [("verb", request.method.rawValue)] + host,
      factory: factory
    ).recordNanoseconds(min(seconds, 1 << 30) * 1_000_000_000 + attoseconds / 1_000_000_000)
  }

  private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into headers: inout HTTPFields) {
      if let name = HTTPField.Name(key) { headers[name] = value }
    }
  }
}
