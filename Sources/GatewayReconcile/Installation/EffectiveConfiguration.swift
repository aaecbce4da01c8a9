import GatewayAPI
import KubeCore
import KubeReconcile

/// The configuration in force, decoded and validated. Its name is in the add-on's default
/// configurations or, for v1alpha1, in the add-on configuration; without either, it is the add-on's
/// own name.
struct EffectiveConfiguration {
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
  /// The effective spec with defaults: the configuration's or, while that is missing or invalid,
  /// the last valid one.
  private(set) var spec: ClusterGatewayConfiguration.Spec?
  /// The generation of the configuration with the effective spec.
  private(set) var generation: Int64?
  /// The record of the effective configuration to keep.
  private(set) var keeping: KeptConfiguration?
  /// Whether the effective configuration is kept, as far as that can be read.
  private(set) var isKept = true
  /// The decoded configuration, valid or not.
  private(set) var configuration: ClusterGatewayConfiguration?
  /// The problems of the configuration.
  private(set) var problems: [FieldError] = []
  /// The spec's hash, if the add-on names the configuration among its defaults.
  private(set) var hashForClusters: String?

  init(_ objects: ObservedObjects) {
    guard
      let addOnObject = objects[
        ManagedKind.clusterManagementAddOn, namespace: nil, name: ManagerIdentity.addOnName]
    else {
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
      let observed = objects[ManagedKind.configuration, namespace: nil, name: name]
      object = observed
      problems = observed.map { ClusterGatewayConfiguration.problems(in: $0.json) } ?? []
      configuration = try? observed?.decode(ClusterGatewayConfiguration.self)
      // A record of a newer manager may have fields that this one doesn't know.
      let kept = KeptConfiguration(objects).flatMap { kept in
        (try? kept.object?.decode(ClusterGatewayConfiguration.self))?.validate() == [] ? kept : nil
      }
      if let observed, let kept {
        let definition = objects[
          ManagedKind.definition, namespace: nil, name: ClusterGatewayConfiguration.definitionName]
        problems += kept.losses(in: observed, definition: definition)
      }
      var source = observed
      if let observed, problems.isEmpty {
        spec = configuration?.spec.defaulted()
        generation = observed.metadata.generation
        let wanted = KeptConfiguration(observed)
        keeping = wanted
        isKept = kept == wanted || !KeptConfiguration.isObserved(in: objects)
      } else if observed != nil
        || objects.isObserved(ObjectKey(ClusterGatewayConfiguration.type, name: name)), let kept,
        kept.name == name || KeptConfiguration.belongs(to: addOnObject.metadata.uid, in: objects),
        let object = kept.object
      {
        spec = (try? object.decode(ClusterGatewayConfiguration.self))?.spec.defaulted()
        generation = kept.generation
        keeping = kept
        // Another's hash isn't that of the configuration that the add-on names.
        source = kept.name == name ? object : nil
      }
      if let source, EffectiveConfiguration.isDefault(name, of: addOnObject) {
        hashForClusters = ClusterGatewayConfiguration.specHash(of: source)
      }
    } catch {
      problems.append(error)
    }
  }

  /// Whether plans wait until the configuration is kept. They don't where it can't be: the API
  /// server refuses the ConfigMap, or that belongs to another or can't be changed.
  func waitsToBeKept(in state: InstallationState) -> Bool {
    guard !isKept, let keeping, let owner = addOn?.ownerReference(), !state.refusesKeptConfiguration
    else { return false }
    var planner = PatchPlanner(objects: state.objects, force: spec?.ownership.force ?? false)
    let configMap = keeping.configMap(in: state.identity.namespace, owner: owner)
    return planner.ensure(configMap, precondition: .resourceVersion, because: "trial") != .blocked
  }

  /// Whether OCM itself uses the configuration as the add-on's default. v1alpha1's
  /// `addOnConfiguration` doesn't count: any write through v1beta1 would erase it.
  private static func isDefault(_ name: String, of addOn: DynamicObject) -> Bool {
    var configs = (try? addOn.decode(ClusterManagementAddOn.self))?.spec.defaultConfigs ?? []
    if addOn.apiVersion == V1Alpha1.ClusterManagementAddOn.type.apiVersion {
      let older = try? addOn.decode(V1Alpha1.ClusterManagementAddOn.self)
      configs = older.map { ClusterManagementAddOn($0).spec.defaultConfigs } ?? []
    }
    return configs.contains { $0.isFor(ClusterGatewayConfiguration.type) && $0.name == name }
  }
}
