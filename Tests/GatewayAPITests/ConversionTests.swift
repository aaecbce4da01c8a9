import GatewayAPI
import KubeCore
import Testing

@Suite struct ConversionTests {
  private static let old = """
    {"apiVersion":"addon.open-cluster-management.io/v1alpha1","kind":"ClusterManagementAddOn",
     "metadata":{"name":"cluster-gateway"},"spec":{"addOnConfiguration":{"crName":"mine",
     "crdName":"clustergatewayconfigurations.proxy.open-cluster-management.io"},
     "addOnMeta":{"displayName":"cluster-gateway"},"installStrategy":{"type":"Manual"},"supportedConfigs":[
     {"group":"addon.open-cluster-management.io","resource":"addondeploymentconfigs"},
     {"group":"example.com","resource":"things","defaultConfig":{"name":"a","namespace":"b"}}]}}
    """

  private func addOn(_ text: String) throws -> V1Alpha1.ClusterManagementAddOn {
    try V1Alpha1.ClusterManagementAddOn(from: FieldReader(parsed(text)))
  }

  @Test func `supported configurations become default configurations`() throws {
    let newer = ClusterManagementAddOn(try addOn(Self.old))
    #expect(
      newer.spec.defaultConfigs == [
        AddOnConfig(
          group: "addon.open-cluster-management.io", resource: "addondeploymentconfigs",
          name: AddOnConfig.noDefault),
        AddOnConfig(group: "example.com", resource: "things", namespace: "b", name: "a"),
      ])
    #expect(newer.spec.addOnMeta.displayName == "cluster-gateway")
    #expect(newer.spec.installStrategy?.type == InstallStrategy.manual)
  }

  @Test func `a conversion and back changes only the add-on configuration`() throws {
    var older = try addOn(Self.old)
    let back = V1Alpha1.ClusterManagementAddOn(ClusterManagementAddOn(older))
    older.spec.addOnConfiguration = V1Alpha1.ConfigCoordinates()
    #expect(back == older)
  }

  @Test func `the add-on configuration names an object`() throws {
    #expect(
      try addOn(Self.old).configuration
        == AddOnConfig(
          group: "proxy.open-cluster-management.io", resource: "clustergatewayconfigurations", name: "mine"))
    for bad in ["noDots", ""] {
      var older = try addOn(Self.old)
      older.spec.addOnConfiguration.crdName = bad
      #expect(older.configuration == nil)
    }
  }

  @Test func `an observed older add-on keeps its add-on configuration as a default`() throws {
    let observed = try ClusterManagementAddOn(observed: DynamicObject(parsed(Self.old)))
    #expect(observed.defaultConfig(for: ClusterGatewayConfiguration.type)?.name == "mine")
    var document = try parsed(Self.old)
    document.set(
      [
        [
          "group": "proxy.open-cluster-management.io", "resource": "clustergatewayconfigurations",
          "defaultConfig": ["name": "other"],
        ]
      ], at: ["spec", "supportedConfigs"])
    let named = try ClusterManagementAddOn(observed: DynamicObject(document))
    #expect(named.defaultConfig(for: ClusterGatewayConfiguration.type)?.name == "other")
    #expect(named.spec.defaultConfigs.count == 1)
  }

  @Test func `an observed object of another kind is refused`() throws {
    let cluster = try DynamicObject([
      "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "x"],
    ])
    #expect(throws: FieldError.self) { try ClusterManagementAddOn(observed: cluster) }
    #expect(throws: FieldError.self) { try ManagedClusterAddOn(observed: cluster) }
  }

  @Test func `the reserved name is no default`() throws {
    let addOn = try ClusterManagementAddOn(from: FieldReader(parsed(Documents.clusterManagementAddOn)))
    let deployments = ResourceType(
      group: "addon.open-cluster-management.io", version: "v1alpha1", kind: "AddOnDeploymentConfig",
      plural: "addondeploymentconfigs", isNamespaced: true)
    #expect(addOn.defaultConfig(for: deployments) == nil)
    #expect(addOn.defaultConfig(for: ClusterGatewayConfiguration.type)?.name == "cluster-gateway")
  }

  @Test func `the install namespace becomes an annotation and back`() throws {
    let older = try V1Alpha1.ManagedClusterAddOn(
      from: FieldReader(
        parsed(
          """
          {"metadata":{"name":"a","namespace":"cluster1"},"spec":{"installNamespace":"agents"},
           "status":{"addOnConfiguration":{},"configReferences":[{"group":"g","resource":"r","name":"n",
           "namespace":"ns","lastObservedGeneration":2}],"healthCheck":{"mode":"Lease"}}}
          """)))
    let newer = ManagedClusterAddOn(older)
    #expect(newer.metadata.annotations[OCMAnnotations.installNamespace] == "agents")
    #expect(newer.installNamespace == "agents")
    #expect(newer.status.configReferences.first?.desiredConfig == ConfigSpecHash(namespace: "ns", name: "n"))
    let back = V1Alpha1.ManagedClusterAddOn(newer)
    #expect(back.spec.installNamespace == "agents")
    #expect(back.metadata.annotations.isEmpty)
    #expect(back.status.configReferences.first?.name == "n")
    #expect(back.status.configReferences.first?.lastObservedGeneration == 2)
  }

  @Test func `the namespace that the addon-manager reports wins over the one that was asked for`() throws {
    var addOn = ManagedClusterAddOn(metadata: ObjectMeta(name: "managed-serviceaccount", namespace: "one"))
    #expect(addOn.installNamespace == nil)
    addOn.installNamespace = "open-cluster-management-agent-addon"
    #expect(addOn.installNamespace == "open-cluster-management-agent-addon")
    addOn.status.namespace = "hub-agents"
    #expect(addOn.installNamespace == "hub-agents")
    addOn.status.namespace = ""
    #expect(addOn.installNamespace == "open-cluster-management-agent-addon")
  }

  @Test func `newer add-ons survive a conversion through the older version`() throws {
    let addOn = try ManagedClusterAddOn(from: FieldReader(parsed(Documents.managedClusterAddOn)))
    #expect(ManagedClusterAddOn(V1Alpha1.ManagedClusterAddOn(addOn)) == addOn)
    let management = try ClusterManagementAddOn(
      from: FieldReader(parsed(Documents.clusterManagementAddOn)))
    #expect(ClusterManagementAddOn(V1Alpha1.ClusterManagementAddOn(management)) == management)
  }
}
