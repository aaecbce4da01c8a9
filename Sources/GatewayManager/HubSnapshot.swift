public import CertificatePolicy
public import GatewayReconcile
import KubeCore
public import KubeTransport

/// Reads a hub once, by lists: for a look without watching.
public struct HubSnapshot: Sendable {
  /// The client that reads.
  public var client: KubeClient
  /// Who the manager is.
  public var identity: ManagerIdentity

  /// A reader.
  public init(_ client: KubeClient, identity: ManagerIdentity = ManagerIdentity()) {
    self.client = client
    self.identity = identity
  }

  /// The hub as it is now.
  ///
  /// Throws ``HubRequirements/MissingKinds`` where the server lacks a kind, and `KubeError` where any list can't be had: a
  /// kind that isn't served has no objects only as far as the server says so, and a plan from it would delete.
  public func read(issued: [IssuedCertificate] = []) async throws -> HubModel {
    try await HubRequirements.check(client)
    var model = HubModel(identity: identity)
    model.issued = issued
    try await read(HubSelections.fixed(identity).all, into: &model)
    if let spec = model.facts.configuration {
      let endpointSlices = try await HubRequirements.servedEndpointSlices(client)
      let configured = HubSelections.configured(spec, endpointSlices: endpointSlices ?? EndpointSlice.type)
      try await read(
        configured.all.filter { endpointSlices != nil || HubSelections.isRequired($0) }, into: &model)
    }
    return model
  }

  private func read(_ selections: [ResourceSelection], into model: inout HubModel) async throws {
    for selection in selections {
      for object in try await client.listDynamic(selection).items { _ = model.insert(object) }
    }
  }
}
