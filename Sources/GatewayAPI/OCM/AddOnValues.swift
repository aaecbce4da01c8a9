public import KubeCore

extension AddOnConfig {
  /// The name that stands for no default: what v1alpha1's supported configuration without a default becomes in v1beta1.
  public static let noDefault = "__reserved_no_default__"

  /// Whether an object is named; otherwise this only says that the resource can configure the add-on.
  public var namesObject: Bool { !name.isEmpty && name != AddOnConfig.noDefault }

  /// Whether the configuration is of this kind, whatever the version.
  public func isFor(_ type: ResourceType) -> Bool { group == type.group && resource == type.plural }
}

extension InstallStrategy {
  /// The ManagedClusterAddOns are created by people or by the add-on's manager.
  public static let manual = "Manual"
  /// OCM's addon-manager creates and deletes the ManagedClusterAddOns by placements.
  public static let placements = "Placements"
}

extension HealthCheck {
  /// The agent on the cluster renews a Lease.
  public static let lease = "Lease"
  /// The add-on's manager writes the condition `Available`.
  public static let customized = "Customized"
}
