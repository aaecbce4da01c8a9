/// The protocol between this library and an API server: it sends a request and returns the
/// response.
///
/// Everything else (typed verbs, watches, retries, observation) is built on it, so that any
/// implementation, over another HTTP client or without a network, works with all of it.
/// ``KubeClient`` is the client over a transport.
///
/// The contract:
/// - **Responses.** ``send(_:)`` returns when the response's head has arrived; the body is read
///   from ``KubeResponse/body``, chunk by chunk on demand, so that a slow reader slows the server
///   down. A truncated body throws; it never looks complete.
/// - **Errors.** An HTTP error status is a response, not a thrown error. A thrown error means that
///   there is no response: then a write *may or may not* have taken effect, unless the error is a
///   ``TransportError`` whose ``TransportError/requestWasSent`` is `false`.
/// - **Cancellation.** Cancelling the calling task ends the request, and the reading of its body,
///   promptly, with `CancellationError`; the server's work until then is not undone. Releasing a
///   body that was not read to its end ends the response, too.
/// - **Deadlines.** A request's ``KubeRequest/timeout`` limits the time until the response's head,
///   including waits for the rate limit and for a connection. After it,
///   ``TransportError/Code/timedOut`` is thrown (or ``TransportError/Code/connectionFailed`` where
///   no connection was established). The reader of the body limits the rest.
/// - **Shutdown.** A transport that holds connections ends them, and every open body, when it is
///   shut down; afterwards `send` throws ``TransportError/Code/shutDown`` and nothing is sent.
///   Wrappers hold none: the creator of the innermost transport shuts it down.
/// - **Concurrency.** `send` may be called by any number of tasks at once; nothing is promised
///   about the order in which the server sees their requests.
///
/// Transports wrap transports. From the outside in, a stack is usually:
///
/// | | |
/// |---|---|
/// | ``RecordingTransport`` | outermost: records the program's requests and their final results |
/// | ``ImpersonatingTransport`` | anywhere; here, so that all transports below see the user |
/// | ``RetryingTransport`` | above everything that should be repeated |
/// | ``WarningTransport`` | below retries, so that it sees every response's warnings |
/// | ``RateLimitingTransport`` | below retries, so that the limit includes them |
/// | ``ObservingTransport`` | below the waits, so that it measures the server |
/// | ``FaultTransport`` | in tests: directly around the real or in-memory server |
/// | `HTTPTransport`, `InMemoryCluster`, … | the server |
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
