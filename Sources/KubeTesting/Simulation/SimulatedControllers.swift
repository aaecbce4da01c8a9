public import KubeCore
public import KubeMemory
public import KubeTransport

/// A group of simulated controllers.
///
/// ```swift
/// var server = MemoryAPIServer(at: now)
/// SimulatedControllers.workloads().converge(on: &server, at: now)
/// ```
public struct SimulatedControllers: Sendable {
  /// The controllers in the order of their steps.
  public var all: [any SimulatedController]

  /// Creates a group of these controllers.
  public init(_ all: [any SimulatedController]) { self.all = all }

  /// The controllers of a cluster's built-in workloads: garbage collection, the controllers of
  /// kube-controller-manager for Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs
  /// and Services, and a kubelet.
  public static func workloads(kubelet: Kubelet = Kubelet()) -> SimulatedControllers {
    SimulatedControllers([
      GarbageCollector(), DeploymentController(), ReplicaSetController(), StatefulSetController(),
      DaemonSetController(), CronJobController(), JobController(), kubelet, EndpointsController(),
      EndpointSliceController(),
    ])
  }

  /// The maximum number of passes of ``converge(on:at:)``; a cluster converges in a few dozen.
  public static let maximumPasses = 1000

  /// Makes the next change of the first controller that has one; returns that controller's name.
  public func step(on server: inout MemoryAPIServer, at time: Date) -> String? {
    for controller in all where controller.step(on: &server, at: time) { return controller.name }
    return nil
  }

  /// Makes all changes of each controller that are due now; returns their number.
  public func pass(on server: inout MemoryAPIServer, at time: Date) -> Int {
    all.reduce(0) { $0 + $1.pass(on: &server, at: time) }
  }

  /// Repeats passes until none has anything left to do; returns the number of changes.
  @discardableResult
  public func converge(on server: inout MemoryAPIServer, at time: Date) -> Int {
    var changes = 0
    for _ in 0..<SimulatedControllers.maximumPasses {
      let made = pass(on: &server, at: time)
      guard made > 0 else { break }
      changes += made
    }
    return changes
  }

  // MARK: Over a transport

  /// Lists the controllers' kinds with `client`, and sends the due requests; returns the number of
  /// successful ones.
  ///
  /// It is for an API server without controllers of its own, such as a lone kube-apiserver or an
  /// in-memory one behind TLS. Controllers that aren't a ``RequestingController`` do nothing. A
  /// kind that the server doesn't serve counts as empty; other failures of a list are thrown. The
  /// next pass repeats a refused request.
  @discardableResult
  public func pass(on client: KubeClient, at time: Date) async throws -> Int {
    let requesting = all.compactMap { $0 as? any RequestingController }
    let view = try await Self.view(of: requesting.flatMap(\.kinds), on: client, at: time)
    var count = 0
    for controller in requesting {
      for request in controller.due(in: view, at: time) {
        do {
          _ = try await client.bytes(request)
          count += 1
        } catch is KubeError {
          continue
        }
      }
    }
    return count
  }

  /// Runs the controllers on the cluster of `client` until the task is cancelled.
  ///
  /// - Parameters:
  ///   - client: The client for all requests.
  ///   - interval: The time between two passes.
  ///   - now: The clock.
  public func run(
    on client: KubeClient, every interval: Duration = .milliseconds(200),
    now: @escaping @Sendable () -> Date = { Date() }
  ) async throws {
    while true {
      try Task.checkCancellation()
      do {
        try await pass(on: client, at: now())
      } catch let error as KubeError where error.isTransient {
        // The server is temporarily unavailable; the next pass computes the due requests again.
      }
      try await Task.sleep(for: interval)
    }
  }

  private static func view(of kinds: [ResourceType], on client: KubeClient, at time: Date) async throws
    -> MemoryAPIServer
  {
    var view = MemoryAPIServer(namespaces: [], at: time)
    var seen: Set<ResourceType> = []
    for type in kinds where seen.insert(type).inserted {
      do {
        let objects = try await client.list(ResourceSelection(type)).items
        view.load(objects, at: time)
      } catch let error as KubeError where error.code == .notFound {
        continue
      }
    }
    return view
  }
}

extension InMemoryCluster {
  /// Makes all due changes of each controller; returns their number.
  public func pass(_ controllers: SimulatedControllers, at time: Date) -> Int {
    withServer { controllers.pass(on: &$0, at: time) }
  }
}
