public import KubeCore
public import KubeTransport
public import Logging
import Synchronization

/// Keeps an `ObjectStore` what the server has, by following a selection for ever.
public struct Reflector: Sendable {
  /// What is followed.
  public let selection: ResourceSelection
  /// What is kept.
  public let store: ObjectStore

  private let reduction: @Sendable (DynamicObject) -> DynamicObject
  private let client: KubeClient
  private let options: Watcher.Options
  private let idleTimeout: Duration?
  private let jitter: @Sendable () -> Double
  private let onOpen: @Sendable () -> Void
  private let onFailure: @Sendable (KubeError) -> Void
  private let logger: Logger

  /// A reflector; nothing happens before `run`.
  ///
  /// - Parameters:
  ///   - client: The way to the server.
  ///   - selection: What is followed.
  ///   - store: What is kept.
  ///   - reduction: What is kept of each object, from the moment on that it is read.
  ///   - options: How it is followed.
  ///   - idleTimeout: How long nothing may come on a watch before it counts as broken.
  ///   - jitter: Numbers from 0 to 1 that spread waits.
  ///   - onOpen: Called each time a watch is open; must not block.
  ///   - onFailure: Called with each failure; must not block.
  ///   - logger: Logs failures.
  public init(
    _ client: KubeClient, _ selection: ResourceSelection, into store: ObjectStore,
    reduction: @escaping @Sendable (DynamicObject) -> DynamicObject = { $0 },
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
    self.reduction = reduction
    self.options = options
    self.idleTimeout = idleTimeout
    self.jitter = jitter
    self.logger = logger
  }

  /// Follows until the task is cancelled; throws `CancellationError` then, and nothing else.
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
        // A version that the server has forgotten is part of a watch's life, and a retry that fails alike no news.
        let isNews = error.code != .gone && lastFailure.isNews("\(error)")
        logger.log(
          level: isNews ? .warning : .debug, "Following \(selection) failed and goes on: \(error)")
        onFailure(error)
      })
    events.reduction = reduction
    for try await event in events { store.receive(event) }
  }
}

/// The last failure of a watch, by which a repeated failure is recognized.
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
