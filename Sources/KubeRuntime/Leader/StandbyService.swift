public import ServiceLifecycle

/// A service that keeps its caches current while its process stands by, and works while it leads,
/// so that a process that takes over has already read everything.
public protocol StandbyService: Service {
  /// Reads what the work needs and keeps it current, until the task is cancelled.
  func standBy() async throws
  /// Works until the task is cancelled, while ``standBy()`` runs.
  func work() async throws
  /// Whether all that the work needs was read once, as far as the server permits.
  var isReady: Bool { get }
}

extension StandbyService {
  /// Stands by and works until the task is cancelled or a graceful shutdown begins.
  package func standByAndWork() async throws {
    try await cancelWhenGracefulShutdown {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await self.standBy() }
        group.addTask { try await self.work() }
        try await group.waitForAll()
      }
    }
  }
}

/// The services that work in one process at a time. Each ``StandbyService`` stands by in the
/// others.
public struct LeadingServices: Service {
  let services: [any Service]
  private let elector: LeaderElector?

  /// Creates the group; without an elector the services work in every process.
  public init(_ services: [any Service], elector: LeaderElector?) {
    self.services = services
    self.elector = elector
  }

  /// A check that passes as soon as every ``StandbyService`` is ready, leading or not.
  public var readiness: Probes.Check {
    Probes.Check("synced") {
      let waiting = services.contains { ($0 as? any StandbyService)?.isReady == false }
      if waiting { throw Probes.Failed("the first lists aren't complete") }
    }
  }

  /// Works until the services end, the task is cancelled or a graceful shutdown begins. Throws
  /// ``LeaderElector/LeadershipLost`` when the Lease is lost: the process is then to be started
  /// again.
  public func run() async throws {
    do {
      try await cancelWhenGracefulShutdown {
        try await withThrowingTaskGroup(of: Bool.self) { group in
          for case let service as any StandbyService in services {
            group.addTask {
              try await service.standBy()
              return false
            }
          }
          group.addTask {
            if let elector { try await elector.run { try await work() } } else { try await work() }
            return true
          }
          defer { group.cancelAll() }
          while let isWorkOver = try await group.next() {
            if isWorkOver { return }
          }
        }
      }
    } catch is CancellationError where Task.isShuttingDownGracefully {
      // It ended as requested.
    }
  }

  private func work() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in services {
        group.addTask {
          if let service = service as? any StandbyService {
            try await service.work()
          } else {
            try await service.run()
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
