public import KubeCore

/// The options of a deletion (API reference DeleteOptions v1).
public struct DeletionOptions: Sendable, Hashable {
  /// The treatment of the deleted object's dependents.
  public enum Propagation: String, Sendable, Hashable, CaseIterable {
    /// Dependents stay, without an owner.
    case orphan = "Orphan"
    /// The object is deleted at once, its dependents later.
    case background = "Background"
    /// Dependents are deleted first; the object waits for those that block it.
    case foreground = "Foreground"
  }

  /// The uid that the object must have.
  public var uid: String?
  /// The resourceVersion that the object must have.
  public var resourceVersion: String?
  /// The treatment of dependents; `nil` for the kind's default.
  public var propagation: Propagation?
  /// The grace period in seconds; `nil` for the kind's default.
  public var gracePeriodSeconds: Int64?
  /// Whether the request is only checked and nothing deleted.
  public var isDryRun: Bool

  /// Creates options.
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

  /// The `DeleteOptions` object of the request's body.
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
