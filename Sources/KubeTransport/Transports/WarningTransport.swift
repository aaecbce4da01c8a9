import HTTPTypes
public import Logging
import Synchronization

/// A transport that reports each distinct warning of the server once: a deprecated version of a
/// kind, an unknown field, an admission webhook's warning.
///
/// In a stack it is below ``RetryingTransport``; see ``Transport``. A warning is a
/// ``ServerWarning``.
public final class WarningTransport: Transport {
  private let base: any Transport
  private let maximumRemembered: Int
  private let onWarning: @Sendable (ServerWarning, KubeError.Request) -> Void
  /// The reported warnings and their order.
  private let known = Mutex<(warnings: Set<ServerWarning>, order: [ServerWarning])>(([], []))

  /// Creates a transport around `base`.
  ///
  /// - Parameters:
  ///   - base: The wrapped transport.
  ///   - maximumRemembered: The number of remembered warnings; the oldest one is dropped for a new
  ///     one, and reported again when it occurs again.
  ///   - onWarning: Called with each warning and the first request that caused it.
  public init(
    _ base: any Transport, maximumRemembered: Int = 1000,
    onWarning: @escaping @Sendable (ServerWarning, KubeError.Request) -> Void
  ) {
    self.base = base
    self.maximumRemembered = max(1, maximumRemembered)
    self.onWarning = onWarning
  }

  /// Creates a transport around `base` that logs warnings at the level `warning`.
  public convenience init(_ base: any Transport, logger: Logger) {
    self.init(base) { warning, request in
      logger.warning("The API server warns: \(warning)", metadata: ["request": "\(request)"])
    }
  }

  /// Sends `request` through the wrapped transport.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let response = try await base.send(request)
    for field in response.headers where field.name == Self.header {
      for warning in ServerWarning.parse(field.value)
      where warning.code == 299 && !warning.text.isEmpty && isNew(warning) {
        onWarning(warning, KubeError.Request(request))
      }
    }
    return response
  }

  private static let header = HTTPField.Name("Warning")

  private func isNew(_ warning: ServerWarning) -> Bool {
    known.withLock { known in
      guard known.warnings.insert(warning).inserted else { return false }
      known.order.append(warning)
      if known.order.count > maximumRemembered { known.warnings.remove(known.order.removeFirst()) }
      return true
    }
  }
}
