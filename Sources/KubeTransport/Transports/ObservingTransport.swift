public import CoreMetrics
import HTTPTypes
import Metrics
import Tracing

/// Measures what passes, under the metric names that Kubernetes dashboards know, and makes a span of each
/// request.
///
/// - `rest_client_requests_total{code,method,host}`: requests by HTTP status; the code is `<error>` where there was no
///   response.
/// - `rest_client_request_duration_seconds{verb,host}`: the time until a response's head; the verb is the HTTP method.
/// - a client span named by the method, with the attributes of OpenTelemetry's HTTP conventions; its context goes along
///   in the request's headers, as the bootstrapped instrument writes it.
///
/// Backends are those of swift-metrics and swift-distributed-tracing; where none was bootstrapped, requests just pass
/// through. Bodies, queries and names of users are never part of it. In a stack it stands below what waits or
/// repeats; see `Transport`.
public struct ObservingTransport: Transport {
  private let base: any Transport
  private let host: String?
  private let factory: (any MetricsFactory)?
  private let elapsed: @Sendable () -> Duration

  /// A transport around `base`.
  ///
  /// - Parameters:
  ///   - host: What metrics and spans call the server; `nil` leaves it out, where a program knows one server
  /// only.
  ///   - metrics: Where metrics go; `nil` for where swift-metrics was bootstrapped to.
  ///   - clock: What durations are measured by.
  public init(
    _ base: any Transport, host: String? = nil, metrics: (any MetricsFactory)? = nil,
    clock: some Clock<Duration> = ContinuousClock()
  ) {
    self.base = base
    self.host = host
    factory = metrics
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
  }

  /// Sends `request` by way of the wrapped transport.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    try await withSpan(request.method.rawValue, ofKind: .client) { span in
      span.attributes["http.request.method"] = request.method.rawValue
      span.attributes["url.path"] = "/" + request.path.joined(separator: "/")
      if let host { span.attributes["server.address"] = host }
      var request = request
      InstrumentationSystem.instrument.inject(span.context, into: &request.headers, using: HeaderInjector())
      let start = elapsed()
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
    let (seconds, attoseconds) = (elapsed() - start).components
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
