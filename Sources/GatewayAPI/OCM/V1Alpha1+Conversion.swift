public import KubeCore

// The same conversions as those of OCM's webhook between the two versions.

extension V1Alpha1.ClusterManagementAddOn {
  /// The configuration of `addOnConfiguration` in the newer form; `nil` where it names none.
  ///
  /// v1beta1 has no field for it, and any write through v1beta1 erases it.
  public var configuration: AddOnConfig? {
    guard let name = spec.addOnConfiguration.crName, !name.isEmpty,
      let definition = spec.addOnConfiguration.crdName, let dot = definition.firstIndex(of: ".")
    else { return nil }
    return AddOnConfig(
      group: String(definition[definition.index(after: dot)...]), resource: String(definition[..<dot]),
      name: name)
  }

  /// Creates the v1alpha1 form of a v1beta1 value.
  public init(_ newer: GatewayAPI.ClusterManagementAddOn) {
    self.init(
      metadata: newer.metadata,
      spec: V1Alpha1.ClusterManagementAddOnSpec(
        addOnMeta: newer.spec.addOnMeta,
        supportedConfigs: newer.spec.defaultConfigs.map { config in
          V1Alpha1.ConfigMeta(
            group: config.group, resource: config.resource,
            defaultConfig: config.namesObject
              ? V1Alpha1.ConfigReferent(namespace: config.namespace, name: config.name) : nil)
        },
        installStrategy: newer.spec.installStrategy),
      status: newer.status)
  }
}

extension V1Alpha1.ManagedClusterAddOn {
  /// Creates the v1alpha1 form of a v1beta1 value.
  public init(_ newer: GatewayAPI.ManagedClusterAddOn) {
    var metadata = newer.metadata
    let installNamespace = metadata.annotations.removeValue(forKey: OCMAnnotations.installNamespace)
    self.init(
      metadata: metadata,
      spec: V1Alpha1.ManagedClusterAddOnSpec(installNamespace: installNamespace, configs: newer.spec.configs),
      status: V1Alpha1.ManagedClusterAddOnStatus(
        conditions: newer.status.conditions, relatedObjects: newer.status.relatedObjects,
        addOnMeta: newer.status.addOnMeta, supportedConfigs: newer.status.supportedConfigs,
        configReferences: newer.status.configReferences.map { reference in
          V1Alpha1.ConfigReference(
            group: reference.group, resource: reference.resource,
            namespace: reference.desiredConfig?.namespace, name: reference.desiredConfig?.name,
            lastObservedGeneration: reference.lastObservedGeneration, desiredConfig: reference.desiredConfig,
            lastAppliedConfig: reference.lastAppliedConfig)
        },
        healthCheck: newer.status.healthCheck, namespace: newer.status.namespace))
  }
}

extension ClusterManagementAddOn {
  /// Creates the v1beta1 form of a v1alpha1 value. Its `addOnConfiguration` is lost: see
  /// ``V1Alpha1/ClusterManagementAddOn/configuration``.
  public init(_ older: V1Alpha1.ClusterManagementAddOn) {
    self.init(
      metadata: older.metadata,
      spec: ClusterManagementAddOnSpec(
        addOnMeta: older.spec.addOnMeta,
        defaultConfigs: older.spec.supportedConfigs.map { config in
          AddOnConfig(
            group: config.group, resource: config.resource, namespace: config.defaultConfig?.namespace,
            name: config.defaultConfig?.name ?? AddOnConfig.noDefault)
        },
        installStrategy: older.spec.installStrategy),
      status: older.status)
  }

  /// Decodes the add-on from an object of either version; throws for another kind, and for the
  /// first field of a wrong type.
  ///
  /// A v1alpha1 `addOnConfiguration` becomes a default configuration where its resource has none,
  /// which is its meaning.
  public init(observed object: DynamicObject) throws(FieldError) {
    switch (object.apiVersion, object.kind) {
    case (ClusterManagementAddOn.type.apiVersion, ClusterManagementAddOn.type.kind):
      self = try object.decode()
    case (V1Alpha1.ClusterManagementAddOn.type.apiVersion, V1Alpha1.ClusterManagementAddOn.type.kind):
      let older = try object.decode(V1Alpha1.ClusterManagementAddOn.self)
      self.init(older)
      if let configuration = older.configuration,
        !spec.defaultConfigs.contains(where: { $0.isSameResource(as: configuration) && $0.namesObject })
      {
        spec.defaultConfigs.removeAll { $0.isSameResource(as: configuration) }
        spec.defaultConfigs.append(configuration)
      }
    default:
      throw object.unexpected(ClusterManagementAddOn.type, or: V1Alpha1.ClusterManagementAddOn.type)
    }
  }
}

extension ManagedClusterAddOn {
  /// Creates the v1beta1 form of a v1alpha1 value.
  public init(_ older: V1Alpha1.ManagedClusterAddOn) {
    var metadata = older.metadata
    if let namespace = older.spec.installNamespace {
      metadata.annotations[OCMAnnotations.installNamespace] = namespace
    }
    self.init(
      metadata: metadata, spec: ManagedClusterAddOnSpec(configs: older.spec.configs),
      status: ManagedClusterAddOnStatus(
        conditions: older.status.conditions, relatedObjects: older.status.relatedObjects,
        addOnMeta: older.status.addOnMeta, supportedConfigs: older.status.supportedConfigs,
        configReferences: older.status.configReferences.map(ConfigReference.init),
        healthCheck: older.status.healthCheck, namespace: older.status.namespace))
  }

  /// Decodes the add-on from an object of either version; throws for another kind, and for the
  /// first field of a wrong type.
  public init(observed object: DynamicObject) throws(FieldError) {
    switch (object.apiVersion, object.kind) {
    case (ManagedClusterAddOn.type.apiVersion, ManagedClusterAddOn.type.kind):
      self = try object.decode()
    case (V1Alpha1.ManagedClusterAddOn.type.apiVersion, V1Alpha1.ManagedClusterAddOn.type.kind):
      self.init(try object.decode(V1Alpha1.ManagedClusterAddOn.self))
    default:
      throw object.unexpected(ManagedClusterAddOn.type, or: V1Alpha1.ManagedClusterAddOn.type)
    }
  }
}

extension ConfigReference {
  /// Creates the v1beta1 form of a v1alpha1 value: the oldest form's name and namespace replace a
  /// missing `desiredConfig`.
  init(_ older: V1Alpha1.ConfigReference) {
    self.init(
      group: older.group, resource: older.resource, lastObservedGeneration: older.lastObservedGeneration,
      desiredConfig: older.desiredConfig
        ?? older.name.map { ConfigSpecHash(namespace: older.namespace, name: $0) },
      lastAppliedConfig: older.lastAppliedConfig)
  }
}

extension AddOnConfig {
  fileprivate func isSameResource(as other: AddOnConfig) -> Bool {
    group == other.group && resource == other.resource
  }
}

extension DynamicObject {
  fileprivate func unexpected(_ type: ResourceType, or other: ResourceType) -> FieldError {
    FieldError(
      path: FieldPath(dotted: "kind"), problem: "\(kind) of \(apiVersion) is not a \(type.kind)",
      remedy: "expected \(type.apiVersion) or \(other.apiVersion)")
  }
}
