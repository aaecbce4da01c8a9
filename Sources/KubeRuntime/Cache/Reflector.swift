public import KubeCore
public import KubeTransport
public import Logging
import Synchronization

/// Keeps an ``ObjectStore`` in step with the server by following a selection.
public struct Reflector: Sendable {
  /// The followed objects.
  public let selection: ResourceSelection
  /// The store that is filled.
  public let store: ObjectStore

  private let transform: @Sendable (DynamicObject) -> DynamicObject
  private let client: KubeClient
  private let options: Watcher.Options
  private let idleTimeout: Duration?
  private let jitter: @Sendable () -> Double
  private let onOpen: @Sendable () -> Void
  private let onFailure: @Sendable (KubeError) -> Void
  private let logger: Logger

  /// Creates a reflector; nothing happens before ``run()``.
  ///
  /// - Parameters:
  ///   - client: The client of the server.
  ///   - selection: The objects to follow.
  ///   - store: The store to fill.
  ///   - transform: Transforms each object as soon as it is decoded.
  ///   - options: The limits and times of the watcher.
  ///   - idleTimeout: The time without bytes after which a watch counts as broken.
  ///   - jitter: Random numbers from 0 to 1 that spread the waits.
  ///   - onOpen: Called each time a watch was opened; must not block.
  ///   - onFailure: Called with each failure; must not block.
  ///   - logger: Logs failures.
  public init(
    _ client: KubeClient, _ selection: ResourceSelection, into store: ObjectStore,
    transform: @escaping @Sendable (DynamicObject) -> DynamicObject = { $0 },
    options: Watcher.Options = Watcher.Options(), idleTimeout: Duration? = .seconds(320),
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    onOpen: @escaping @Sendable () -> Void = {},
    onFailure: @escaping @Sendable (KubeError) -> Void = { _ in }, logger: Logger
  ) {
    self.onOpen = onOpen
    self.onFailure = onFailure
    self.client = client
    self.selection = selection
    self.store = store
    self.transform = transform
    self.options = options
    self.idleTimeout = idleTimeout
    self.jitter = jitter
    self.logger = logger
  }

  /// Follows the selection until the task is cancelled; then throws `CancellationError`, and
  /// nothing else.
  public func run() async throws {
    let (logger, selection, onOpen, onFailure) = (logger, selection, onOpen, onFailure)
    let lastFailure = FailureMemory()
    var events = client.watcher(
      selection, options: options, idleTimeout: idleTimeout, jitter: jitter,
      onOpen: {
        lastFailure.forget()
        onOpen()
      },
      onFailure: { error in
        // An expired version is normal, and a repeated failure has been logged.
        let isNews = error.code != .gone && lastFailure.isNews("\(error)")
        logger.log(
          level: isNews ? .warning : .debug, "Watching \(selection) failed and is retried: \(error)")
        onFailure(error)
      })
    events.transform = transform
    for try await event in events { store.receive(event) }
  }
}

/// The last failure of a watch, to recognize its repetition.
private final class FailureMemory: Sendable {
  private let last = Mutex<String?>(nil)

  func forget() { last.withLock { $0 = nil } }

  func isNews(_ failure: String) -> Bool {
    last.withLock { last in
      defer { last = failure }
      return last != failure
    }
  }
}
