/// The one thing that stands between this library and an API server: it sends a request and returns the
/// response.
///
/// Everything else (typed verbs, watches, retries, observation) is built on top, so a stranger's
/// implementation, over another HTTP client or over nothing at all, works with all of it.
///
/// The contract:
/// - **Responses.** `send` returns as soon as the response's head is there; the body is read from
///   `KubeResponse.body`, chunk by chunk as its reader asks, so that a slow reader slows the server down.
///   A body that was cut off throws; it never looks complete.
/// - **Errors.** An HTTP error status is a response, not a thrown error. A thrown error means that there is
///   no
///   response: then a write *may or may not* have taken effect, unless the error is a `TransportError` whose
///   `requestWasSent` is `false`.
/// - **Cancellation.** Cancelling the calling task ends the request, and the reading of its body, promptly,
///   with
///   `CancellationError`; what the server has done by then stays done. Letting go of a body that was not read
/// to
///   its end ends the response, too.
/// - **Deadlines.** A request's `timeout` bounds the time until the response's head, with waiting for
///   a turn and connecting. Past it, `TransportError.Code.timedOut` is thrown (or
///   `connectionFailed`, where that is as far as it came). The reader of the body bounds the rest.
/// - **Shutdown.** A transport that holds connections ends them, and every open body, when it is shut down;
///   afterwards `send` throws `TransportError.Code.shutDown` and nothing is sent. Wrappers hold nothing:
/// whoever
///   made the innermost transport shuts it down.
/// - **Concurrency.** `send` may be called by any number of tasks at once; nothing is promised about the
///   order in
///   which the server sees their requests.
///
/// Transports wrap transports. From the outside in, a stack is usually:
///
/// | | |
/// |---|---|
/// | `RecordingTransport` | outermost: records what the program asked for, and what came of it in the end |
/// | `ImpersonatingTransport` | anywhere; here, so that all below sees on whose behalf |
/// | `RetryingTransport` | above everything that should be repeated |
/// | `WarningTransport` | below retries, so that no answer's warnings are missed |
/// | `RateLimitingTransport` | below retries, so that they wait for their turn, too |
/// | `ObservingTransport` | below the waits, so that what it measures is the server |
/// | `FaultTransport` | in tests: directly around the real or embedded server |
/// | `HTTPTransport`, `MemoryHub`, … | the server |
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
