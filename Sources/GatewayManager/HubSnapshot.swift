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

  /// The hub as it is now. A kind that the server does not know has no objects; what the client may not read
  /// is among `HubModel.unobserved`.
  public func read(issued: [IssuedCertificate] = []) async throws -> HubModel {
    var model = HubModel(identity: identity)
    model.issued = issued
    let endpointSlices = try await HubRequirements.endpointSlices(client)
    var done: Set<ObjectSelection> = []
    var unobserved: Set<ObjectSelection> = []
    // What is read of one selection may lead to others.
    while true {
      let selections = model.table(endpointSlices: endpointSlices).selections.filter { !done.contains($0) }
      guard !selections.isEmpty else { break }
      for selection in selections {
        done.insert(selection)
        do {
          for object in try await client.listDynamic(ResourceSelection(selection)).items {
            _ = model.insert(object)
          }
        } catch let error as KubeError where error.code == .notFound {
          continue
        } catch let error as KubeError where error.isMissingRight {
          unobserved.insert(selection)
        }
      }
      _ = model.setUnobserved(unobserved)
    }
    return model
  }
}
