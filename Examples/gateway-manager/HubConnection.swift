import Foundation
import GatewayReconcile
import KubeConfig
import KubeHTTP
import KubeTransport
import Logging

/// The way to an API server by a kubeconfig, or by the Pod's own account.
enum HubConnection {
  /// Opens a connection for as long as `body` runs, which is given the API server's clock too.
  static func open<Result>(
    _ options: ConnectionOptions, logger: Logger = .quiet,
    _ body: (KubeClient, ServerClock) async throws -> Result
  ) async throws -> Result {
    let configuration: ClientConfiguration
    if let kubeconfig = options.kubeconfig {
      configuration = try Kubeconfig.load(path: kubeconfig).clientConfiguration(context: options.context)
    } else {
      configuration = try .standard(context: options.context)
    }
    // Audit logs distinguish the replicas by it, and a process from the one before a restart.
    let process = ProcessInfo.processInfo
    let name = (process.environment["HOSTNAME"] ?? "").filter {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
    }
    let agent = "swift-cluster-gateway/\(process.processIdentifier)\(name.isEmpty ? "" : " (\(name))")"
    let transport = try await HTTPTransport(
      configuration, options: HTTPTransportOptions(userAgent: agent), logger: logger)
    let clock = ServerClock(transport)
    let server = configuration.server
    let host = server.host.contains(":") ? "[\(server.host)]:\(server.port)" : "\(server.host):\(server.port)"
    let patient = RetryingTransport(
      ObservingTransport(clock, host: host), host: host,
      onRetry: { retry in
        // Once is enough to know why nothing comes.
        logger.log(level: retry.attempts == 1 ? .warning : .debug, "\(retry)")
      })
    let client = KubeClient(patient, fieldManager: ManagerIdentity.fieldManager)
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

extension Logger {
  /// A logger that says nothing.
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
