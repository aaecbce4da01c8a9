import KubeCore
public import KubeMemory
public import KubeTransport

public import struct Foundation.Date

/// Simulated controllers side by side.
///
/// ```swift
/// var server = MemoryAPIServer(at: now)
/// SimulatedControllers.workloads().settle(on: &server, at: now)
/// ```
public struct SimulatedControllers: Sendable {
  /// The controllers, in the order in which they are asked.
  public var all: [any SimulatedController]

  /// These controllers.
  public init(_ all: [any SimulatedController]) { self.all = all }

  /// What runs the built-in workloads of a cluster: garbage collection, the controllers of kube-controller-manager for
  /// Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs and Services, and a kubelet.
  public static func workloads(kubelet: Kubelet = Kubelet()) -> SimulatedControllers {
    SimulatedControllers([
      GarbageCollector(), DeploymentController(), ReplicaSetController(), StatefulSetController(),
      DaemonSetController(), CronJobController(), JobController(), kubelet, EndpointsController(),
      EndpointSliceController(),
    ])
  }

  /// The most passes of ``settle(on:at:)``; a cluster comes to rest in a few dozen.
  public static let maximumPasses = 1000

  /// Makes the next change of the first controller that has one to make; returns that one's name.
  public func step(on server: inout MemoryAPIServer, at time: Date) -> String? {
    for controller in all where controller.step(on: &server, at: time) { return controller.name }
    return nil
  }

  /// Lets each make all the changes that are due now; returns how many were made.
  public func pass(on server: inout MemoryAPIServer, at time: Date) -> Int {
    all.reduce(0) { $0 + $1.pass(on: &server, at: time) }
  }

  /// Passes until none has anything left to do; returns how many changes were made.
  @discardableResult
  public func settle(on server: inout MemoryAPIServer, at time: Date) -> Int {
    var changes = 0
    for _ in 0..<SimulatedControllers.maximumPasses {
      let made = pass(on: &server, at: time)
      guard made > 0 else { break }
      changes += made
    }
    return changes
  }

  // MARK: Over a transport

  /// Lists by `client` what the controllers read, and sends the requests that are due; returns how many succeeded.
  ///
  /// For an API server without controllers of its own, such as a lone kube-apiserver or a hub behind TLS. Those that
  /// don't act by requests (``RequestingController``) do nothing. A kind that the server doesn't serve counts as
  /// empty; other failures of a list are thrown. A refused request is found again at the next look.
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

  /// Lets the controllers act on the cluster that `client` reaches, until the task is cancelled.
  ///
  /// - Parameters:
  ///   - client: Reads and writes.
  ///   - interval: The time between two looks.
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
        // The server is away for a while; the next look finds what is due then.
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
        let objects = try await client.listDynamic(ResourceSelection(type)).items
        view.load(objects, at: time)
      } catch let error as KubeError where error.code == .notFound {
        continue
      }
    }
    return view
  }
}

extension MemoryHub {
  /// Lets every controller make the changes that are due; returns how many were made.
  public func pass(_ controllers: SimulatedControllers, at time: Date) -> Int {
    withServer { controllers.pass(on: &$0, at: time) }
  }
}
