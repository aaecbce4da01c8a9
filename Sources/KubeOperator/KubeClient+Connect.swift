public import KubeConfig
import KubeHTTP
public import KubeTransport
public import Logging

extension KubeClient {
  /// A client of the cluster that kubectl would use or, in a pod, of the pod's own, with the standard transport stack:
  /// TLS, HTTP/2, credentials that renew, retries that heed Retry-After. Throws where no configuration is found or it
  /// can't be read.
  ///
  /// - Parameters:
  ///   - fieldManager: The name under which it writes.
  ///   - configuration: The server and the credentials; `nil` for kubectl's or the pod's.
  ///   - logger: Logs retries.
  public static func connect(
    fieldManager: String, configuration: ClientConfiguration? = nil, logger: Logger
  ) async throws -> KubeClient {
    let transport = try await HTTPTransport(configuration ?? .standard(), logger: logger)
    return KubeClient(RetryingTransport(transport), fieldManager: fieldManager)
  }
}
