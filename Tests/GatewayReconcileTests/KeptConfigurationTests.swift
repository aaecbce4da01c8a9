import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsApps
import KubeKindsCore
import KubeReconcile
import KubeTransport
import Testing

/// A configuration that loses fields because its CustomResourceDefinition was replaced: the API
/// server answers without them, and with the generation that it had.
@Suite struct KeptConfigurationTests {
  private let setup = Setup()

  /// A converged hub whose configuration names a priority class.
  private func world() -> World {
    var world = World()
    world.prepare(setup)
    var configuration = Document.configuration(setup)
    configuration.set("critical", at: ["spec", "scheduling", "priorityClassName"])
    world.put(configuration)
    let hasConverged = world.converge()
    #expect(hasConverged)
    return world
  }

  /// The plan of the hub on which the configuration has no scheduling.
  private func planWithoutScheduling(
    _ world: World, uid: String? = nil, nextGeneration: Bool = false, definition: JSONValue? = nil
  ) throws -> GatewayPlan {
    let objects = try ObservedObjects(
      world.objects.everything.map { object throws(FieldError) in
        guard object.groupKind == ClusterGatewayConfiguration.type.groupKind else { return object }
        var json = object.json
        json.set(nil, at: ["spec", "scheduling"])
        if let uid { json.set(.string(uid), at: ["metadata", "uid"]) }
        let generation = (object.metadata.generation ?? 0) + (nextGeneration ? 1 : 0)
        json.set(.integer(generation), at: ["metadata", "generation"])
        return try DynamicObject(json)
      } + (definition.map { [try DynamicObject($0)] } ?? []))
    return reconcile(world.hubState(objects, issued: []), at: world.now)
  }

  /// The definition without the configuration's scheduling, as an earlier release's is.
  private func formerDefinition() throws -> JSONValue {
    var definition = ClusterGatewayConfiguration.definition
    var version = try #require(definition.value(at: "spec", "versions")?.array?.first)
    version.set(
      nil,
      at: ["schema", "openAPIV3Schema", "properties", "spec", "properties", "scheduling"])
    definition.set([version], at: ["spec", "versions"])
    return definition
  }

  private func reason(_ plan: GatewayPlan) -> [String] {
    plan.findings.filter { $0.description.contains("spec.scheduling") }.map(\.description)
  }

  @Test func `fields that are gone without a new generation stay in force, and a finding says why`() throws {
    let plan = try planWithoutScheduling(world())
    #expect(plan.changes.isEmpty)
    #expect(reason(plan).contains { $0.contains("CustomResourceDefinition") })
  }

  @Test func `fields that stay lost under the right definition are to be applied again`() throws {
    let plan = try planWithoutScheduling(world(), definition: ClusterGatewayConfiguration.definition)
    #expect(plan.changes.isEmpty)
    #expect(reason(plan).contains { $0.contains("was lost") && $0.contains("apply the configuration again") })
  }

  @Test func `an edit without a field that the definition has is taken over`() throws {
    let plan = try planWithoutScheduling(
      world(), nextGeneration: true, definition: ClusterGatewayConfiguration.definition)
    #expect(reason(plan).isEmpty)
    #expect(!plan.changes.isEmpty)
  }

  @Test func `an edit through a definition that drops fields leaves the last valid configuration in force`()
    throws
  {
    let plan = try planWithoutScheduling(
      world(), nextGeneration: true, definition: formerDefinition())
    #expect(plan.changes.isEmpty)
    #expect(!reason(plan).isEmpty)
  }

  @Test func `a definition that lacks only fields that were never set is no problem`() throws {
    var world = World()
    world.prepare(setup)
    let hasConverged = world.converge()
    #expect(hasConverged)
    let plan = try planWithoutScheduling(world, definition: formerDefinition())
    #expect(plan.changesNothing && reason(plan).isEmpty)
  }

  /// The configuration and the record of a newer manager, after a roll-back.
  @Test func `a record with a field of a newer release stays in force`() throws {
    var world = runningWorld()
    let configuration = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    world.merge(configuration, ["spec": ["newer": ["field": true]]])
    let spec = try #require(world.read(configuration)?["spec"])
    world.merge(
      ObjectKey(
        ConfigMap.type, namespace: world.identity.namespace, name: ManagerIdentity.effectiveConfigurationName),
      ["data": ["spec.json": .string(JSONWriter().text(spec))]], as: ManagerIdentity.fieldManager)
    #expect(converge(&world))
    #expect(world.findings("ConfigurationInvalid").contains { $0.problem.contains("spec.newer") })
    world.report("another-token")
    #expect(converge(&world))
    #expect(world.gatewaySecret("one")?.data["token"] == SecretBytes(utf8: "another-token"))
  }

  @Test(arguments: ["foreign", "immutable", "applied"])
  func `a ConfigMap that can't be changed is an error and holds no cluster up`(_ fault: String) throws {
    var world = runningWorld()
    let key = ObjectKey(
      ConfigMap.type, namespace: world.identity.namespace, name: ManagerIdentity.effectiveConfigurationName)
    func document(_ data: JSONValue) -> JSONValue {
      Document.make(key.type, namespace: key.namespace, name: key.name, ["data": data])
    }
    switch fault {
    case "foreign":
      world.delete(key)
      world.put(document(["name": "another's"]))
    case "immutable": world.merge(key, ["immutable": true])
    default:
      world.send(.apply(key, document(["spec.json": "{}"]), fieldManager: "gitops", force: true))
      world.refresh()
    }
    var changed = setup
    changed.replicas = 2
    world.configure(changed)
    world.report("another-token")
    #expect(world.plan.findings.contains { $0.object == key && $0.severity == .error })
    let cluster = try #require(world.hub.clusters.first { $0.name == "one" })
    let secret = ObjectKey(Secret.type, namespace: setup.secretNamespace, name: "one")
    #expect(reconcileCluster(cluster, at: world.now).patches.contains { $0.target == secret })
  }

  @Test func `another configuration of the name is taken over`() throws {
    let plan = try planWithoutScheduling(world(), uid: "another")
    #expect(reason(plan).isEmpty)
    #expect(!plan.changes.isEmpty)
  }
}
