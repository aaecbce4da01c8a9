import KubeCore
import KubeRuntime
import KubeServer
public import KubeTransport
public import Logging
public import ServiceLifecycle
import UnixSignals

/// An operator's process: controllers, leader election, probe and metrics endpoints, and a graceful
/// stop on SIGTERM and SIGINT.
public struct OperatorGroup: Sendable {
  /// The way in which one of several processes is chosen to work.
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

  /// Creates a group; nothing happens before ``run(_:)``.
  ///
  /// - Parameters:
  ///   - client: The client for the Lease.
  ///   - leaderElection: The way in which one of several processes is chosen to work.
  ///   - port: The port of `/livez`, `/readyz`, `/metrics` and `/debug/state`; `nil` for none.
  ///   - metrics: The answer of `/metrics`, in Prometheus' text format, such as
  ///     ``collectedMetrics()``; `nil` for not at all.
  ///   - logger: Logs the start and the end of services.
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

  /// Runs controllers until the process is asked to end, or throws when the Lease is lost: the
  /// process is then to be started again.
  ///
  /// The controllers of a process that doesn't lead stand by: they watch, and `/readyz` reports
  /// when they have read everything.
  public func run(_ controllers: any Service...) async throws {
    let leading = LeadingServices(controllers, elector: elector)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(service: leading, successTerminationBehavior: .gracefullyShutdownGroup)
    ]
    if let port {
      let probes = Probes(readiness: [leading.readiness])
      services.append(
        .init(
          service: ProbeServer(
            port: port, probes: probes, metrics: metrics, debugState: { leading.debugState }, logger: logger))
      )
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
