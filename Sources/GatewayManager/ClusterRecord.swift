import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile

/// What is known of one cluster.
struct ClusterRecord: Sendable {
  /// What a change of a cluster's objects means for all of them.
  struct Consequences {
    /// By how many more clusters lack a copy of their gateway Secret.
    var uncopied = 0
    /// Whether which clusters can be reached has changed.
    var reachability = false
    /// Whether the fleet's health may have changed.
    var health = false
  }

  var objects: ObservedObjects
  var probe: ProbeResult?
  /// What it adds to the fleet's health, where the add-on is enabled on it.
  private(set) var summary: ClusterSummary?
  /// Whether it is there, and has a gateway Secret.
  private(set) var hasCredential = false
  /// Whether it lacks a copy of its gateway Secret.
  private var lacksCopy = false
  /// The number of its last change among those of all clusters.
  var revision: UInt64 = 0

  init(unobserved: Set<ObjectSelection>) { objects = ObservedObjects(unobserved: unobserved) }

  /// Brings up to date what is counted of the cluster, after an object of `kind` has changed.
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
