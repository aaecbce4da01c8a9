import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile
import Synchronization

/// Reduces a hub's objects to what is held of them, and holds once what many of them have: most of what is in the memory of a
/// cluster's objects is what others note there, or the same for all clusters.
final class HubReduction: Sendable {
  private let shared = Mutex(SharedValues())

  /// What is held of an object.
  func reduce(_ object: DynamicObject) -> DynamicObject {
    let reduced = object.reducedForPlans
    return shared.withLock { reduced.compacted(by: &$0) }
  }
}

extension DynamicObject {
  /// A Secret that holds what another one of `objects` holds shares its memory: a gateway Secret is a copy of the token's.
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
