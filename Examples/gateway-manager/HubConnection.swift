import GatewayDemo
import GatewayReconcile
import KubeConfig
import KubeCore
import KubeHTTP
import KubeTransport
import Logging
import Synchronization

/// The connection to an API server by a kubeconfig, or by the Pod's own account.
enum HubConnection {
  /// The time after which a request of a command is given up.
  static let limit = Duration.seconds(30)

  /// Returns the configuration that `--kubeconfig` names, or else kubectl's, or else that of the
  /// Pod's own cluster.
  private static func configuration(
    _ options: ConnectionOptions, otherwise: String
  ) throws -> ClientConfiguration {
    if let kubeconfig = options.kubeconfig {
      return try Kubeconfig.load(path: kubeconfig).clientConfiguration(context: options.context)
    }
    do throws(ConfigurationError) {
      return try ClientConfiguration.standard(context: options.context)
    } catch {
      guard error.code == .notFound else { throw error }
      throw CommandFailure("\(error); or name one with --kubeconfig\(otherwise)")
    }
  }

  /// Opens a connection while `body` runs, which also gets the API server's clock. Without a
  /// kubeconfig outside of a Pod, the error ends with `otherwise`. A request that takes long is
  /// announced on a terminal, and given up after `limit`; what happens to requests is recorded in
  /// `state`.
  static func open<Result>(
    _ options: ConnectionOptions, logger: Logger = .quiet, limit: Duration? = limit,
    state: ConnectionState? = nil, otherwise: String = "",
    _ body: (KubeClient, ServerClock) async throws -> Result
  ) async throws -> Result {
    let configuration = try configuration(options, otherwise: otherwise)
    let transport = try await HTTPTransport(
      configuration, options: HTTPTransportOptions(userAgent: ProgramVersion.userAgent), logger: logger)
    let clock = ServerClock(transport)
    let host = configuration.server.hostAndPort
    let observed = ObservingTransport(clock, host: host)
    let retrying = RetryingTransport(
      state.map { StateRecordingTransport(base: observed, state: $0, now: { clock.now }) } ?? observed,
      host: host,
      onRetry: { retry in
        // The first warning is enough to explain the wait.
        logger.log(level: retry.attempts == 1 ? .warning : .debug, "\(retry)")
      })
    let notices = WaitNotices()
    let stack: any Transport =
      limit.map { PatientTransport(base: retrying, host: host, limit: $0, onWait: notices.show) } ?? retrying
    let client = KubeClient(stack, fieldManager: ManagerIdentity.fieldManager)
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body(client, clock))
    } catch {
      result = .failure(error)
    }
    await transport.shutdown()
    return try result.get()
  }
}

/// The notice of a wait on standard error, if that is a terminal: the first of a command only.
private final class WaitNotices: Sendable {
  private let isShown = Mutex(false)

  @Sendable func show(_ text: String) {
    let isFirst = isShown.withLock { isShown in
      defer { isShown = true }
      return !isShown
    }
    if isFirst && StandardStreams.errorIsTerminal { StandardStreams.error(text) }
  }
}

extension Logger {
  /// A logger that discards everything.
  static var quiet: Logger { Logger(label: "gateway-manager", factory: { _ in SwiftLogNoOpLogHandler() }) }

  /// A logger to standard error.
  static func standardError(level: Logger.Level, format: LogFormat = .text) -> Logger {
    var logger = Logger(label: "gateway-manager") { label in
      switch format {
      case .text: StreamLogHandler.standardError(label: label)
      case .json: JSONLogHandler(label: label)
      }
    }
    logger.logLevel = level
    return logger
  }
}
