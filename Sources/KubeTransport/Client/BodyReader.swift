/// A reader of a response's body, chunk by chunk, with an idle timeout.
///
/// `@unchecked Sendable` because the iterator is passed to another task for one call of `next`,
/// whose end is awaited before `next` returns: two tasks never use it at once as long as the reader
/// itself has one owner.
final class BodyReader: @unchecked Sendable {
  private var iterator: ResponseBody.AsyncIterator
  var idleTimeout: Duration?
  private let timer: DeadlineTimer

  init(_ body: ResponseBody, idleTimeout: Duration?, timer: DeadlineTimer) {
    iterator = body.makeAsyncIterator()
    self.idleTimeout = idleTimeout
    self.timer = timer
  }

  /// The next chunk; `nil` at the end. Throws ``TransportError/Code/timedOut`` when nothing arrived
  /// within the idle timeout, and `CancellationError` when the task is cancelled.
  func next() async throws -> [UInt8]? {
    try await withIdleTimeout(idleTimeout, timer: timer) { _ in try await self.iterator.next() }
  }
}
