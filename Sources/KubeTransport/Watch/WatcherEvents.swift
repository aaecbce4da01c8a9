package import KubeCore

/// The changes of a selection's objects: a ``Watcher`` driven over a client. May be iterated once.
///
/// The sequence has no end; it throws only when the task is cancelled, or for a failure for which
/// `isFinal` is true. Other failures are passed to `onFailure` and followed by a wait.
public struct WatcherEvents: AsyncSequence, Sendable {
  /// The type of thrown errors: `CancellationError`, or a ``KubeError`` for which `isFinal` is
  /// true.
  public typealias Failure = any Error
  /// One event.
  public typealias Element = WatcherEvent

  let client: KubeClient
  let watcher: Watcher
  let idleTimeout: Duration?
  let jitter: @Sendable () -> Double
  let onOpen: @Sendable () -> Void
  let onFailure: @Sendable (KubeError) -> Void
  /// Transforms each object as soon as it is decoded, so that a long list is never held in full.
  package var transform: @Sendable (DynamicObject) -> DynamicObject = { $0 }
  /// Whether a failure ends the sequence, which then throws it.
  var isFinal: @Sendable (KubeError) -> Bool = { _ in false }

  /// An iterator that drives the watcher.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let source: WatcherEvents
    private var watcher: Watcher
    private var events: WatchEvents.AsyncIterator?
    private var deadline: InitialEventsDeadline?

    init(_ source: WatcherEvents) {
      self.source = source
      watcher = source.watcher
    }

    /// Returns the next event. Throws `CancellationError` when the task is cancelled, or a failure
    /// for which `isFinal` is true.
    public mutating func next() async throws -> WatcherEvent? {
      while true {
        try Task.checkCancellation()
        do {
          if let event = try await step() { return event }
          if let rejection = watcher.takeRejection() {
            events = nil
            source.onFailure(rejection)
          }
        } catch let error as KubeError {
          events = nil
          source.onFailure(error)
          if source.isFinal(error) { throw error }
          watcher.failed(error)
        }
      }
    }

    private mutating func step() async throws -> WatcherEvent? {
      switch watcher.nextAction(jitter: source.jitter()) {
      case .wait(let duration):
        try await source.client.clock.sleep(for: duration)
        return nil
      case .list(let request):
        let transform = source.transform
        return watcher.received(
          page: try await source.client.page(
            request, of: watcher.selection, snapshot: watcher.listedVersion,
            { (json) throws(FieldError) in transform(try DynamicObject(json)) }))
      case .watch(let request):
        events = try await source.client.watch(
          request, watcher.selection, idleTimeout: source.idleTimeout
        ).makeAsyncIterator()
        watcher.opened()
        deadline = InitialEventsDeadline(watcher.options.initialEventsTimeout, source.client.clock)
        source.onOpen()
        return nil
      case .readEvent:
        if case .streaming(let objects) = watcher.state, let remaining = deadline?.remaining(objects) {
          guard remaining > .zero else {
            throw KubeError(
              code: .timeout, request: .init(.watch(watcher.selection)),
              message: "the server has not said in time that the initial events are complete")
          }
          events?.idleTimeout = remaining
        }
        guard let event = try await events?.next() else {
          events = nil
          watcher.ended()
          return nil
        }
        if case .error(let status) = event {
          // The machine would do the same with the event; as an error it is also reported.
          throw KubeError(.watch(watcher.selection), httpStatus: status.code ?? 500, status: status)
        }
        let wasStreaming = if case .streaming = watcher.state { true } else { false }
        let result = watcher.received(event.transformed(by: source.transform))
        switch watcher.state {
        case .watching where wasStreaming: events?.idleTimeout = source.idleTimeout
        case .streaming, .watching: break
        // The event made the machine give up this watch.
        default: events = nil
        }
        return result
      }
    }
  }

  /// Returns an iterator that begins with a list.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

/// The deadline of a streaming list: a timeout since its last new object, and a multiple of that
/// altogether, so that the changes of a busy selection don't count as initial events.
private struct InitialEventsDeadline {
  /// The maximum duration of a streaming list, as a multiple of the timeout.
  private static let maximumFactor = 4

  private let timeout: Duration
  private let stopwatch: Stopwatch
  private var objects = 0
  private var lastProgress = Duration.zero

  init(_ timeout: Duration, _ clock: any Clock<Duration>) {
    self.timeout = timeout
    stopwatch = Stopwatch(clock)
  }

  /// Returns the time left until the initial events must end or another object be new, after
  /// `objects` of them.
  mutating func remaining(_ objects: Int) -> Duration {
    let now = stopwatch.elapsed
    if objects > self.objects {
      self.objects = objects
      lastProgress = now
    }
    return min(lastProgress + timeout, timeout * Self.maximumFactor) - now
  }
}

extension KubeClient {
  /// Follows the objects of `selection` across lists, in pages of ``limits``, and watches, whatever
  /// happens to the connection and the server.
  ///
  /// - Parameters:
  ///   - selection: The objects.
  ///   - options: The times of the watcher, and how it lists.
  ///   - idleTimeout: The time without bytes after which a watch counts as broken. Longer than the
  ///     server's own timeout for watches, since a quiet selection may get nothing before the end.
  ///   - jitter: Random numbers from 0 to 1 that spread the waits, one for each.
  ///   - onOpen: Called each time a watch was opened, which shows that the server permits it.
  ///   - onFailure: Called with each failure.
  public func watcher(
    _ selection: ResourceSelection, options: Watcher.Options = Watcher.Options(),
    idleTimeout: Duration? = .seconds(320),
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    onOpen: @escaping @Sendable () -> Void = {},
    onFailure: @escaping @Sendable (KubeError) -> Void = { _ in }
  ) -> WatcherEvents {
    WatcherEvents(
      client: self, watcher: Watcher(selection, options: options, limits: limits), idleTimeout: idleTimeout,
      jitter: jitter, onOpen: onOpen, onFailure: onFailure)
  }
}

extension WatchEvent {
  /// Returns the event with its object transformed.
  fileprivate func transformed(by transform: (DynamicObject) -> DynamicObject) -> WatchEvent {
    switch self {
    case .added(let object): .added(transform(object))
    case .modified(let object): .modified(transform(object))
    case .deleted, .bookmark, .error: self
    }
  }
}
