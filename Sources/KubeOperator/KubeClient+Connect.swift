public import KubeConfig
import KubeHTTP
public import KubeTransport
public import Logging

extension KubeClient {
  /// Returns a client of the cluster that kubectl would use or, in a pod, of the pod's own.
  ///
  /// It has the standard transport stack: TLS, HTTP/2, gzip, credentials that renew, metrics and
  /// spans of requests, retries that respect Retry-After, and the server's warnings in the log.
  /// Throws if no configuration is found or it can't be read. Connections close when the last copy
  /// of the client is released.
  ///
  /// - Parameters:
  ///   - fieldManager: The field manager of its writes.
  ///   - configuration: The server and the credentials; `nil` for kubectl's or the pod's.
  ///   - userAgent: The program's name in the server's audit log; `nil` for the field manager.
  ///   - logger: Logs retries, and each of the server's warnings once.
  public static func connect(
    fieldManager: String, configuration: ClientConfiguration? = nil, userAgent: String? = nil, logger: Logger
  ) async throws -> KubeClient {
    let configuration = try configuration ?? .standard()
    let host = configuration.server.hostAndPort
    let transport = try await HTTPTransport(
      configuration, options: HTTPTransportOptions(userAgent: userAgent ?? fieldManager), logger: logger)
    let observed = WarningTransport(ObservingTransport(transport, host: host), logger: logger)
    let retrying = RetryingTransport(observed, host: host, onRetry: { logger.info("\($0)") })
    return KubeClient(retrying, fieldManager: fieldManager)
  }
}
