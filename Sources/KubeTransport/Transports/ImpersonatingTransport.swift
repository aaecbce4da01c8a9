/// Makes every request on somebody else's behalf; the transport below must be allowed to.
///
/// A request that names somebody itself keeps that. In a stack it may stand anywhere; see `Transport`.
public struct ImpersonatingTransport: Transport {
  private let base: any Transport
  private let impersonation: Impersonation

  /// A transport around `base` that asks as `impersonation`.
  public init(_ base: any Transport, as impersonation: Impersonation) {
    self.base = base
    self.impersonation = impersonation
  }

  /// Sends `request` by way of the wrapped transport.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    guard request.impersonation == nil else { return try await base.send(request) }
    var request = request
    request.impersonation = impersonation
    return try await base.send(request)
  }
}
