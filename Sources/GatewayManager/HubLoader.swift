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
  /// Whether the objects' JSON keeps managedFields. Otherwise they are taken out and read, as far
  /// as plans look at them: enough to plan, and too little to apply a plan to the objects.
  public var keepsManagedFields: Bool

  /// Creates a loader.
  public init(
    _ client: KubeClient, identity: ManagerIdentity = ManagerIdentity(), keepsManagedFields: Bool = false
  ) {
    self.client = client
    self.identity = identity
    self.keepsManagedFields = keepsManagedFields
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
    var unobserved: Set<ObjectSelection> = []
    // Concurrently: each list is parsed while the others are being received.
    try await withThrowingTaskGroup(of: (ObjectSelection, [DynamicObject]?).self) { group in
      var requested: Set<ObjectSelection> = []
      var pending: Set<ObjectSelection> = []
      while true {
        // The installation leads to other selections, and is known before all clusters are.
        if !pending.contains(where: { HubCache.factInputs.contains($0.type.groupKind) }) {
          let table = model.table
          for selection in endpointSlices == nil ? table.requiredSelections : table.selections
          where requested.insert(selection).inserted {
            pending.insert(selection)
            group.addTask { (selection, try await list(selection)) }
          }
        }
        guard let (selection, objects) = try await group.next() else { break }
        pending.remove(selection)
        for object in objects ?? [] { _ = model.insert(object) }
        if objects == nil, unobserved.insert(selection).inserted { _ = model.setUnobserved(unobserved) }
      }
    }
    _ = model.sumUpFleetHealth()
    return model
  }

  /// Returns the objects of a selection; `nil` if the client may not read them.
  private func list(_ selection: ObjectSelection) async throws -> [DynamicObject]? {
    do {
      // While the server prepares the next page.
      return try await client.list(ResourceSelection(selection)) { object in
        keepsManagedFields ? object : ManagerIdentity.rules.reducingManagedFields(of: object)
      }.items
    } catch let error as KubeError where error.isMissingRight {
      return nil
    }
  }
}
