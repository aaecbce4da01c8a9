import GatewayAPI
import KubeCore

/// Which configuration is in force, read and checked: from the add-on's default configurations, else from
/// what
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
    guard let addOnObject = objects[ManagedKind.clusterManagementAddOn, nil, ManagerIdentity.addOnName] else {
      return
    }
    self.addOnObject = addOnObject
    if addOnObject.metadata.deletionTimestamp != nil {
      addOnIsBeingDeleted = true
      return
    }
    do {
      let addOn = try ClusterManagementAddOn(observed: addOnObject)
      self.addOn = addOn
      let named = addOn.defaultConfig(for: ClusterGatewayConfiguration.type)?.name
      let name = named ?? ManagerIdentity.addOnName
      self.name = name
      guard let object = objects[ManagedKind.configuration, nil, name] else { return }
      self.object = object
      problems = ClusterGatewayConfiguration.problems(in: object.json)
      configuration = try? object.decode(ClusterGatewayConfiguration.self)
      if problems.isEmpty { spec = configuration?.spec.defaulted() }
      if SettledConfiguration.isDefault(name, of: addOnObject) {
        hashForClusters = ClusterGatewayConfiguration.specHash(of: object)
      }
    } catch {
      problems.append(error)
    }
  }

  /// Whether OCM itself takes the configuration for the add-on's default. What v1alpha1 calls
  /// `addOnConfiguration`
  /// doesn't count: any write through v1beta1 would erase it.
  private static func isDefault(_ name: String, of addOn: DynamicObject) -> Bool {
    var configs = (try? addOn.decode(ClusterManagementAddOn.self))?.spec.defaultConfigs ?? []
    if addOn.apiVersion == V1Alpha1.ClusterManagementAddOn.type.apiVersion {
      let older = try? addOn.decode(V1Alpha1.ClusterManagementAddOn.self)
      configs = older.map { ClusterManagementAddOn($0).spec.defaultConfigs } ?? []
    }
    return configs.contains { $0.isFor(ClusterGatewayConfiguration.type) && $0.name == name }
  }
}
