public import CertificatePolicy
public import GatewayReconcile
import KubeCore
import KubeKindsDiscovery
import KubeReconcile
import KubeRuntime
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

  /// The hub as it is now. What the client may not read is among ``HubModel/unobserved``.
  ///
  /// Throws ``HubRequirements/MissingKinds`` where the server lacks a kind, and `KubeError` where any
  /// other list can't be had: a kind that isn't served has no objects only as far as the server says so,
  /// and a plan from it would delete.
  public func read(issued: [IssuedCertificate] = []) async throws -> HubModel {
    try await HubRequirements.check(client)
    let endpointSlices = try await HubRequirements.servedEndpointSlices(client)
    var model = HubModel(identity: identity, endpointSlices: endpointSlices ?? EndpointSlice.type)
    model.issued = issued
    var done: Set<ObjectSelection> = []
    var unobserved: Set<ObjectSelection> = []
    // What is read of one selection may lead to others.
    while true {
      let table = model.table
      let selections = (endpointSlices == nil ? table.requiredSelections : table.selections)
        .filter { !done.contains($0) }
      guard !selections.isEmpty else { break }
      done.formUnion(selections)
      // Side by side: each list is read while the others are on their way.
      try await withThrowingTaskGroup(of: (ObjectSelection, [DynamicObject]?).self) { group in
        for selection in selections { group.addTask { (selection, try await list(selection)) } }
        for try await (selection, objects) in group {
          for object in objects ?? [] { _ = model.insert(object) }
          if objects == nil { unobserved.insert(selection) }
        }
      }
      _ = model.setUnobserved(unobserved)
    }
    _ = model.sumUpFleetHealth()
    return model
  }

  /// The objects of a selection; `nil` where the client may not read them.
  private func list(_ selection: ObjectSelection) async throws -> [DynamicObject]? {
    do {
      return try await client.listDynamic(ResourceSelection(selection)).items
    } catch let error as KubeError where error.isMissingRight {
      return nil
    }
  }
}
