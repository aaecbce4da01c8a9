import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile
import Synchronization

/// Reduces a hub's objects to what plans need, and shares equal values: most of the memory of a
/// cluster's objects is content that others write there, or that is the same for all clusters.
final class HubReduction: Sendable {
  private let pool = Mutex(InternPool(wholeMembers: ["configReferences", "supportedConfigs"]))

  /// Returns the part of an object that is kept.
  func reduce(_ object: DynamicObject) -> DynamicObject {
    let reduced = object.reducedForPlans
    return pool.withLock { reduced.compacted(by: &$0) }
  }
}

extension DynamicObject {
  /// The Secret, sharing the memory of an equal Secret among `objects`: a gateway Secret is a copy
  /// of the token's.
  func sharingCredential(of objects: ObservedObjects) -> DynamicObject {
    guard groupKind == Secret.type.groupKind, let data = json["data"] else { return self }
    for other in objects.all(groupKind) {
      guard let known = other.json["data"], known == data else { continue }
      var json = json
      json["data"] = known
      return reduced(to: json)
    }
    return self
  }
}
