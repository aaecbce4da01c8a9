import GatewayAPI
public import KubeCore
public import KubeMemory
public import KubeTesting
public import KubeTransport

/// OCM's addon-manager: links each ManagedClusterAddOn to its ClusterManagementAddOn and reports
/// its progress.
public struct AddOnManager: RequestingController {
  /// The controller's name.
  public let name = "addon-manager"
  /// The kinds that it reads.
  public let kinds = [ClusterManagementAddOn.type, ManagedClusterAddOn.type, ManifestWork.type]

  /// Creates an addon-manager.
  public init() {}

  private static let manager = "addon"

  /// The requests for owner references, configuration references and the conditions `Configured`
  /// and `Progressing`.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    var addOns: [String: ClusterManagementAddOn] = [:]
    for addOn in server.objects(ClusterManagementAddOn.self) { addOns[addOn.metadata.name] = addOn }
    let references = server.objects(ClusterManagementAddOn.type).compactMap { object in
      addOns[object.metadata.name].flatMap { self.references(of: $0, object) }
    }
    return references
      + server.objects(ManagedClusterAddOn.type).compactMap { object in
        guard object.metadata.deletionTimestamp == nil, let owner = addOns[object.metadata.name],
          owner.metadata.deletionTimestamp == nil, let addOn = try? object.decode(ManagedClusterAddOn.self)
        else { return nil }
        return ownership(of: object, by: owner)
          ?? status(of: addOn, object, owner: owner, work: work(of: addOn, in: server), at: time)
      }
  }

  /// The request for one entry per default configuration in the add-on's status. The hashes are
  /// those of OCM's own kinds; the controllers of other kinds write theirs.
  private func references(of addOn: ClusterManagementAddOn, _ object: DynamicObject) -> KubeRequest? {
    guard addOn.metadata.deletionTimestamp == nil else { return nil }
    let before = addOn.status.defaultConfigReferences
    let wanted = addOn.spec.defaultConfigs.map { config in
      let known = before.first { $0.group == config.group && $0.resource == config.resource }
      let isOurs = config.group == "addon.open-cluster-management.io"
      return DefaultConfigReference(
        group: config.group, resource: config.resource,
        desiredConfig: ConfigSpecHash(
          namespace: config.namespace, name: config.name,
          specHash: isOurs ? "a-hash-of-ocms" : known?.desiredConfig?.specHash ?? ""))
    }
    guard wanted.map(\.json) != before.map(\.json) else { return nil }
    return .status(
      ["defaultConfigReferences": wanted.json], of: object, type: ClusterManagementAddOn.type,
      by: AddOnManager.manager)
  }

  private func ownership(of object: DynamicObject, by owner: ClusterManagementAddOn) -> KubeRequest? {
    guard let reference = owner.ownerReference(controller: true, blockOwnerDeletion: true),
      !object.metadata.ownerReferences.contains(reference)
    else { return nil }
    let others = object.metadata.ownerReferences.filter { $0.uid != reference.uid }
    return .metadata(
      ["ownerReferences": (others + [reference]).json], of: object, type: ManagedClusterAddOn.type,
      by: AddOnManager.manager)
  }

  private func work(of addOn: ManagedClusterAddOn, in server: MemoryAPIServer) -> ManifestWork? {
    server.object(
      ManifestWork.self, namespace: addOn.metadata.namespace,
      name: ManifestWork.name(deploying: addOn.metadata.name))
  }

  private func status(
    of addOn: ManagedClusterAddOn, _ object: DynamicObject, owner: ClusterManagementAddOn,
    work: ManifestWork?, at time: Date
  ) -> KubeRequest? {
    var conditions = ConditionWriter(addOn.status.conditions, at: time)
    conditions.set(
      ManagedClusterAddOn.ConditionType.configured, .true, reason: "ConfigurationsConfigured",
      message: "Configurations configured")
    let isApplied = work.map(AddOnManager.isApplied) ?? false
    let references = owner.status.defaultConfigReferences.map { reference in
      let config = reference.desiredConfig
      let key =
        "\(reference.resource).\(reference.group)/\(config?.namespace ?? "")/\(config?.name ?? "")"
      let annotation = work?.metadata.annotations[OCMAnnotations.configSpecHash]
      let hashes = annotation.flatMap { try? JSONParser().parse(Array($0.utf8)) }
      let isReached = isApplied && hashes?[key]?.string == reference.desiredConfig?.specHash
      let before = addOn.status.configReferences.first {
        $0.group == reference.group && $0.resource == reference.resource
      }
      return ConfigReference(
        group: reference.group, resource: reference.resource, desiredConfig: reference.desiredConfig,
        lastAppliedConfig: isReached ? reference.desiredConfig : before?.lastAppliedConfig)
    }
    progress(
      &conditions, addOn: addOn, isApplied: isApplied,
      isConfigured: references.count == owner.spec.defaultConfigs.count
        && references.allSatisfy { $0.lastAppliedConfig == $0.desiredConfig })
    return .status(
      .fields([
        "conditions": conditions.json,
        "configReferences": references.jsonUnlessEmpty ?? (addOn.status.configReferences.isEmpty ? nil : []),
      ]), of: object, type: ManagedClusterAddOn.type, by: AddOnManager.manager)
  }

  private func progress(
    _ conditions: inout ConditionWriter, addOn: ManagedClusterAddOn, isApplied: Bool, isConfigured: Bool
  ) {
    let type = ManagedClusterAddOn.ConditionType.progressing
    let isInstalled =
      addOn.status.conditions.condition(ManagedClusterAddOn.ConditionType.manifestApplied) != nil
    if !isInstalled {
      conditions.set(
        type, .false, reason: "WaitingForManifestApplied",
        message: "Waiting for ManagedClusterAddOn ManifestApplied condition"
      )
    } else if isApplied && isConfigured {
      conditions.set(type, .false, reason: "Completed", message: "completed with no errors")
    } else {
      conditions.set(
        type, .true, reason: "Progressing",
        message: "progressing... mergedConfigReferences are not applied yet")
    }
  }

  private static func isApplied(_ work: ManifestWork) -> Bool {
    let conditions = work.status.conditions
    return [ManifestWork.ConditionType.applied, ManifestWork.ConditionType.available].allSatisfy { type in
      guard let condition = conditions.condition(type) else { return false }
      return condition.status == .true && condition.observedGeneration == work.metadata.generation
    }
  }
}
