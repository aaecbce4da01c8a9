public import KubeCore
public import KubeSchemas

/// A controller as a value: the kind that it reconciles, the kinds that it owns, reads or watches,
/// and its reconcile function.
///
/// ```swift
/// let websites = Controller(Website.self, fieldManager: "website-operator") { context in
///   context.ensure(Deployment(…))
///   context.setCondition("Available", …)
/// }.owns(Deployment.self)
/// ```
///
/// The same value runs in a program, step by step in a test, and in an exploration.
public struct Controller<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// The result of a reconcile.
  public struct Result: ReconcileResult {
    /// The writes, effects and findings.
    public var plan: Plan<Effect>
    /// The conditions whose status changes.
    public var transitions: [Condition]
    /// The object as observed; `nil` if there is none.
    public var object: DynamicObject?
    /// The unrelated objects that the plan depends on.
    var lookups: [ObjectLookup] = []
  }

  /// A secondary kind: one that the controller owns, reads or watches.
  struct Source: Sendable {
    var selection: ObjectSelection
    var verbs: ObjectVerbs
    /// The keys of the reconciled objects to which an object of this kind belongs.
    var owners: @Sendable (DynamicObject, OwnershipRules) -> [ObjectKey]
    /// The keys of the objects of this kind that a reconciled object names.
    var references: (@Sendable (Object) -> [ObjectKey])?
    /// The kind of the objects that own those of this kind, and through which they belong to
    /// reconciled objects.
    var intermediate: GroupKind?
    /// Whether the reconcile function makes the objects. As long as they can't be read, it plans
    /// nothing for them.
    var isOwned = false
  }

  private struct Finalizer: Sendable {
    var name: String
    /// The kinds whose objects are deleted before the effect is performed.
    var removed: [any KubeObject.Type]
    var effect: (@Sendable (Object) -> Effect)?
  }

  /// The controller's name: its field manager, and its name in metrics and Events.
  public let fieldManager: String
  /// The objects that are reconciled.
  public let selection: ObjectSelection
  /// The rules that decide which objects and fields are the operator's.
  public var rules: OwnershipRules
  /// The field tables of the kinds that are written.
  public var tables: FieldTables
  /// The namespace of the namespaced kinds' objects; `nil` for all.
  private let namespace: String?
  private(set) var sources: [Source] = []
  private var finalizer: Finalizer?
  /// The schema of the objects' status; `nil` if it isn't known.
  private let statusSchema: JSONValue?
  private let body: @Sendable (inout Reconciliation<Object, Effect>) -> Void

  /// A controller of all objects of a kind.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - effects: The type of the effects that its plans contain.
  ///   - fieldManager: The field manager of its server-side applies.
  ///   - namespace: The namespace of the objects that it reconciles, and of those that it owns,
  ///     reads or watches unless these say another; `nil` for all. Of cluster-scoped kinds it reads
  ///     all objects.
  ///   - tables: The field tables of the kinds that it writes.
  ///   - reconcile: Declares the desired state for one object. Pure: it reads nothing but its
  ///     argument. It isn't called while a kind that the controller reads or watches can't be read:
  ///     its objects would seem absent.
  public init(
    _ kind: Object.Type, effects: Effect.Type, fieldManager: String, namespace: String? = nil,
    tables: FieldTables = .builtIn,
    reconcile: @escaping @Sendable (inout Reconciliation<Object, Effect>) -> Void
  ) {
    self.fieldManager = fieldManager
    self.namespace = namespace
    selection = ObjectSelection(Object.type, namespace: Object.type.isNamespaced ? namespace : nil)
    rules = OwnershipRules(fieldManager: fieldManager)
    self.tables = tables
    statusSchema = (kind as? any CustomResource.Type)?.schema.map { schema in
      schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
        ? schema : schema.value(at: "properties", "status") ?? ["properties": [:]]
    }
    body = reconcile
    addTable(of: Object.self)
  }

  /// Adds the field table of a kind that declares its own.
  private mutating func addTable<Kind: KubeObject>(of kind: Kind.Type) {
    guard let kind = kind as? any CustomResource.Type, tables[kind.type.groupKind] == nil else { return }
    tables[kind.type.groupKind] = kind.fieldTable
  }

  /// Returns the controller with `kind` as one that it creates objects of, found by their
  /// controller owner reference or, where none is possible, by ``ownerAnnotation``.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - namespace: The objects' namespace; by default the controller's.
  public func owns<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil) -> Self {
    var controller = self
    controller.addTable(of: kind)
    return controller.adding(
      Source(
        selection: selection(of: kind, in: namespace),
        verbs: [.create, .patch, .delete, .list, .watch], owners: Self.owners, isOwned: true))
  }

  /// Returns the controller with `kind` as one whose objects another controller makes for objects
  /// of `intermediate`, such as the Jobs of a CronJob. They belong to the reconciled objects to
  /// which their controller owner belongs.
  ///
  /// ```swift
  /// .owns(CronJob.self).owns(Job.self, through: CronJob.self)
  /// ```
  ///
  /// An object of `intermediate` belongs to what its own controller owner reference or annotation
  /// or the controller's other relations of that kind say; it is read at least. `intermediate` may
  /// in turn be owned through another kind. An object whose owner is gone still belongs to what the
  /// owner belonged to, as long as the program runs.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - intermediate: The kind of the objects' owners.
  ///   - namespace: The namespace of both; by default the controller's.
  ///   - verbs: The verbs needed besides list and watch. With `.delete` the objects count as the
  ///     operator's where they are removed (``Reconciliation/remove(_:namespace:name:because:)``);
  ///     without it only those with its label do.
  public func owns<Kind: KubeObject, Intermediate: KubeObject>(
    _ kind: Kind.Type, through intermediate: Intermediate.Type, namespace: String? = nil,
    verbs: ObjectVerbs = []
  ) -> Self {
    adding(Source(selection: selection(of: intermediate, in: namespace), verbs: .read, owners: Self.owners))
      .adding(
        Source(
          selection: selection(of: kind, in: namespace), verbs: verbs.union(.read),
          owners: { _, _ in [] }, intermediate: Intermediate.type.groupKind))
  }

  /// Returns the controller with `kind` as one that it reads: the objects whose names `names`
  /// returns.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - namespace: The objects' namespace; by default the controller's, or else that of the object
  ///     that names them.
  ///   - labels: The labels that the objects have; objects without them count as absent.
  ///   - names: The names of the objects that a reconciled object needs.
  public func reads<Kind: KubeObject>(
    _ kind: Kind.Type, namespace: String? = nil, labels: [String: String] = [:],
    namedBy names: @escaping @Sendable (Object) -> [String]
  ) -> Self {
    let selection = selection(of: kind, in: namespace, labels: labels)
    return adding(
      Source(
        selection: selection, verbs: .read, owners: { _, _ in [] },
        references: { object in
          let namespace = Kind.type.isNamespaced ? selection.namespace ?? object.metadata.namespace : nil
          return names(object).map { ObjectKey(Kind.type, namespace: namespace, name: $0) }
        }))
  }

  /// Returns the controller with `kind` as one that it watches and maps to reconciled objects.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - namespace: The watched objects' namespace; by default the controller's.
  ///   - labels: The labels that the watched objects have.
  ///   - verbs: The verbs needed besides list and watch: `.delete` for a controller that removes
  ///     the objects.
  ///   - mapping: The keys of the reconciled objects to which a watched object belongs.
  public func watches<Kind: KubeObject>(
    _ kind: Kind.Type, namespace: String? = nil, labels: [String: String] = [:], verbs: ObjectVerbs = [],
    mapping: @escaping @Sendable (DynamicObject) -> [ObjectKey]
  ) -> Self {
    adding(
      Source(
        selection: selection(of: kind, in: namespace, labels: labels),
        verbs: verbs.union(.read), owners: { object, _ in mapping(object) }))
  }

  /// Returns the controller with a finalizer: a deleted object is released once `effect` was
  /// performed.
  ///
  /// The reconcile function isn't called for an object that is being deleted. The effect is that of
  /// the object as it was last; one finalizer replaces another.
  ///
  /// - Parameters:
  ///   - name: The finalizer, such as `example.com/dns`.
  ///   - kinds: The kinds whose observed objects, as far as they belong to the deleted one, are
  ///     deleted first: the effect is performed once none of them is observed any more. One that a
  ///     former leader has just created may not have been observed yet. Those of other kinds still
  ///     exist then; the garbage collector deletes afterwards what has an owner reference to the
  ///     object, and nothing else.
  ///   - effect: Returns the effect.
  public func finalizer(
    _ name: String, afterRemoving kinds: any KubeObject.Type...,
    effect: @escaping @Sendable (Object) -> Effect
  ) -> Self {
    var controller = self
    controller.finalizer = Finalizer(name: name, removed: kinds, effect: effect)
    return controller
  }

  /// Returns the controller with a finalizer without an effect: a deleted object is released once
  /// none of its objects of these kinds is observed any more. They are deleted first, like those of
  /// ``finalizer(_:afterRemoving:effect:)``.
  ///
  /// Objects outside the deleted object's namespace need it: no garbage collector deletes them. One
  /// whose creation was lost with its connection, or that is in a namespace that isn't observed,
  /// may stay.
  public func finalizer(_ name: String, removing kinds: any KubeObject.Type...) -> Self {
    var controller = self
    controller.finalizer = Finalizer(name: name, removed: kinds)
    return controller
  }

  /// The objects of `kind` in a namespace, by default the controller's.
  private func selection<Kind: KubeObject>(
    of kind: Kind.Type, in namespace: String?, labels: [String: String] = [:]
  ) -> ObjectSelection {
    ObjectSelection(
      Kind.type, namespace: Kind.type.isNamespaced ? namespace ?? self.namespace : nil, labels: labels)
  }

  private func adding(_ source: Source) -> Self {
    var controller = self
    controller.sources.append(source)
    return controller
  }

  /// The objects to list and watch.
  public var selections: [ObjectSelection] {
    ([selection] + sources.map(\.selection)).withoutIncluded
  }

  /// The version in which objects of `kind` are read; `nil` if none are.
  func type(of kind: GroupKind) -> ResourceType? {
    if selection.type.groupKind == kind { return selection.type }
    return sources.first { $0.selection.type.groupKind == kind }?.selection.type
  }

  /// Whether a reconciled object can name others that are read.
  var hasReferences: Bool { sources.contains { $0.references != nil } }

  /// Whether objects of the reconciled kind are also watched for others of that kind.
  var looksAtItsOwnKind: Bool {
    sources.contains { $0.references == nil && $0.selection.type.groupKind == Object.type.groupKind }
  }

  /// The kinds whose objects other objects belong to reconciled ones through.
  var intermediates: Set<GroupKind> { Set(sources.compactMap(\.intermediate)) }

  /// The RBAC rights that the controller needs.
  public var rights: [RequiredRight] {
    var subresources: [String: ObjectVerbs] = ["status": .patch]
    // An owner reference that blocks the owner's deletion needs it, where the server enforces that.
    if sources.contains(where: { $0.verbs.contains(.create) }) { subresources["finalizers"] = .update }
    let own = ManagedObject<Never>(
      Object.type, namespace: selection.namespace,
      verbs: Effect.self == Never.self && finalizer == nil ? .read : [.list, .watch, .patch],
      subresources: subresources,
      reason: "the controller reconciles them")
    let others = sources.map { source in
      ManagedObject<Never>(
        source.selection.type, namespace: source.selection.namespace, verbs: source.verbs,
        isOwned: source.verbs.contains(.create), reason: "the controller makes or reads them")
    }
    return ([own] + others).flatMap(\.rights).merged
  }

  /// Plans for one object. Pure.
  ///
  /// Nothing is planned before every selection was listed or refused.
  ///
  /// - Parameters:
  ///   - key: The object's key.
  ///   - cache: The observed objects.
  ///   - performed: The effects that have been performed since the object's generation last
  ///     changed.
  ///   - now: The current time.
  public func reconcile(
    _ key: ObjectKey, in cache: ControllerCache<Object, Effect>, performed: Set<Effect> = [], at now: Date
  ) -> Result {
    let objects = cache.objects(for: key)
    let source = objects[key]
    guard cache.isReady else { return Result(plan: Plan(), transitions: [], object: source) }
    var planner = Planner<Effect>(objects: objects, rules: rules, tables: tables, subject: "\(key)")
    guard let source, let object = planner.read(source, as: Object.self) else {
      return Result(plan: planner.plan, transitions: [], object: source)
    }
    var reconciliation = Reconciliation(
      object, source, in: cache, planner: planner, performed: performed, now: now)
    var transitions: [Condition] = []
    if object.metadata.deletionTimestamp != nil {
      // Without the finalizer there was nothing to clean up, or it was already cleaned up.
      if let finalizer, object.metadata.finalizers.contains(finalizer.name),
        reconciliation.removeAll(finalizer.removed),
        finalizer.effect.map({ reconciliation.perform($0(object)) }) ?? true
      {
        reconciliation.removeFinalizer(finalizer.name)
      }
      // The finalizer comes first, so that nothing is created that won't be cleaned up.
    } else if finalizer.map({ reconciliation.ensureFinalizer($0.name) }) ?? true {
      let canRun = sources.allSatisfy { $0.isOwned || objects.isObserved($0.selection) }
      if canRun { body(&reconciliation) }
      // With a kind unread the status would be wrong, so it stays.
      if objects.unobserved.isEmpty {
        reconciliation.planStatus(schema: statusSchema)
        transitions = reconciliation.transitions
      } else {
        let kinds = objects.unobserved.map(\.description).sorted().joined(separator: ", ")
        let consequence = canRun ? "its status is not updated" : "it is not reconciled"
        reconciliation.planner.report(
          .error, .rightsMissing, on: key, problem: "\(consequence), since these can't be read: \(kinds)",
          remedy: "grant the controller's rights")
      }
    }
    reconciliation.verifyForEffects()
    return Result(
      plan: reconciliation.planner.plan, transitions: transitions, object: source,
      lookups: reconciliation.lookups)
  }
}

extension Controller where Effect == Never {
  /// A controller of all objects of a kind, without effects.
  public init(
    _ kind: Object.Type, fieldManager: String, namespace: String? = nil, tables: FieldTables = .builtIn,
    reconcile: @escaping @Sendable (inout Reconciliation<Object, Never>) -> Void
  ) {
    self.init(
      kind, effects: Never.self, fieldManager: fieldManager, namespace: namespace, tables: tables,
      reconcile: reconcile)
  }
}
