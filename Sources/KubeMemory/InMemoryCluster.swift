import HTTPTypes
public import KubeCore
public import KubeTransport

/// A change that an ``InMemoryCluster`` stored.
public struct MemoryWrite: Sendable, Hashable {
  /// The object, in its storage version.
  public var key: ObjectKey
  /// The change's resourceVersion.
  public var resourceVersion: UInt64
  /// Whether the object was deleted.
  public var isDeletion: Bool
}

/// A ``MemoryAPIServer`` as a transport: an API server in this process, for an operator that runs
/// or is tested without a cluster.
///
/// ```swift
/// let cluster = InMemoryCluster()
/// let response = try await cluster.send(request)
/// ```
///
/// Requests are answered one after another in the order of their arrival. Watches are streams of
/// newline-delimited JSON. The initial objects of a watch are sent at its reader's pace; the watch
/// of a reader that falls more than ``watchBuffer`` changes behind is ended, as by a real server.
public actor InMemoryCluster: Transport {
  private struct Watcher {
    var subscription: WatchSubscription
    let continuation: AsyncStream<[UInt8]>.Continuation
  }

  /// The maximum number of changes that wait for a watch's reader.
  public static let watchBuffer = 4096
  /// The maximum number of garbage collection steps after one write.
  public static let maximumGarbageSteps = 100

  private var server: MemoryAPIServer
  private let now: @Sendable () -> Date
  private let onWrite: (@Sendable (MemoryWrite) -> Void)?
  /// Whether garbage is collected after every write; otherwise only by ``collectGarbage()``.
  public let automaticGarbageCollection: Bool
  private var watchers: [Int: Watcher] = [:]
  private var observers: [Int: AsyncStream<UInt64>.Continuation] = [:]
  private var nextWatcher = 0
  private var noticed: UInt64

  /// Creates a cluster around `server`.
  ///
  /// - Parameters:
  ///   - server: The initial state.
  ///   - automaticGarbageCollection: Whether garbage is collected after every write.
  ///   - now: The clock.
  ///   - onWrite: Called after every change, in the order of resourceVersions; must not block.
  public init(
    _ server: MemoryAPIServer = MemoryAPIServer(), automaticGarbageCollection: Bool = true,
    now: @escaping @Sendable () -> Date = { Date() }, onWrite: (@Sendable (MemoryWrite) -> Void)? = nil
  ) {
    self.server = server
    self.automaticGarbageCollection = automaticGarbageCollection
    self.now = now
    self.onWrite = onWrite
    noticed = server.resourceVersion
  }

  /// Answers `request`; never throws. A watch's body stays open until its reader stops, its
  /// `timeoutSeconds` pass or the reader falls behind.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    respond(to: request, server.handle(request, at: now()))
  }

  /// Answers `request`, made by `user`; see ``send(_:)``.
  public func send(_ request: KubeRequest, as user: APIUser) async -> KubeResponse {
    respond(to: request, server.handle(request, as: user, at: now()))
  }

  /// A transport to this server whose requests are made by `user`; permissions are checked only
  /// with ``MemoryAPIServer/Authorization/rbac``.
  public nonisolated func transport(as user: APIUser) -> any Transport {
    UserTransport(cluster: self, user: user)
  }

  private struct UserTransport: Transport {
    let cluster: InMemoryCluster
    let user: APIUser

    func send(_ request: KubeRequest) async throws -> KubeResponse { await cluster.send(request, as: user) }
  }

  private func respond(to request: KubeRequest, _ response: MemoryResponse) -> KubeResponse {
    if request.method != .get { collectAndPublish() }
    switch response.content {
    case .document(let bytes):
      return KubeResponse(status: response.status, headers: response.headers, body: ResponseBody(bytes))
    case .watch(let subscription):
      return KubeResponse(
        status: response.status, headers: response.headers, body: body(subscription))
    }
  }

  /// Calls `body`, which may read or change the server; watches then receive the changes.
  public func withServer<Result: Sendable>(
    _ body: @Sendable (inout MemoryAPIServer) throws -> Result
  ) rethrows -> Result {
    defer { collectAndPublish() }
    return try body(&server)
  }

  /// A copy of the server's current state.
  public var snapshot: MemoryAPIServer { server }

  /// The server's resourceVersion: at once, and after every write. A slow reader gets only the
  /// newest.
  public func resourceVersions() -> AsyncStream<UInt64> {
    let id = nextWatcher
    nextWatcher += 1
    let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
    observers[id] = continuation
    continuation.onTermination = { [weak self] _ in
      Task { [weak self] in await self?.forgetObserver(id) }
    }
    continuation.yield(server.resourceVersion)
    return stream
  }

  private func forgetObserver(_ id: Int) { observers[id] = nil }

  /// Executes one step of garbage collection; returns the number of changes.
  @discardableResult
  public func collectGarbage() -> Int {
    let changes = server.collectGarbage(at: now())
    publish()
    return changes
  }

  /// The time in seconds between a watch's bookmark and its timeout, as on a real server.
  private static let bookmarkLead = 2

  private func sendBookmark(_ id: Int) {
    guard let watcher = watchers[id], watcher.subscription.allowsBookmarks else { return }
    deliver([server.bookmark(for: watcher.subscription)], to: id)
  }

  /// Ends every watch, like a restarting server.
  public func endWatches() {
    for watcher in watchers.values { watcher.continuation.finish() }
    watchers = [:]
  }

  private func collectAndPublish() {
    if automaticGarbageCollection && server.mayHaveGarbage {
      var steps = 0
      while steps < InMemoryCluster.maximumGarbageSteps, server.collectGarbage(at: now()) > 0 { steps += 1 }
    }
    publish()
  }

  private func publish() {
    guard server.resourceVersion != noticed else { return }
    if let onWrite {
      for write in server.writes(after: noticed) { onWrite(write) }
    }
    noticed = server.resourceVersion
    for id in watchers.keys.sorted() { pump(id) }
    for observer in observers.values { observer.yield(noticed) }
  }

  private func body(_ subscription: WatchSubscription) -> ResponseBody {
    var subscription = subscription
    let initial = server.initialEvents(for: &subscription, at: now())
    let changes = stream(subscription)
    return ResponseBody {
      var (initial, changes) = (initial, changes.makeAsyncIterator())
      return ResponseBody.AsyncIterator {
        if let chunk = initial.next() { return chunk }
        return await changes.next()
      }
    }
  }

  private func stream(_ subscription: WatchSubscription) -> AsyncStream<[UInt8]> {
    let id = nextWatcher
    nextWatcher += 1
    let (stream, continuation) = AsyncStream.makeStream(
      of: [UInt8].self, bufferingPolicy: .bufferingOldest(InMemoryCluster.watchBuffer))
    watchers[id] = Watcher(subscription: subscription, continuation: continuation)
    let timeout = subscription.timeoutSeconds.flatMap { $0 > 0 ? $0 : nil }
    let timer = timeout.map { seconds in
      Task { [weak self] in
        if seconds > InMemoryCluster.bookmarkLead {
          try? await Task.sleep(for: .seconds(seconds - InMemoryCluster.bookmarkLead))
          if !Task.isCancelled { await self?.sendBookmark(id) }
        }
        try? await Task.sleep(for: .seconds(min(seconds, InMemoryCluster.bookmarkLead)))
        if !Task.isCancelled { await self?.end(id) }
      }
    }
    continuation.onTermination = { [weak self] _ in
      timer?.cancel()
      Task { [weak self] in await self?.forget(id) }
    }
    pump(id)
    return stream
  }

  private func pump(_ id: Int) {
    guard var watcher = watchers[id] else { return }
    let chunks = server.events(for: &watcher.subscription, at: now())
    watchers[id] = watcher
    deliver(chunks, to: id)
    if watcher.subscription.isFinished { end(id) }
  }

  private func deliver(_ chunks: [[UInt8]], to id: Int) {
    for chunk in chunks {
      // A lost event would be an error: end the watch instead, so that its reader lists again.
      if case .dropped? = watchers[id]?.continuation.yield(chunk) { end(id) }
    }
  }

  private func end(_ id: Int) {
    watchers.removeValue(forKey: id)?.continuation.finish()
  }

  private func forget(_ id: Int) { watchers[id] = nil }
}

extension MemoryAPIServer {
  /// The changes after `resourceVersion`, oldest first, as far as the history goes back.
  public func writes(after resourceVersion: UInt64) -> [MemoryWrite] {
    history.events(after: resourceVersion).compactMap { event in
      guard let rules = registry[event.groupKind] else { return nil }
      return MemoryWrite(
        key: ObjectKey(
          rules.storageType, namespace: event.object.namespace.isEmpty ? nil : event.object.namespace,
          name: event.object.name), resourceVersion: event.resourceVersion,
        isDeletion: event.change == .deleted)
    }
  }
}
