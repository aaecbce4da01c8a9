import GatewayAPI
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
package import KubeReconcile

/// The objects that a reader of a hub may not read although the manager may, and what is known of
/// the manager's plan nevertheless.
///
/// An object that wasn't read is unknown, and not absent: no change and no finding is shown that
/// may follow from its absence.
package struct ReaderGaps: Sendable, Hashable {
  /// One right that the reader lacks.
  package struct Gap: Sendable, Hashable, CustomStringConvertible {
    /// The objects.
    package var selection: ObjectSelection
    /// The verb that is refused.
    package var verb: String { "list" }
    /// The part of a hub that is not shown without the objects.
    package var hidden: String { ReaderGaps.hidden(with: selection.type.groupKind) }
    /// The right: `list secrets in namespace vela-system`.
    package var description: String { "\(verb) \(selection)" }
  }

  /// The rights that the reader lacks, by description.
  package let gaps: [Gap]

  /// Creates the gaps of a reader who may not read these objects.
  package init(_ unobserved: Set<ObjectSelection> = []) {
    gaps = unobserved.map { Gap(selection: $0) }.sorted { $0.description < $1.description }
  }

  /// Whether the reader could read everything.
  package var isEmpty: Bool { gaps.isEmpty }

  /// The rights to read which clusters there are, as a clause.
  package var rightsToClusters: String { clause([ManagedKind.managedCluster]) }

  /// The rights to read which configuration is in force, as a clause.
  package var rightsToConfiguration: String {
    clause([ManagedKind.clusterManagementAddOn, ManagedKind.configuration])
  }

  private func clause(_ kinds: Set<GroupKind>) -> String {
    let rights = gaps.filter { kinds.contains($0.selection.type.groupKind) }.map(\.description)
    return "you may not \(rights.joined(separator: ", nor "))"
  }

  /// The parts of a hub that are not shown, each once.
  package var hidden: [String] {
    var parts: [String] = []
    for gap in gaps where !parts.contains(gap.hidden) { parts.append(gap.hidden) }
    return parts + ["changes and findings that depend on them"]
  }

  /// Whether objects of the kind may exist that the reader may not read.
  package func contains(_ kind: GroupKind) -> Bool { gaps.contains { $0.selection.type.groupKind == kind } }

  /// Whether the reader may not read the object.
  package func contains(_ key: ObjectKey) -> Bool {
    gaps.contains {
      $0.selection.mayContain(key.type.groupKind, namespace: key.namespace, name: key.name)
    }
  }

  /// Whether it is unknown which clusters there are.
  package var hidesClusters: Bool { contains(ManagedKind.managedCluster) }

  /// Whether it is unknown which configuration is in force.
  package var hidesConfiguration: Bool {
    contains(ManagedKind.clusterManagementAddOn) || contains(ManagedKind.configuration)
  }

  private static func hidden(with kind: GroupKind) -> String {
    switch kind {
    case ManagedKind.clusterManagementAddOn, ManagedKind.configuration:
      "whether and how the gateway is installed"
    case ManagedKind.managedCluster: "which clusters there are"
    case ManagedKind.managedClusterAddOn: "the clusters' health"
    case ManagedKind.managedServiceAccount: "the gateway's identities"
    case ManagedKind.manifestWork: "the identities' rights on the clusters"
    case ManagedKind.secret: "certificates and credentials"
    case ManagedKind.deployment: "the gateway's pods"
    case APIService.type.groupKind: "whether the gateway's API is served"
    case ConfigMap.type.groupKind: "the last valid configuration"
    default: "the state of \(kind.kind) objects"
    }
  }
}

// MARK: Plans

extension ReaderGaps {
  /// Returns the part of a plan that the manager would make, too, with the rights that the reader
  /// lacks. Without gaps it is the whole plan.
  package func known(of plan: GatewayPlan) -> GatewayPlan {
    guard !isEmpty else { return plan }
    return GatewayPlan(
      patches: plan.patches.filter(isKnown), findings: plan.findings.filter(isKnown))
  }

  /// Returns the other changes of a plan, which may follow from the absence of what wasn't read.
  func unknown(of plan: GatewayPlan) -> GatewayPlan {
    GatewayPlan(patches: plan.patches.filter { !isKnown($0) })
  }

  private func isKnown(_ patch: ObjectPatch) -> Bool { isRead(ReaderGaps.inputs(of: patch)) }

  private func isKnown(_ finding: Finding) -> Bool {
    if let object = finding.object, ReaderGaps.codesOfObjects.contains(finding.code) {
      return isRead(ReaderGaps.base) && !contains(object)
    }
    return isRead(ReaderGaps.inputs(of: finding))
  }

  private func isRead(_ kinds: Set<GroupKind>?) -> Bool {
    guard let kinds else { return isEmpty }
    return !kinds.contains(where: contains)
  }

  /// The kinds from which every plan follows.
  private static let base: Set<GroupKind> = [ManagedKind.clusterManagementAddOn, ManagedKind.configuration]
  /// The kinds from which every cluster's plan follows.
  private static let cluster = base.union([ManagedKind.managedCluster, ManagedKind.managedClusterAddOn])

  /// The kinds from which a patch follows; `nil` for everything that the manager reads.
  private static func inputs(of patch: ObjectPatch) -> Set<GroupKind>? {
    let isRemoval = patch.operation == .delete
    switch (patch.target.type.groupKind, patch.subresource) {
    case (ManagedKind.clusterManagementAddOn, _): return base
    case (Namespace.type.groupKind, _): return base.union([Namespace.type.groupKind])
    case (ManagedKind.managedClusterAddOn, nil): return cluster
    case (ManagedKind.managedClusterAddOn, _):
      return cluster.union([ManagedKind.manifestWork, ManagedKind.secret])
    case (ManagedKind.managedServiceAccount, _) where !isRemoval:
      return cluster.union([ManagedKind.managedServiceAccount])
    case (ManagedKind.manifestWork, _) where !isRemoval:
      return cluster.union([ManagedKind.managedServiceAccount, ManagedKind.manifestWork])
    default: return nil
    }
  }

  /// The codes of findings that follow from their object alone.
  private static let codesOfObjects: Set<Finding.Code> = [
    .beingDeleted, .foreignObject, .ownershipUnknown, .unreadableObject, .noIdentity,
    "ProxyCredentialsMissing", "ProxyCredentialsUnusable", "ProxyCredentialsUnfit",
  ]

  /// The kinds from which a finding follows; `nil` for everything that the manager reads.
  private static func inputs(of finding: Finding) -> Set<GroupKind>? {
    switch finding.code {
    case "AddOnMissing", "AddOnBeingDeleted", "ConfigurationMissing", "ConfigurationInvalid",
      "UnverifiedSpokeTLS", "ClusterAdminOnSpokes":
      return base
    case "ClusterNotAccepted", "ClusterNameUnusable", "ClusterNameReserved":
      return base.union([ManagedKind.managedCluster])
    case "AddOnNotServed": return cluster
    case "WorkNotApplied": return cluster.union([ManagedKind.manifestWork])
    case "TokenMissing", "TokenStale", "TokenUnusable", "TokenUnreadable", "TokenExpiring",
      "TokenSubjectMismatch":
      return cluster.union([ManagedKind.managedServiceAccount, ManagedKind.secret])
    case "GatewayNotAvailable": return base.union([ManagedKind.deployment, APIService.type.groupKind])
    default: return nil
    }
  }
}
