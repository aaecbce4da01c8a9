/// A transport that impersonates a user in every request; the wrapped transport's user must be
/// allowed to.
///
/// A request with an ``KubeRequest/impersonation`` of its own keeps it. In a stack it may be
/// anywhere; see ``Transport``.
public struct ImpersonatingTransport: Transport {
  private let base: any Transport
  private let impersonation: Impersonation

  /// Creates a transport around `base` that impersonates the user of `impersonation`.
  public init(_ base: any Transport, as impersonation: Impersonation) {
    self.base = base
    self.impersonation = impersonation
  }

  /// Sends `request` through the wrapped transport.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    guard request.impersonation == nil else { return try await base.send(request) }
    var request = request
    request.impersonation = impersonation
    return try await base.send(request)
  }
}
