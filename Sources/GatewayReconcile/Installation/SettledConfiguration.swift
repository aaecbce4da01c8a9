import GatewayAPI
import KubeCore

/// Which configuration is in force, read and checked: from the add-on's default configurations, else from what
/// v1alpha1 calls its add-on configuration, else by the add-on's own name.
struct SettledConfiguration {
  /// The ClusterManagementAddOn, unless it is absent or being deleted.
  private(set) var addOn: ClusterManagementAddOn?
  /// The ClusterManagementAddOn as observed.
  private(set) var addOnObject: DynamicObject?
  /// Whether it is being deleted.
  private(set) var addOnIsBeingDeleted = false
  /// The configuration's name.
  private(set) var name: String?
  /// The configuration as observed.
  private(set) var object: DynamicObject?
  /// Its spec with defaults; `nil` where there is none or it is not valid.
  private(set) var spec: ClusterGatewayConfiguration.Spec?
  /// The configuration read, whether valid or not.
  private(set) var configuration: ClusterGatewayConfiguration?
  /// What is wrong with it.
  private(set) var problems: [FieldError] = []
  /// The spec's hash, where the add-on names the configuration among its defaults.
  private(set) var hashForClusters: String?

  init(_ objects: ObservedObjects) {
    guard let addOnObject = objects[ManagedKind.clusterManagementAddOn, nil, ManagerIdentity.addOnName] else { return }
    self.addOnObject = addOnObject
    if addOnObject.metadata.deletionTimestamp != nil {
      addOnIsBeingDeleted = true
      return
    }
    do {
      let addOn = try ClusterManagementAddOn(observed: addOnObject)
      self.addOn = addOn
      let named = addOn.defaultConfig(for: ClusterGatewayConfiguration.type)
      let name = named ?? ManagerIdentity.addOnName
      self.name = name
      guard let object = objects[ManagedKind.configuration, nil, name] else { return }
      self.object = object
      problems = ClusterGatewayConfiguration.unknownFields(in: object.json)
      let configuration = try object.decode(ClusterGatewayConfiguration.self)
      self.configuration = configuration
      problems += configuration.validate()
      if problems.isEmpty { spec = configuration.spec.defaulted() }
      if addOn.spec.defaultConfigs.contains(where: { $0.isFor(ClusterGatewayConfiguration.type) && $0.name == name }) {
        hashForClusters = ClusterGatewayConfiguration.specHash(of: object)
      }
    } catch {
      problems.append(error)
    }
  }
}
