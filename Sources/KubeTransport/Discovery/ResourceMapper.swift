public import KubeCore

/// Names of resources, as people write them, looked up in what a server serves.
///
/// What is served is asked for once and kept. A name or kind that isn't known leads to the question again, since it may
/// belong to a definition that is new; no more often than once in `refreshInterval`.
///
/// ```swift
/// let mapper = ResourceMapper(client)
/// let deployments = try await mapper.resource(named: "deploy")   // deployments.v1.apps
/// ```
public actor ResourceMapper {
  private let client: KubeClient
  private let refreshInterval: Duration
  private let elapsed: @Sendable () -> Duration
  private var known: (discovery: APIDiscovery, time: Duration)?
  /// The question that is under way, and how many wait for it.
  private var loading: (task: Task<APIDiscovery, any Error>, waiters: Int)?

  /// A mapper that asks by `client`.
  ///
  /// - Parameters:
  ///   - client: The client.
  ///   - refreshInterval: How old what is known must be for an unknown name to ask again.
  public init(_ client: KubeClient, refreshInterval: Duration = .seconds(10)) {
    self.client = client
    self.refreshInterval = refreshInterval
    elapsed = client.clock.stopwatch()
  }

  /// What the server serves, as far as it is known; asked for where it isn't. Throws the client's `KubeError`.
  public func discovery() async throws -> APIDiscovery {
    if let known { return known.discovery }
    return try await load()
  }

  /// The resource that `name` means; see ``APIDiscovery/resource(named:)``. Throws `APIDiscovery.NameError`, or the
  /// client's `KubeError`.
  public func resource(named name: String) async throws -> APIResource {
    let discovery = try await discovery()
    do {
      return try discovery.resource(named: name)
    } catch {
      guard error.code == .unknown, isOld else { throw error }
    }
    return try await load().resource(named: name)
  }

  /// The resource of an object's `apiVersion` and `kind`; `nil` where it isn't served.
  public func resource(apiVersion: String, kind: String) async throws -> APIResource? {
    if let resource = try await discovery().resource(apiVersion: apiVersion, kind: kind) { return resource }
    return isOld ? try await load().resource(apiVersion: apiVersion, kind: kind) : nil
  }

  /// The resource of a kind in its group's preferred version; `nil` where it isn't served.
  public func resource(of kind: GroupKind) async throws -> APIResource? {
    if let resource = try await discovery().resource(of: kind) { return resource }
    return isOld ? try await load().resource(of: kind) : nil
  }

  /// Forgets what is known: the next look-up asks the server.
  public func invalidate() {
    known = nil
    loading = nil
  }

  private var isOld: Bool { known.map { elapsed() - $0.time >= refreshInterval } ?? true }

  /// Asks the server, once for all who wait at the same time; the question is dropped when the last of them is cancelled.
  private func load() async throws -> APIDiscovery {
    let task = loading?.task ?? Task { [client] in try await client.discover() }
    loading = (task, (loading?.waiters ?? 0) + 1)
    let result = await withTaskCancellationHandler {
      await task.result
    } onCancel: {
      Task { await self.leave(task) }
    }
    if loading?.task == task {
      loading = nil
      if case .success(let discovery) = result { known = (discovery, elapsed()) }
    }
    try Task.checkCancellation()
    return try result.get()
  }

  private func leave(_ task: Task<APIDiscovery, any Error>) {
    guard let waiting = loading, waiting.task == task else { return }
    loading?.waiters -= 1
    if waiting.waiters <= 1 {
      loading = nil
      task.cancel()
    }
  }
}
