import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile

/// The known objects of one cluster, and the counters that follow from them.
struct ClusterRecord: Sendable {
  /// The effects of a change of a cluster's objects on the whole fleet.
  struct Consequences {
    /// The change in the number of clusters that lack a copy of their gateway Secret.
    var uncopied = 0
    /// Whether the set of reachable clusters has changed.
    var reachability = false
    /// Whether the fleet's health may have changed.
    var health = false
  }

  var objects: ObservedObjects
  var probe: ProbeResult?
  /// The cluster's contribution to the fleet's health; `nil` if the gateway isn't to access it.
  private(set) var summary: ClusterSummary?
  /// Whether the cluster exists and has a gateway Secret.
  private(set) var hasCredential = false
  /// Whether it lacks a copy of its gateway Secret.
  private var lacksCopy = false
  /// The number of its last change, counted over all clusters.
  var revision: UInt64 = 0

  init(unobserved: Set<ObjectSelection>) { objects = ObservedObjects(unobserved: unobserved) }

  /// Updates the counters after an object of `kind` has changed.
  mutating func recount(_ kind: GroupKind, of name: String, in places: HubPlaces) -> Consequences {
    let isSecret = kind == Secret.type.groupKind
    let isCluster = kind == ManagedCluster.type.groupKind
    var consequences = Consequences()
    if isSecret, places.mayLackCopies || lacksCopy {
      let before = lacksCopy
      lacksCopy = places.lacksCopy(objects)
      consequences.uncopied = (lacksCopy ? 1 : 0) - (before ? 1 : 0)
    }
    if isSecret || isCluster {
      let before = hasCredential
      hasCredential = places.hasCredential(of: name, objects)
      consequences.reachability = hasCredential != before
    }
    let isSummed = [ManagedClusterAddOn.type.groupKind, ManagedServiceAccount.type.groupKind].contains(kind)
    if isSecret || isCluster || isSummed {
      let before = summary
      summary = places.summary(of: name, objects)
      consequences.health = summary != before
    }
    return consequences
  }
}
