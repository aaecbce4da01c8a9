public import KubeCore

/// How something is deleted (API reference DeleteOptions v1).
public struct DeleteOptions: Sendable, Hashable {
  /// What becomes of the objects that are owned by the deleted one.
  public enum Propagation: String, Sendable, Hashable, CaseIterable {
    /// They stay, without an owner.
    case orphan = "Orphan"
    /// They go later; the object goes at once.
    case background = "Background"
    /// They go first; the object waits for those that block it.
    case foreground = "Foreground"
  }

  /// The uid that the object must have.
  public var uid: String?
  /// The resourceVersion that the object must have.
  public var resourceVersion: String?
  /// What becomes of owned objects; `nil` leaves it to the kind's default.
  public var propagation: Propagation?
  /// How long the object may take to end, in seconds; `nil` leaves it to the kind's default.
  public var gracePeriodSeconds: Int64?
  /// Whether everything is checked and answered but nothing deleted.
  public var isDryRun: Bool

  /// Options.
  public init(
    uid: String? = nil, resourceVersion: String? = nil, propagation: Propagation? = nil,
    gracePeriodSeconds: Int64? = nil, isDryRun: Bool = false
  ) {
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.propagation = propagation
    self.gracePeriodSeconds = gracePeriodSeconds
    self.isDryRun = isDryRun
  }

  /// The `DeleteOptions` object that is sent as the body.
  public var json: JSONValue {
    var options: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
    if uid != nil || resourceVersion != nil {
      options["preconditions"] = .fields(["uid": uid?.json, "resourceVersion": resourceVersion?.json])
    }
    if let propagation { options["propagationPolicy"] = .string(propagation.rawValue) }
    if let gracePeriodSeconds { options["gracePeriodSeconds"] = gracePeriodSeconds.json }
    if isDryRun { options["dryRun"] = ["All"] }
    return options
  }
}
