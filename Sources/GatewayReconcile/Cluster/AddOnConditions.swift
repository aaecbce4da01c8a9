import GatewayAPI
import KubeCore
import KubeReconcile

import struct Foundation.Date

/// What is said of the add-on on one cluster, in the conditions that `kubectl` and `clusteradm` show.
struct AddOnConditions {
  let old: [Condition]
  let now: Date
  /// Whether the manager makes the cluster's identity, or a person does.
  let manages: Bool
  let work: ManifestWork?
  let hasCredential: Bool
  /// Whether the gateway has been down for longer than a probe interval.
  let gatewayIsDown: Bool
  let probe: ProbeResult?
  let clusterIsUnknown: Bool
  /// Whether an attempt to reach the cluster is about to be made.
  var isProbeAwaited = false
  /// Why the gateway doesn't enter the cluster although the add-on is there; `nil` where it does.
  var exclusion: (reason: String, message: String)?

  private enum Reason {
    static let probeSucceeded = "ProbeSucceeded"
    static let probeFailed = "ProbeFailed"
    static let probeForbidden = "ProbeForbidden"
    static let probeInconclusive = "ProbeInconclusive"
    static let notProbedYet = "NotProbedYet"

    /// What stands until this manager has probed the cluster.
    static let standing = [
      probeSucceeded, probeFailed, probeForbidden, probeInconclusive,
      Finding.Code.gatewayUnavailable.rawValue,
    ]
  }

  /// The conditions that are ours to write. While the cluster itself is unknown, `Available` is OCM's.
  var all: [Condition] {
    var conditions = [manifestApplied, registrationApplied]
    if !clusterIsUnknown { conditions.append(available) }
    return conditions.sorted { $0.type < $1.type }
  }

  /// Whether nothing was said of the add-on yet, and what others are about to do changes what would be said now.
  var isProvisional: Bool {
    guard manages, exclusion == nil, !clusterIsUnknown, !gatewayIsDown,
      old.condition(ManagedClusterAddOn.ConditionType.manifestApplied) == nil
    else { return false }
    // Manifests that failed aren't about to be applied.
    guard let applied = work?.status.conditions.condition(ManifestWork.ConditionType.applied) else {
      return true
    }
    if applied.status == .false { return false }
    return !hasCredential || manifestApplied.status != .true
      || isProbeAwaited && available.reason == Reason.notProbedYet
  }

  private var manifestApplied: Condition {
    let type = ManagedClusterAddOn.ConditionType.manifestApplied
    guard manages else {
      return condition(type, .true, "NothingToApply", "the cluster's credential is made by hand")
    }
    guard let applied = work?.status.conditions.condition(ManifestWork.ConditionType.applied) else {
      return condition(type, .false, "WorkNotApplied", "the work agent has not applied the manifests yet")
    }
    guard applied.observedGeneration ?? 0 >= work?.metadata.generation ?? 0 else {
      return condition(
        type, .unknown, "WorkChanged", "the work agent has not applied the latest manifests yet")
    }
    return applied.status == .true
      ? condition(type, .true, "AddonManifestApplied", "manifests of addon are applied successfully")
      : condition(
        type, .false, "WorkNotApplied", applied.message.isEmpty ? "the manifests failed" : applied.message)
  }

  private var registrationApplied: Condition {
    condition(
      ManagedClusterAddOn.ConditionType.registrationApplied, .true, "NilRegistration",
      "Registration of the addon agent is configured")
  }

  /// Whether the cluster is available through the gateway, and if not, the reason.
  var health: (isAvailable: Bool, reason: String) {
    if clusterIsUnknown { return (false, "ClusterUnknown") }
    let available = available
    return (available.status == .true, available.reason)
  }

  private var available: Condition {
    let type = ManagedClusterAddOn.ConditionType.available
    func no(_ reason: String, _ message: String) -> Condition { condition(type, .false, reason, message) }
    if gatewayIsDown {
      return condition(
        type, .unknown, Finding.Code.gatewayUnavailable.rawValue,
        "the gateway does not serve; see the status of the ClusterGatewayConfiguration")
    }
    if let exclusion { return no(exclusion.reason, exclusion.message) }
    guard hasCredential else {
      return no("CredentialMissing", "the gateway has no credential for the cluster yet")
    }
    guard manifestApplied.status != .false else {
      return no("WorkNotApplied", "the gateway's identity has no rights on the cluster yet")
    }
    switch probe {
    case .failed(let reason)?: return no(Reason.probeFailed, reason)
    case .reached?:
      return condition(type, .true, Reason.probeSucceeded, "the cluster answers through the gateway")
    case .forbidden?:
      return condition(
        type, .unknown, Reason.probeForbidden,
        "the hub does not let the manager ask the cluster through the gateway; see the configuration's status"
      )
    case .inconclusive?:
      return condition(
        type, .unknown, Reason.probeInconclusive,
        "what is answered through the gateway says nothing about the cluster")
    case nil:
      // A manager that has just started says what was last seen until it has looked itself.
      if let last = old.condition(type), Reason.standing.contains(last.reason) {
        return condition(type, last.status, last.reason, last.message)
      }
      return condition(
        type, .unknown, Reason.notProbedYet, "the cluster has not been asked through the gateway yet")
    }
  }

  private func condition(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String)
    -> Condition
  {
    Condition(
      type: type, status: status, reason: reason, message: message,
      lastTransitionTime: AddOnConditions.transitionTime(of: type, to: status, from: old, at: now))
  }

  /// When the condition took this status: the time noted, unless the status changes now; whole seconds.
  static func transitionTime(
    of type: String, to status: Condition.Status, from old: [Condition], at now: Date
  ) -> Date {
    if let before = old.condition(type), before.status == status, let time = before.lastTransitionTime {
      return time
    }
    return Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
  }
}
