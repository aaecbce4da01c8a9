package import KubeCore

/// A selection followed for ever: a `Watcher` driven over a client. May be iterated once.
///
/// The sequence never ends; it throws only when the task is cancelled. Failures on the way are told to
/// `onFailure` and waited out.
public struct WatcherEvents: AsyncSequence, Sendable {
  /// What the sequence throws: `CancellationError`.
  public typealias Failure = any Error
  /// One event.
  public typealias Element = WatcherEvent

  let client: KubeClient
  let watcher: Watcher
  let idleTimeout: Duration?
  let jitter: @Sendable () -> Double
  let onOpen: @Sendable () -> Void
  let onFailure: @Sendable (KubeError) -> Void
  /// What is kept of each object, as soon as it is read: a list of many is never held whole.
  package var reduction: @Sendable (DynamicObject) -> DynamicObject = { $0 }
  /// Whether a failure ends the sequence, which throws it then.
  var isFinal: @Sendable (KubeError) -> Bool = { _ in false }

  /// Drives the machine.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let source: WatcherEvents
    private var watcher: Watcher
    private var events: WatchEvents.AsyncIterator?
    private var deadline: InitialEventsDeadline?

    init(_ source: WatcherEvents) {
      self.source = source
      watcher = source.watcher
    }

    /// The next event. Throws `CancellationError` when the task is cancelled, and nothing else.
    public mutating func next() async throws -> WatcherEvent? {
      while true {
        try Task.checkCancellation()
        do {
          if let event = try await step() { return event }
          if let objection = watcher.takeObjection() {
            events = nil
            source.onFailure(objection)
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
        let reduction = source.reduction
        return watcher.received(
          page: try await source.client.page(
            request, of: watcher.selection, snapshot: watcher.listedVersion,
            { (json) throws(FieldError) in reduction(try DynamicObject(json)) }))
      case .watch(let request):
        events = try await source.client.watch(
          request, watcher.selection, idleTimeout: source.idleTimeout, maximumFrameBytes: 16 << 20
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
          // The machine would make the same of it; this way it is reported, too.
          throw KubeError(.watch(watcher.selection), httpStatus: status.code ?? 500, status: status)
        }
        let wasStreaming = if case .streaming = watcher.state { true } else { false }
        let result = watcher.received(event.reduced(by: source.reduction))
        switch watcher.state {
        case .watching where wasStreaming: events?.idleTimeout = source.idleTimeout
        case .streaming, .watching: break
        // What came made the machine give up this watch.
        default: events = nil
        }
        return result
      }
    }
  }

  /// An iterator that begins with a list.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

/// How long a streaming list may take: so long without an object that is new in it, and a multiple altogether, so that
/// the changes of a busy selection don't pass for initial events.
private struct InitialEventsDeadline {
  /// How many times the timeout a streaming list may take that goes on.
  private static let maximumFactor = 4

  private let timeout: Duration
  private let elapsed: @Sendable () -> Duration
  private var objects = 0
  private var lastProgress = Duration.zero

  init(_ timeout: Duration, _ clock: any Clock<Duration>) {
    self.timeout = timeout
    elapsed = clock.stopwatch()
  }

  /// How long the end of the initial events, or the next new object, may take, where there are `objects` so far.
  mutating func remaining(_ objects: Int) -> Duration {
    let now = elapsed()
    if objects > self.objects {
      self.objects = objects
      lastProgress = now
    }
    return min(lastProgress + timeout, timeout * Self.maximumFactor) - now
  }
}

extension KubeClient {
  /// Follows the objects of `selection` for ever, whatever happens to the connection and the server.
  ///
  /// - Parameters:
  ///   - options: How: page size, backoff and the like.
  ///   - idleTimeout: How long nothing at all may come on a watch before it counts as broken. Somewhat longer
  /// than
  ///     the server's own timeout for watches, since a quiet selection may see nothing but the end.
  ///   - jitter: Numbers from 0 to 1 that spread waits, drawn at each.
  ///   - onOpen: Called each time a watch is open: the server lets the selection be followed.
  ///   - onFailure: Called with every failure on the way.
  public func watcher(
    _ selection: ResourceSelection, options: Watcher.Options = Watcher.Options(),
    idleTimeout: Duration? = .seconds(320),
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    onOpen: @escaping @Sendable () -> Void = {},
    onFailure: @escaping @Sendable (KubeError) -> Void = { _ in }
  ) -> WatcherEvents {
    WatcherEvents(
      client: self, watcher: Watcher(selection, options: options), idleTimeout: idleTimeout, jitter: jitter,
      onOpen: onOpen, onFailure: onFailure)
  }
}

extension WatchEvent {
  /// The event with its object reduced.
  fileprivate func reduced(by reduction: (DynamicObject) -> DynamicObject) -> WatchEvent {
    switch self {
    case .added(let object): .added(reduction(object))
    case .modified(let object): .modified(reduction(object))
    case .deleted, .bookmark, .error: self
    }
  }
}
