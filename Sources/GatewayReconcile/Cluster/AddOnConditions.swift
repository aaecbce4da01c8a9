import GatewayAPI
import KubeCore
import KubeReconcile

/// The conditions of the add-on on one cluster, which `kubectl` and `clusteradm` show.
struct AddOnConditions {
  let old: [Condition]
  let now: Date
  /// Whether the manager creates the cluster's identity, or a person does.
  let manages: Bool
  let work: ManifestWork?
  let hasCredential: Bool
  /// Whether the gateway has been down for longer than a probe interval.
  let gatewayIsDown: Bool
  let probe: ProbeResult?
  let clusterIsUnknown: Bool
  /// Whether a probe of the cluster is pending.
  var isProbeAwaited = false
  /// The reason why the gateway doesn't access the cluster although the add-on exists; `nil` if it
  /// does.
  var exclusion: Exclusion?

  private enum Reason {
    static let probeSucceeded = "ProbeSucceeded"
    static let probeFailed = "ProbeFailed"
    static let probeForbidden = "ProbeForbidden"
    static let probeInconclusive = "ProbeInconclusive"
    static let notProbedYet = "NotProbedYet"

    /// The reasons that remain until the manager has probed the cluster.
    static let standing = [
      probeSucceeded, probeFailed, probeForbidden, probeInconclusive,
      Finding.Code.gatewayUnavailable.rawValue,
    ]
  }

  /// The manager's conditions. While the cluster itself is unknown, `Available` is OCM's.
  var all: [Condition] {
    var conditions = [registrationApplied]
    if let manifestApplied { conditions.append(manifestApplied) }
    if !clusterIsUnknown { conditions.append(available) }
    return conditions.sorted { $0.type < $1.type }
  }

  /// Whether no condition was reported yet, and a pending change by others would change it.
  var isProvisional: Bool {
    guard manages, exclusion == nil, !clusterIsUnknown, !gatewayIsDown,
      old.condition(ManagedClusterAddOn.ConditionType.manifestApplied) == nil
    else { return false }
    // Failed manifests aren't about to be applied.
    guard let applied = work?.status.conditions.condition(ManifestWork.ConditionType.applied) else {
      return true
    }
    if applied.status == .false { return false }
    return !hasCredential || manifestApplied?.status != .true
      || isProbeAwaited && available.reason == Reason.notProbedYet
  }

  /// Whether the cluster has the rights of the gateway's identity; `nil` where a person creates the
  /// credential: OCM takes the add-on for progressing as long as the condition is there without a
  /// ManifestWork.
  private var manifestApplied: Condition? {
    let type = ManagedClusterAddOn.ConditionType.manifestApplied
    guard manages else { return nil }
    guard let applied = work?.status.conditions.condition(ManifestWork.ConditionType.applied) else {
      return condition(
        type, .false, reason: "WorkNotApplied", message: "the work agent has not applied the manifests yet")
    }
    guard applied.observedGeneration ?? 0 >= work?.metadata.generation ?? 0 else {
      return condition(
        type, .unknown, reason: "WorkChanged",
        message: "the work agent has not applied the latest manifests yet")
    }
    return applied.status == .true
      ? condition(
        type, .true, reason: "AddonManifestApplied", message: "manifests of addon are applied successfully")
      : condition(
        type, .false, reason: "WorkNotApplied",
        message: applied.message.isEmpty ? "the manifests failed" : applied.message)
  }

  private var registrationApplied: Condition {
    condition(
      ManagedClusterAddOn.ConditionType.registrationApplied, .true, reason: "NilRegistration",
      message: "Registration of the addon agent is configured")
  }

  /// Whether the cluster is available through the gateway, and the reason if it isn't.
  var health: (isAvailable: Bool, reason: String) {
    if clusterIsUnknown { return (false, "ClusterUnknown") }
    let available = available
    return (available.status == .true, available.reason)
  }

  private var available: Condition {
    let type = ManagedClusterAddOn.ConditionType.available
    func no(_ reason: String, _ message: String) -> Condition {
      condition(type, .false, reason: reason, message: message)
    }
    if gatewayIsDown {
      return condition(
        type, .unknown, reason: Finding.Code.gatewayUnavailable.rawValue,
        message: "the gateway does not serve; see the status of the ClusterGatewayConfiguration")
    }
    if let exclusion { return no(exclusion.reason, exclusion.message) }
    guard hasCredential else {
      return no("CredentialMissing", "the gateway has no credential for the cluster yet")
    }
    guard manifestApplied?.status != .false else {
      return no("WorkNotApplied", "the gateway's identity has no rights on the cluster yet")
    }
    switch probe {
    case .failed(let reason)?: return no(Reason.probeFailed, reason)
    case .reached?:
      return condition(
        type, .true, reason: Reason.probeSucceeded, message: "the cluster answers through the gateway")
    case .forbidden?:
      return condition(
        type, .unknown, reason: Reason.probeForbidden,
        message:
          "the hub does not let the manager ask the cluster through the gateway; see the configuration's status"
      )
    case .inconclusive?:
      return condition(
        type, .unknown, reason: Reason.probeInconclusive,
        message: "what is answered through the gateway says nothing about the cluster")
    case nil:
      // A manager that has just started repeats the last result until it has probed the cluster itself.
      if let last = old.condition(type), Reason.standing.contains(last.reason) {
        return condition(type, last.status, reason: last.reason, message: last.message)
      }
      return condition(
        type, .unknown, reason: Reason.notProbedYet,
        message: "the cluster has not been asked through the gateway yet")
    }
  }

  private func condition(_ type: String, _ status: Condition.Status, reason: String, message: String)
    -> Condition
  {
    Condition(
      type: type, status: status, reason: reason, message: message,
      lastTransitionTime: AddOnConditions.transitionTime(of: type, to: status, from: old, at: now))
  }

  /// The time when the condition took this status: the recorded one, unless the status changes now;
  /// in whole seconds.
  static func transitionTime(
    of type: String, to status: Condition.Status, from old: [Condition], at now: Date
  ) -> Date {
    if let before = old.condition(type), before.status == status, let time = before.lastTransitionTime {
      return time
    }
    return Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
  }
}
