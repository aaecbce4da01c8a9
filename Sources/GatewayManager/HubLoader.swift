public import CertificatePolicy
public import GatewayReconcile
import KubeCore
import KubeKindsDiscovery
import KubeReconcile
import KubeRuntime
public import KubeTransport

/// Reads a hub once, by lists, without watching.
public struct HubLoader: Sendable {
  /// The client that reads.
  public var client: KubeClient
  /// The manager's identity.
  public var identity: ManagerIdentity

  /// Creates a loader.
  public init(_ client: KubeClient, identity: ManagerIdentity = ManagerIdentity()) {
    self.client = client
    self.identity = identity
  }

  /// Returns the hub's current state. Selections that the client may not read are in
  /// ``HubCache/unobserved``.
  ///
  /// Throws ``HubRequirements/MissingKinds`` if the server lacks a kind, and `KubeError` if any
  /// other list fails: a plan from an incomplete list would delete.
  public func load(issued: [IssuedCertificate] = []) async throws -> HubCache {
    try await HubRequirements.check(client)
    let endpointSlices = try await HubRequirements.servedEndpointSlices(client)
    var model = HubCache(identity: identity, endpointSlices: endpointSlices ?? EndpointSlice.type)
    model.issued = issued
    var done: Set<ObjectSelection> = []
    var unobserved: Set<ObjectSelection> = []
    // The objects of one selection may lead to others.
    while true {
      let table = model.table
      let selections = (endpointSlices == nil ? table.requiredSelections : table.selections)
        .filter { !done.contains($0) }
      guard !selections.isEmpty else { break }
      done.formUnion(selections)
      // Concurrently: each list is parsed while the others are being received.
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

  /// Returns the objects of a selection; `nil` if the client may not read them.
  private func list(_ selection: ObjectSelection) async throws -> [DynamicObject]? {
    do {
      return try await client.list(ResourceSelection(selection)).items
    } catch let error as KubeError where error.isMissingRight {
      return nil
    }
  }
}
