import KubeCore

/// The events of one watch, as they arrive; may be iterated once.
///
/// Nothing is read from the server before the consumer asks: a slow consumer slows the connection
/// down, and nothing accumulates. The sequence ends when the server ends the watch, which is
/// normal.
public struct WatchEvents: AsyncSequence, Sendable {
  /// The type of thrown errors: ``KubeError`` or `CancellationError`.
  public typealias Failure = any Error
  /// One event.
  public typealias Element = WatchEvent

  let request: KubeRequest
  let expected: AnswerKind
  let body: ResponseBody
  let idleTimeout: Duration?
  let timer: DeadlineTimer

  /// An iterator over the events.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let request: KubeRequest
    private let reader: BodyReader
    private var decoder: WatchDecoder
    private var pending: ArraySlice<WatchEvent> = []
    private var hasEnded = false

    /// The time from now on after which a watch without any bytes counts as broken.
    var idleTimeout: Duration? {
      get { reader.idleTimeout }
      nonmutating set { reader.idleTimeout = newValue }
    }

    init(_ events: WatchEvents) {
      request = events.request
      reader = BodyReader(events.body, idleTimeout: events.idleTimeout, timer: events.timer)
      decoder = WatchDecoder(expecting: events.expected)
    }

    /// Returns the next event; `nil` at the end of the watch.
    ///
    /// Throws a ``KubeError``: `badResponse` for anything but an event of an object of the watched
    /// kind, `timeout` after the idle timeout without bytes, `transportFailure` when the connection
    /// broke.
    public mutating func next() async throws -> WatchEvent? {
      while true {
        if let event = pending.popFirst() { return event }
        if hasEnded { return nil }
        do {
          if let chunk = try await reader.next() {
            pending = try decoder.push(chunk)[...]
          } else {
            hasEnded = true
            if let event = decoder.finish() { pending = [event] }
          }
        } catch let error as WatchDecoder.Failure {
          hasEnded = true
          throw KubeClient.badResponse(request, error.description)
        } catch {
          hasEnded = true
          throw try KubeClient.failure(request, error)
        }
      }
    }
  }

  /// An iterator over the events.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

extension KubeClient {
  /// Opens one watch from `resourceVersion` on. To follow objects across watches, use `watcher`
  /// instead. After `idleTimeout` without bytes the watch counts as broken; `nil` is no limit.
  public func watch(
    _ selection: ResourceSelection, resourceVersion: String? = nil, timeoutSeconds: Int? = nil,
    idleTimeout: Duration? = nil
  ) async throws -> WatchEvents {
    try await watch(
      .watch(selection, resourceVersion: resourceVersion, timeoutSeconds: timeoutSeconds), selection,
      idleTimeout: idleTimeout)
  }

  func watch(
    _ request: KubeRequest, _ selection: ResourceSelection, idleTimeout: Duration?
  ) async throws -> WatchEvents {
    WatchEvents(
      request: request, expected: AnswerKind(selection), body: try await open(request).body,
      idleTimeout: idleTimeout, timer: timer)
  }
}
