public import KubeCore

extension AddOnConfig {
  /// The name that means no default: a supported configuration without a default in v1alpha1 has it
  /// in v1beta1.
  public static let noDefault = "__reserved_no_default__"

  /// Whether an object is named; otherwise the entry only states that the resource can configure
  /// the add-on.
  public var namesObject: Bool { !name.isEmpty && name != AddOnConfig.noDefault }

  /// Whether the configuration is of this kind, in any version.
  public func isFor(_ type: ResourceType) -> Bool { group == type.group && resource == type.plural }
}

extension InstallStrategy {
  /// The strategy by which people or the add-on's manager create the ManagedClusterAddOns.
  public static let manual = "Manual"
  /// The strategy by which OCM's addon-manager creates and deletes the ManagedClusterAddOns by
  /// placements.
  public static let placements = "Placements"
}

extension HealthCheck {
  /// The mode in which the add-on's manager writes the condition `Available`.
  public static let customized = "Customized"
}
