public import KubeCore

/// A lookup of resources by the names that people use, in a server's discovery.
///
/// The ``APIDiscovery`` is requested once and kept. An unknown name or kind causes another request,
/// since it may belong to a new definition, but at most one per `refreshInterval`.
///
/// ```swift
/// let mapper = ResourceMapper(client)
/// let deployments = try await mapper.resource(named: "deploy")   // deployments.v1.apps
/// ```
public actor ResourceMapper {
  private let client: KubeClient
  private let refreshInterval: Duration
  private let stopwatch: Stopwatch
  private var known: (discovery: APIDiscovery, time: Duration)?
  /// The request in progress and the number of its waiting callers.
  private var loading: (task: Task<APIDiscovery, any Error>, waiters: Int)?

  /// Creates a mapper that uses `client`.
  ///
  /// - Parameters:
  ///   - client: The client.
  ///   - refreshInterval: The minimum age of the discovery before an unknown name causes another
  ///     request.
  public init(_ client: KubeClient, refreshInterval: Duration = .seconds(10)) {
    self.client = client
    self.refreshInterval = refreshInterval
    stopwatch = Stopwatch(client.clock)
  }

  /// The known discovery, requested where there is none. Throws the client's ``KubeError``.
  public func discovery() async throws -> APIDiscovery {
    if let known { return known.discovery }
    return try await load()
  }

  /// The resource named `name`; see ``APIDiscovery/resource(named:)``. Throws
  /// ``APIDiscovery/NameError``, or the client's ``KubeError``.
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

  /// Discards the discovery: the next lookup requests it again.
  public func invalidate() {
    known = nil
    loading = nil
  }

  private var isOld: Bool { known.map { stopwatch.elapsed - $0.time >= refreshInterval } ?? true }

  /// Requests the discovery once for all concurrent callers; the request is cancelled with the last
  /// of them.
  private func load() async throws -> APIDiscovery {
    let task = loading?.task ?? Task { [client] in try await client.discover() }
    loading = (task, (loading?.waiters ?? 0) + 1)
    do {
      let discovery = try await task.valueOrCancellation()
      if loading?.task == task {
        loading = nil
        known = (discovery, stopwatch.elapsed)
      }
      return discovery
    } catch {
      if Task.isCancelled {
        leave(task)
      } else if loading?.task == task {
        loading = nil
      }
      throw error
    }
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
