import GatewayAPI
import KubeCore
import KubeReconcile

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
  /// The spec in force with defaults: the configuration's, or while that is missing or not valid the last valid one.
  private(set) var spec: ClusterGatewayConfiguration.Spec?
  /// The generation of the configuration that the spec in force is of.
  private(set) var generation: Int64?
  /// What is to be kept: of the configuration in force.
  private(set) var keeping: KeptConfiguration?
  /// Whether the configuration in force is kept, as far as that can be read.
  private(set) var isKept = true
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
      let observed = objects[ManagedKind.configuration, nil, name]
      object = observed
      problems = observed.map { ClusterGatewayConfiguration.problems(in: $0.json) } ?? []
      configuration = try? observed?.decode(ClusterGatewayConfiguration.self)
      let kept = KeptConfiguration(objects)
      var source = observed
      if let observed, problems.isEmpty {
        spec = configuration?.spec.defaulted()
        generation = observed.metadata.generation
        let wanted = KeptConfiguration(observed)
        keeping = wanted
        isKept = kept == wanted || !KeptConfiguration.isObserved(in: objects)
      } else if observed != nil
        || objects.isObserved(ObjectKey(ClusterGatewayConfiguration.type, name: name)), let kept,
        kept.name == name, let object = kept.object,
        ClusterGatewayConfiguration.problems(in: object.json).isEmpty
      {
        spec = (try? object.decode(ClusterGatewayConfiguration.self))?.spec.defaulted()
        generation = kept.generation
        keeping = kept
        source = object
      }
      if let source, SettledConfiguration.isDefault(name, of: addOnObject) {
        hashForClusters = ClusterGatewayConfiguration.specHash(of: source)
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
