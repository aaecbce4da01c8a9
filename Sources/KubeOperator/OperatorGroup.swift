import Foundation
import KubeRuntime
import KubeServer
public import KubeTransport
public import Logging
public import ServiceLifecycle
import UnixSignals

/// An operator's process: controllers, leader election, probe and metrics endpoints, and a graceful stop on SIGTERM and
/// SIGINT.
public struct OperatorGroup: Sendable {
  /// By which Lease one process of several works at a time.
  public enum LeaderElection: Sendable, Hashable {
    /// Every process works.
    case none
    /// The process that holds the Lease works.
    case lease(String, namespace: String)
  }

  private let client: KubeClient
  private let leaderElection: LeaderElection
  private let port: Int?
  private let metrics: (@Sendable () -> String)?
  private let logger: Logger

  /// A group; nothing happens before ``run(_:)``.
  ///
  /// - Parameters:
  ///   - client: The client for the Lease.
  ///   - leaderElection: By which Lease one process works at a time.
  ///   - port: The port of `/livez`, `/readyz` and `/metrics`; `nil` for none.
  ///   - metrics: What `/metrics` answers, in Prometheus' text format; `nil` for not at all.
  ///   - logger: Logs the services' life.
  public init(
    _ client: KubeClient, leaderElection: LeaderElection = .none, port: Int? = nil,
    metrics: (@Sendable () -> String)? = nil, logger: Logger
  ) {
    self.client = client
    self.leaderElection = leaderElection
    self.port = port
    self.metrics = metrics
    self.logger = logger
  }

  /// Runs controllers until the process is asked to end, or the Lease is lost: then it throws, and is to be started
  /// again.
  public func run(_ controllers: any Service...) async throws {
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(
        service: LeadingService(services: controllers, elector: elector),
        successTerminationBehavior: .gracefullyShutdownGroup)
    ]
    if let port {
      services.append(
        .init(
          service: ProbeServer(port: port, probes: Probes(readiness: []), metrics: metrics, logger: logger)))
    }
    try await ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }

  private var elector: LeaderElector? {
    guard case .lease(let name, let namespace) = leaderElection else { return nil }
    return LeaderElector(
      client, namespace: namespace, name: name,
      identity: "\(ProcessInfo.processInfo.hostName)_\(UUID().uuidString)", logger: logger)
  }
}

/// Controllers that work while their process leads.
private struct LeadingService: Service {
  let services: [any Service]
  let elector: LeaderElector?

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown {
        guard let elector else { return try await work() }
        try await elector.run { try await work() }
      }
    } catch is CancellationError where Task.isShuttingDownGracefully {
      // Asked to end, it ended.
    }
  }

  private func work() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in services { group.addTask { try await service.run() } }
      try await group.waitForAll()
    }
  }
}
