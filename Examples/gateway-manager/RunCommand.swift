import ArgumentParser
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime
import KubeServer
import KubeTransport
import Logging
import Metrics
import ServiceLifecycle
import UnixSignals

/// `run`: runs the manager.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs the manager.",
    discussion: """
      Without --kubeconfig the hub is found as kubectl finds it (KUBECONFIG, ~/.kube/config), or by the Pod's own \
      account. With --once all that can be done now is done, changes by others are awaited up to the timeout, and \
      what is still awaited is printed: exit code 0 when all has converged, 3 when something is still awaited, 1 \
      for errors.

      An option that isn't given is that of the environment, such as GATEWAY_MANAGER_LOG_FORMAT=json (but NAMESPACE and \
      KUBECONFIG), or else that of the file.

      EXAMPLES:
        gateway-manager run  # in its pod, or on your machine against a test hub
        # converge, print what is awaited, and end
        gateway-manager run --once --timeout 5m
      """)

  @OptionGroup var connection: ConnectionOptions

  @OptionGroup var manager: ManagerOptions

  @Option(
    help: "A YAML file with these options by name, without the dashes. (default: \(RunSetting.fileVariable))")
  var config: String?

  @Flag(inversion: .prefixedNo, help: "Converge, print what is awaited, and end.")
  var once = false

  @Option(help: "With --once: how long to wait for others, such as 90s or 5m. (default: 60s)")
  var timeout: String?

  @Flag(inversion: .prefixedNo, help: "Work only while holding the lease cluster-gateway-manager.")
  var leaderElect = true

  @Option(
    help: "Where /metrics is served, such as :48080 or 127.0.0.1:48080; 0 for nowhere. (default: :48080)")
  var metricsBindAddress: ListenAddress?

  @Flag(
    inversion: .prefixedNo,
    help:
      "Serve /metrics over TLS, to bearers of a token whom the API server permits to get the path /metrics.")
  var metricsSecure = false

  @Option(
    help: """
      With --metrics-secure: the folder of tls.crt and tls.key, which are read again when they change. (default: a \
      self-signed certificate)
      """)
  var metricsCertDir: String?

  @Option(help: "Where /livez, /healthz and /readyz are served; 0 for nowhere. (default: :48081)")
  var healthProbeBindAddress: ListenAddress?

  @Option(
    help:
      "Deprecated, for --metrics-bind-address and --health-probe-bind-address: one port for both; 0 for none."
  )
  var probePort: Int?

  @Option(help: "How the log is written: text or json.")
  var logFormat = LogFormat.text

  @Flag(name: .shortAndLong, inversion: .prefixedNo, help: "Log every write and its reason.")
  var verbose = false

  func validate() throws {
    if let timeout, !once {
      throw ValidationError("--timeout \(timeout) says how long --once waits; give both, or neither")
    }
    guard deadline != nil else {
      throw ValidationError("--timeout \(timeout ?? ""): not a length of time; write it like 90s or 5m")
    }
    if metricsCertDir != nil && !metricsSecure {
      throw ValidationError("--metrics-cert-dir is for --metrics-secure; give both, or neither")
    }
    if metricsSecure, endpoints.contains(where: { $0.servesMetrics && $0.servesProbes }) {
      throw ValidationError(
        "--metrics-secure needs a port for the metrics alone; give --metrics-bind-address and "
          + "--health-probe-bind-address different addresses")
    }
    guard let probePort else { return }
    if !(0...65_535).contains(probePort) {
      throw ValidationError("--probe-port takes a number from 0 to 65535")
    }
    if metricsBindAddress != nil || healthProbeBindAddress != nil {
      throw ValidationError(
        "--probe-port is the old way; leave it out with --metrics-bind-address or --health-probe-bind-address"
      )
    }
  }

  private var deadline: Duration? { Self.duration(timeout ?? "60s") }

  /// The length of time that a text says; `nil` for none.
  static func duration(_ text: String) -> Duration? {
    GoDuration(text).flatMap { $0.nanoseconds > 0 ? .nanoseconds($0.nanoseconds) : nil }
  }

  func run() async throws {
    // Failures are logged, also those that are retried.
    let logger = Logger.standardError(level: verbose || !once ? .info : .warning, format: logFormat)
    if probePort != nil {
      logger.warning(
        "--probe-port is deprecated, only the first release has it: use --metrics-bind-address and --health-probe-bind-address"
      )
    }
    let end = ContinuousClock.now + (deadline ?? .seconds(60))
    try await HubConnection.open(connection, logger: logger, limit: nil) { client, clock in
      guard once else {
        try await HubRequirements.checkForManager(client)
        return try await runContinuously(as: manager, on: client, clock: clock, logger: logger)
      }
      try await until(end) { try await HubRequirements.checkForManager(client) }
      try await runOnce(as: manager, on: client, clock: clock, until: end, logger: logger)
    }
  }

  /// Runs `body`, and throws if it hasn't ended by `end`.
  private func until(_ end: ContinuousClock.Instant, _ body: @escaping @Sendable () async throws -> Void)
    async throws
  {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask(operation: body)
      group.addTask {
        try await Task.sleep(until: end, clock: .continuous)
        throw CommandFailure(
          "the API server did not say within \(timeout ?? "60s") what it serves; check that it is up and reachable, or give "
            + "it longer with --timeout")
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  // MARK: Once

  private func runOnce(
    as manager: ManagerOptions, on client: KubeClient, clock: ServerClock,
    until end: ContinuousClock.Instant, logger: Logger
  ) async throws {
    let gateway = GatewayOperator(
      client,
      options: .init(
        identity: manager.identity, endpointProbe: TLSEndpointProbe(),
        endpointSlices: try await HubRequirements.endpointSlices(client)),
      logger: logger, now: { clock.now })
    let report = await gateway.converge(within: end - ContinuousClock.now)
    StandardStreams.output(OnceReport(report, usesColor: StandardStreams.usesColor).text)
    if !report.failures.isEmpty || !report.isSynced { throw ExitCode.failure }
    if report.findings.contains(where: { $0.severity == .invalid || $0.severity == .error }) {
      throw ExitCode.failure
    }
    if !report.isIdle || report.findings.contains(where: { $0.severity == .awaiting }) {
      throw ExitCode.stillWaiting
    }
  }

  // MARK: Continuously

  private func runContinuously(
    as manager: ManagerOptions, on client: KubeClient, clock: ServerClock, logger: Logger
  ) async throws {
    let metrics = PrometheusMetrics(descriptions: GatewayMetrics.descriptions)
    MetricsSystem.bootstrap(metrics)
    let instance = ProcessInfo.processInfo.hostName
    let gateway = GatewayOperator(
      client,
      options: .init(
        identity: manager.identity, statusDelay: .seconds(30), endpointProbe: TLSEndpointProbe(),
        endpointSlices: try await HubRequirements.endpointSlices(client), eventInstance: instance),
      logger: logger, now: { clock.now })
    // The manager runs once: a process that lost its lease ends, and the kubelet restarts it.
    let leading = LeadingServices(
      [gateway],
      elector: leaderElect
        ? LeaderElector(
          client, namespace: manager.namespace, name: ManagerIdentity.leaseName,
          identity: "\(instance)_\(UUID().uuidString)", now: { clock.now }, logger: logger) : nil)
    if !leaderElect {
      // It leads from its start: the alert that none does must not fire.
      let name = ("name", ManagerIdentity.leaseName)
      Gauge(label: "leader_election_master_status", dimensions: [name]).record(1)
    }
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: leading)]
    let probes = Probes(readiness: [leading.readiness])
    let security =
      metricsSecure && endpoints.contains(where: \.servesMetrics)
      ? ProbeServer.Security(
        certificate: try metricsCertificate(for: manager, at: clock.now),
        access: AccessReview(client, logger: logger)) : nil
    let text: @Sendable () -> String = { metrics.text }
    let state: @Sendable () -> JSONValue = { leading.debugState }
    for endpoint in endpoints {
      let server = ProbeServer(
        host: endpoint.address.host, port: endpoint.address.port,
        probes: endpoint.servesProbes ? probes : nil,
        metrics: endpoint.servesMetrics ? text : nil,
        debugState: endpoint.servesProbes ? state : nil,
        security: endpoint.servesMetrics ? security : nil, logger: logger)
      services.append(.init(service: server))
    }
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }
}

/// The report of `run --once` at its end.
private struct OnceReport {
  let report: GatewayOperator.Report
  let usesColor: Bool

  init(_ report: GatewayOperator.Report, usesColor: Bool) {
    self.report = report
    self.usesColor = usesColor
  }

  var text: String {
    var lines: [String] = []
    let awaited = report.findings.contains { $0.severity == .awaiting }
    lines.append("\(report.writes) writes.")
    if !report.isSynced {
      lines.append("The hub could not be read completely.")
    } else if report.isIdle && !awaited {
      lines.append("Converged.")
    } else if report.isIdle {
      lines.append("All that can be done now is done; others are awaited.")
    }
    if !report.findings.isEmpty {
      lines.append("Findings:")
      lines += FindingText.lines(report.findings).map { $0.text(usesColor: usesColor) }
    }
    for failure in report.failures.values.sorted() { lines.append("  failed: \(failure)") }
    lines += Troubleshooting.lines(FindingText.codes(report.findings)).map { $0.text(usesColor: usesColor) }
    return (lines.joined(separator: "\n") + "\n").withoutTerminalCommands
  }
}
