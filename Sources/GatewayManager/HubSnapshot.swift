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

  /// The hub as it is now. A kind that the server does not know has no objects.
  public func read(issued: [IssuedCertificate] = []) async throws -> HubModel {
    var model = HubModel(identity: identity)
    model.issued = issued
    try await read(HubSelections.fixed(identity), into: &model)
    if let spec = model.facts.configuration {
      let endpointSlices = try await HubRequirements.endpointSlices(client)
      try await read(HubSelections.configured(spec, endpointSlices: endpointSlices), into: &model)
    }
    return model
  }

  private func read(_ selections: HubSelections, into model: inout HubModel) async throws {
    for selection in selections.all {
      do {
        for object in try await client.listDynamic(selection).items { _ = model.insert(object) }
      } catch let error as KubeError where error.code == .notFound {
        continue
      }
    }
  }
}
