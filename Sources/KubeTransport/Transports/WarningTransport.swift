import HTTPTypes
public import Logging
import Synchronization

/// Passes on the server's warnings, each distinct one once: a deprecated version of a kind, an unknown field, what an
/// admission webhook objects to.
///
/// In a stack it stands below `RetryingTransport`; see `Transport`.
public final class WarningTransport: Transport {
  private let base: any Transport
  private let maximumRemembered: Int
  private let onWarning: @Sendable (ServerWarning, KubeError.Request) -> Void
  /// The warnings that were passed on, and in which order.
  private let known = Mutex<(warnings: Set<ServerWarning>, order: [ServerWarning])>(([], []))

  /// A transport around `base`.
  ///
  /// - Parameters:
  ///   - maximumRemembered: How many warnings are remembered; the oldest is forgotten for a new one, and is passed on
  ///     again when it comes again.
  ///   - onWarning: Called with each warning, and the first request that was answered with it.
  public init(
    _ base: any Transport, maximumRemembered: Int = 1000,
    onWarning: @escaping @Sendable (ServerWarning, KubeError.Request) -> Void
  ) {
    self.base = base
    self.maximumRemembered = max(1, maximumRemembered)
    self.onWarning = onWarning
  }

  /// A transport around `base` that logs warnings at the level `warning`.
  public convenience init(_ base: any Transport, logger: Logger) {
    self.init(base) { warning, request in
      logger.warning("The API server warns: \(warning)", metadata: ["request": "\(request)"])
    }
  }

  /// Sends `request` by way of the wrapped transport.
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
