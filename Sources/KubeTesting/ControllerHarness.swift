import HTTPTypes
public import KubeCore
public import KubeMemory
public import KubeReconcile
public import KubeTransport

/// A controller on an in-memory API server that a test drives step by step or until it converges,
/// with a clock that the test sets.
///
/// ```swift
/// var harness = try ControllerHarness(Website.controller, definitions: [Website.definition], at: now)
/// try harness.create(site)
/// try harness.runUntilConverged()
/// #expect(harness.object(Deployment.self, namespace: "default", name: "shop") != nil)
/// ```
///
/// The controller has its own rights and no others: a patch that `controller.rights` don't allow is
/// refused as by a server with RBAC.
///
/// It is a value: a copy is independent, so that a test can continue in two ways.
public struct ControllerHarness<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// The error of a harness that doesn't converge.
  public struct DidNotConverge: Error, Hashable, CustomStringConvertible {
    /// The patches of the last round.
    public var patches: [String]
    /// The names of the other controllers that changed something in the last round.
    public var others: [String] = []
    /// The last request of the controller that the server refused, with the server's message.
    public var refusal: String?

    /// The error with its remedy.
    public var description: String {
      let writes = patches.isEmpty ? "nothing" : patches.joined(separator: "; ")
      return "the controller does not converge; the next round would write: \(writes)"
        + (others.isEmpty
          ? "" : "; in the last one also changed something: \(others.joined(separator: ", "))")
        + (refusal.map { "; the server refused: \($0)" } ?? "")
    }
  }

  /// The controller.
  public let controller: Controller<Object, Effect>
  /// The API server.
  public var server: MemoryAPIServer
  /// The time.
  public var time: Date
  /// The other controllers, including a garbage collector.
  public var others: [any SimulatedController]
  /// The effects that the controller's process has performed, in order.
  public private(set) var performed: [Effect] = []
  /// All effects that were performed, in order, also by earlier processes.
  public private(set) var history: [Effect] = []
  /// The controller's requests that the server refused, in order, with the server's messages.
  public private(set) var refusals: [String] = []

  /// The names of the other controllers that changed something in the last round.
  private var lastActors: [String] = []
  /// The effects that the controller knows to have been performed, by object.
  private(set) var known: [ObjectKey: PerformedEffects<Effect>] = [:]
  /// The controller's rights, which hold for every patch.
  private let rights: [RequiredRight]

  /// Creates a harness on a server.
  ///
  /// - Parameters:
  ///   - controller: The controller.
  ///   - server: The server, which serves the controller's kinds.
  ///   - time: The time.
  ///   - others: The other controllers; a garbage collector is added where there is none.
  public init(
    _ controller: Controller<Object, Effect>, on server: MemoryAPIServer, at time: Date,
    others: [any SimulatedController] = []
  ) {
    self.controller = controller
    rights = controller.rights
    self.server = server
    self.time = time
    let collects = others.contains { $0 is GarbageCollector }
    self.others = collects ? others : others + [GarbageCollector()]
  }

  /// Creates a harness on an empty server with these CustomResourceDefinitions.
  ///
  /// - Parameters:
  ///   - controller: The controller.
  ///   - definitions: The definitions of the custom resources.
  ///   - time: The time.
  ///   - others: The other controllers; a garbage collector is added where there is none.
  /// - Throws: ``RequestRefused`` where the server doesn't accept a definition.
  public init(
    _ controller: Controller<Object, Effect>, definitions: [JSONValue], at time: Date,
    others: [any SimulatedController] = []
  ) throws {
    self.init(controller, on: MemoryAPIServer(at: time), at: time, others: others)
    for definition in definitions {
      let name = definition.value(at: "metadata", "name")?.string ?? ""
      try send(.create(ObjectKey(Self.definition, name: name), definition))
    }
  }

  private static var definition: ResourceType {
    ResourceType(
      group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions", isNamespaced: false)
  }

  // MARK: What the test does

  /// Sends a request of another client, which must succeed.
  public mutating func send(_ request: KubeRequest) throws(RequestRefused) {
    try server.require(request, at: time)
  }

  /// Creates an object like kubectl.
  public mutating func create<Kind: KubeObject>(_ object: Kind) throws(RequestRefused) {
    try send(.create(object.key, object.json, options: WriteOptions(fieldManager: "kubectl-create")))
  }

  /// Changes fields of an object by a merge patch (RFC 7396) like kubectl.
  public mutating func patch<Kind: KubeObject>(
    _ kind: Kind.Type, namespace: String? = nil, name: String, subresource: String? = nil, _ fields: JSONValue
  ) throws(RequestRefused) {
    try send(
      .mergePatch(
        ObjectKey(kind.type, namespace: namespace, name: name), fields, subresource: subresource,
        options: WriteOptions(fieldManager: "kubectl-edit")))
  }

  /// Deletes an object.
  public mutating func delete<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String)
    throws(RequestRefused)
  {
    try send(.delete(ObjectKey(kind.type, namespace: namespace, name: name)))
  }

  /// The current object; `nil` where there is none, or it can't be decoded.
  public func object<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String) -> Kind? {
    server.object(kind, namespace: namespace, name: name)
  }

  /// The conditions in an object's status.
  public func conditions<Kind: KubeObject>(of kind: Kind.Type, namespace: String? = nil, name: String)
    -> [Condition]
  {
    let object = server.object(ObjectKey(kind.type, namespace: namespace, name: name))
    let conditions = object?.json.value(at: "status", "conditions")?.array ?? []
    return conditions.compactMap { try? Condition(from: FieldReader($0)) }
  }

  // MARK: What the controller does

  /// The plan for an object in the server's current state.
  public func plan(for key: ObjectKey) -> Plan<Effect> {
    plan(for: key, in: cache)
  }

  private func plan(for key: ObjectKey, in cache: ControllerCache<Object, Effect>) -> Plan<Effect> {
    let performed = cache.object(key).flatMap { known[key]?.effects(for: $0) } ?? []
    return controller.reconcile(key, in: cache, performed: performed, at: time).plan
  }

  /// The plans for all objects, by key, except empty ones.
  public var plans: [(key: ObjectKey, plan: Plan<Effect>)] {
    let cache = cache
    return cache.keys.sorted { $0.description < $1.description }.compactMap { key in
      let plan = plan(for: key, in: cache)
      return plan.patches.isEmpty && plan.effects.isEmpty ? nil : (key, plan)
    }
  }

  /// The findings of all plans.
  public var findings: [Finding] {
    let cache = cache
    return cache.keys.flatMap { plan(for: $0, in: cache).findings }
  }

  /// Applies a plan for an object: sends its patches, except those that depend on a refused one,
  /// and then performs its effects if none was refused. Returns whether it did anything.
  @discardableResult
  public mutating func apply(_ plan: Plan<Effect>, for key: ObjectKey) -> Bool {
    // Before the plan's patches: an effect is that of the observed generation.
    let object = server.object(key)
    var refused = RefusedTargets()
    var isWhole = true
    for patch in plan.patches where !refused.blocks(patch) {
      guard rights.allow(patch.access) else {
        refusals.append("\(patch.operationName) \(patch.target): 403 \(patch.lackingRight)")
        refused.insert(patch.target)
        isWhole = false
        continue
      }
      let request = KubeRequest(patch, fieldManager: controller.fieldManager)
      let response = server.handle(request, at: time)
      guard response.status.kind != .successful else { continue }
      let error = KubeError(request, httpStatus: response.status.code, body: response.body)
      if patch.operation == .delete, error.isObjectNotFound { continue }
      refusals.append(
        "\(patch.operationName) \(patch.target): \(response.status.code) \(error.serverMessage)")
      guard error.isRefusal else { return true }
      refused.insert(patch.target)
      isWhole = false
    }
    guard isWhole, let object else { return true }
    for effect in plan.effects {
      known[key, default: PerformedEffects()].record(effect, for: object)
      performed.append(effect)
      history.append(effect)
    }
    return !plan.changesNothing
  }

  /// Runs the controller and the others until none has anything left to do; throws
  /// ``DidNotConverge`` after `rounds`.
  public mutating func runUntilConverged(rounds: Int = 100) throws {
    for _ in 0..<rounds {
      if !round() { return }
    }
    throw didNotConverge
  }

  /// Applies all plans of the controller and makes one step of each other controller; returns
  /// whether any did anything.
  mutating func round() -> Bool {
    let plans = plans.filter { !$0.plan.changesNothing }
    for (key, plan) in plans { apply(plan, for: key) }
    var hasChanged = !plans.isEmpty
    lastActors = others.filter { $0.step(on: &server, at: time) }.map(\.name)
    if !lastActors.isEmpty { hasChanged = true }
    return hasChanged
  }

  /// The error of a harness that doesn't converge.
  var didNotConverge: DidNotConverge {
    DidNotConverge(
      patches: plans.flatMap { $0.plan.patches.map { "\($0.operationName) \($0.target)" } },
      others: lastActors, refusal: refusals.last)
  }

  /// Restarts the controller's process, which loses its knowledge of effects.
  public mutating func forgetPerformed() { (performed, known) = ([], [:]) }

  private var cache: ControllerCache<Object, Effect> {
    var cache = ControllerCache(controller)
    for selection in controller.selections {
      for object in server.objects(selection.type, namespace: selection.namespace)
      where selection.contains(object) {
        _ = cache.insert(object)
      }
    }
    _ = cache.setObserved(listed: Set(controller.selections), refused: [])
    return cache
  }
}

extension ObjectPatch {
  /// The problem of a patch that the controller's rights don't allow, with its remedy.
  var lackingRight: String {
    guard case .resource(let access) = access else { return "the controller's rights don't allow it" }
    let resource =
      access.subresource.isEmpty ? access.resource : "\(access.resource)/\(access.subresource)"
    return "the controller's rights don't allow it to \(access.verb) \(resource); "
      + "say .owns(\(target.type.kind).self), or .watches(\(target.type.kind).self, verbs: …)"
  }
}
