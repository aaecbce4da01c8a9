/// The one thing that stands between this library and an API server: it sends a request and returns the
/// response.
///
/// Everything else (typed verbs, watches, retries, observation) is built on top, so a stranger's
/// implementation, over another HTTP client or over nothing at all, works with all of it.
///
/// The contract:
/// - `send` returns as soon as the response's head is there; the body is read from `KubeResponse.body`.
/// - An HTTP error status is a response, not a thrown error. A thrown error means that there is no response:
///   then a write
///   *may or may not* have taken effect, unless the error is a `TransportError` that says that nothing was
/// sent.
/// - Cancelling the calling task ends the request, and the reading of its body, promptly.
/// - A request's `timeout` bounds the time until the response's head; the reader of the body bounds the rest.
///
/// A fake for tests is a struct with a closure:
///
/// ```swift
/// struct FakeTransport: Transport {
///   var answer: @Sendable (KubeRequest) -> KubeResponse
///   func send(_ request: KubeRequest) async throws -> KubeResponse { answer(request) }
/// }
/// ```
public protocol Transport: Sendable {
  /// Sends `request`; throws only where there is no response.
  func send(_ request: KubeRequest) async throws -> KubeResponse
}
