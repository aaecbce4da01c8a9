public import KubeCore
public import KubeSchemas

public import struct Foundation.Date

/// A controller as a value: the kind that it reconciles, the objects that it looks at, and its reconcile function.
///
/// ```swift
/// let websites = Controller(Website.self, fieldManager: "website-operator") { site in
///   site.ensure(Deployment(…))
///   site.setCondition("Available", …)
/// }.owns(Deployment.self)
/// ```
///
/// The same value runs in a program, step by step in a test, and in an exploration.
public struct Controller<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// The result of a reconcile.
  public struct Result: ReconcileResult {
    /// What is to be done.
    public var plan: Plan<Effect>
    /// The conditions whose status changes.
    public var transitions: [Condition]
    /// The object that the plan was made for, as observed; `nil` where there is none.
    public var object: DynamicObject?
  }

  /// A kind that the controller looks at besides its own.
  struct Source: Sendable {
    var selection: ObjectSelection
    var access: ObjectAccess
    /// The objects for which an object of this kind is looked at.
    var owners: @Sendable (DynamicObject) -> [ObjectKey]
    /// The objects of this kind that are looked at for an object.
    var references: (@Sendable (Object) -> [ObjectKey])?
  }

  private struct Finalizer: Sendable {
    var name: String
    var effect: @Sendable (Object) -> Effect
  }

  /// The name of the controller, of its fields' manager and in metrics and Events.
  public let fieldManager: String
  /// The objects that are reconciled.
  public let selection: ObjectSelection
  /// Whose objects are the operator's.
  public var rules: OwnershipRules
  /// The field tables of the kinds that are written.
  public var tables: FieldTables
  private(set) var sources: [Source] = []
  private var finalizer: Finalizer?
  private let body: @Sendable (inout Reconciliation<Object, Effect>) -> Void

  /// A controller of all objects of a kind.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - effects: The effects that its plans ask for.
  ///   - fieldManager: The name under which it applies.
  ///   - namespace: The namespace that it is limited to; `nil` for all.
  ///   - tables: The field tables of the kinds that it writes.
  ///   - reconcile: Says what is wanted for one object. Pure: it reads nothing but its argument.
  public init(
    _ kind: Object.Type, effects: Effect.Type, fieldManager: String, namespace: String? = nil,
    tables: FieldTables = .builtIn,
    reconcile: @escaping @Sendable (inout Reconciliation<Object, Effect>) -> Void
  ) {
    self.fieldManager = fieldManager
    selection = ObjectSelection(Object.type, namespace: Object.type.isNamespaced ? namespace : nil)
    rules = OwnershipRules(fieldManager: fieldManager)
    self.tables = tables
    if let kind = Object.self as? any CustomResource.Type, tables[kind.type.groupKind] == nil {
      self.tables[kind.type.groupKind] = kind.fieldTable
    }
    body = reconcile
  }

  /// The same controller, which also makes objects of `kind` for its own.
  public func owns<Kind: KubeObject>(_ kind: Kind.Type) -> Self {
    adding(
      Source(
        selection: ObjectSelection(Kind.type, namespace: namespace(of: Kind.type)),
        access: [.create, .patch, .delete, .list, .watch],
        owners: { object in
          object.metadata.ownerReferences.filter {
            // In whatever version it was noted.
            GroupKind(apiVersion: $0.apiVersion, kind: $0.kind) == Object.type.groupKind
              && $0.controller ?? false
          }.map { owner in
            ObjectKey(
              Object.type, namespace: Object.type.isNamespaced ? object.metadata.namespace : nil,
              name: owner.name)
          }
        }))
  }

  /// The same controller, which also reads the objects of `kind` that an object names.
  public func reads<Kind: KubeObject>(
    _ kind: Kind.Type, namedBy names: @escaping @Sendable (Object) -> [String]
  ) -> Self {
    adding(
      Source(
        selection: ObjectSelection(Kind.type, namespace: namespace(of: Kind.type)), access: .read,
        owners: { _ in [] },
        references: { object in
          names(object).map {
            ObjectKey(
              Kind.type, namespace: Kind.type.isNamespaced ? object.metadata.namespace : nil, name: $0)
          }
        }))
  }

  /// The same controller, which also looks at objects of `kind` for those that `mapping` names.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - labels: The labels of the objects that are looked at.
  ///   - access: What is done with them besides: `.delete` for a controller that removes them.
  ///   - mapping: The keys of the reconciled objects that an object is looked at for.
  public func watches<Kind: KubeObject>(
    _ kind: Kind.Type, labels: [String: String] = [:], access: ObjectAccess = [],
    mapping: @escaping @Sendable (DynamicObject) -> [ObjectKey]
  ) -> Self {
    adding(
      Source(
        selection: ObjectSelection(Kind.type, namespace: namespace(of: Kind.type), labels: labels),
        access: access.union(.read), owners: mapping))
  }

  /// The same controller, whose objects have a finalizer: one that is deleted goes once `effect` was performed.
  public func finalizer(_ name: String, effect: @escaping @Sendable (Object) -> Effect) -> Self {
    var controller = self
    controller.finalizer = Finalizer(name: name, effect: effect)
    return controller
  }

  /// The namespace in which objects of a kind are looked at.
  private func namespace(of type: ResourceType) -> String? {
    type.isNamespaced ? selection.namespace : nil
  }

  private func adding(_ source: Source) -> Self {
    var controller = self
    controller.sources.append(source)
    return controller
  }

  /// What is listed and watched.
  public var selections: [ObjectSelection] {
    ([selection] + sources.map(\.selection)).withoutIncluded
  }

  /// The version in which objects of a kind are read; `nil` where none are.
  func type(of kind: GroupKind) -> ResourceType? {
    if selection.type.groupKind == kind { return selection.type }
    return sources.first { $0.selection.type.groupKind == kind }?.selection.type
  }

  /// Whether objects name others that are read.
  var hasReferences: Bool { sources.contains { $0.references != nil } }

  /// Whether objects are looked at for others of their kind.
  var looksAtItsOwnKind: Bool {
    sources.contains { $0.references == nil && $0.selection.type.groupKind == Object.type.groupKind }
  }

  /// The rights that the controller needs.
  public var rights: [RequiredRight] {
    var subresources: [String: ObjectAccess] = ["status": .patch]
    // An owner reference that blocks the owner's deletion needs it, where the server enforces that.
    if sources.contains(where: { $0.access.contains(.create) }) { subresources["finalizers"] = .update }
    let own = ManagedObject<Never>(
      Object.type, namespace: selection.namespace,
      access: Effect.self == Never.self ? .read : [.list, .watch, .patch], subresources: subresources,
      reason: "the controller reconciles them")
    let others = sources.map { source in
      ManagedObject<Never>(
        source.selection.type, namespace: source.selection.namespace, access: source.access,
        isOwned: source.access.contains(.create), reason: "the controller makes or reads them")
    }
    return ([own] + others).flatMap(\.rights).merged
  }

  /// Plans for one object. Pure.
  ///
  /// - Parameters:
  ///   - key: The object.
  ///   - cache: What was observed.
  ///   - performed: The effects that have been performed for it.
  ///   - now: The time.
  public func reconcile(
    _ key: ObjectKey, in cache: ControllerCache<Object, Effect>, performed: Set<Effect> = [], at now: Date
  ) -> Result {
    let objects = cache.objects(for: key)
    let source = objects[key]
    var planner = Planner<Effect>(objects: objects, rules: rules, tables: tables, subject: "\(key)")
    guard let source, let object = planner.read(source, as: Object.self) else {
      return Result(plan: planner.plan, transitions: [], object: source)
    }
    var reconciliation = Reconciliation(
      object, source, in: cache, planner: planner, performed: performed, now: now)
    var transitions: [Condition] = []
    if object.metadata.deletionTimestamp != nil {
      // Without the finalizer nothing was made outside the cluster, or it was cleaned up before.
      if let finalizer, object.metadata.finalizers.contains(finalizer.name),
        reconciliation.perform(finalizer.effect(object))
      {
        reconciliation.removeFinalizer(finalizer.name)
      }
      // Nothing is made outside the cluster before it is sure to be cleaned up.
    } else if finalizer.map({ reconciliation.ensureFinalizer($0.name) }) ?? true {
      body(&reconciliation)
      // What can't be read says nothing about the object: its status stays.
      if objects.unobserved.isEmpty {
        reconciliation.planStatus()
        transitions = reconciliation.transitions
      } else {
        let kinds = objects.unobserved.map(\.description).sorted().joined(separator: ", ")
        reconciliation.planner.find(
          .error, .rightsMissing, on: key, "its status is not updated, since these can't be read: \(kinds)",
          remedy: "grant the controller's rights")
      }
    }
    reconciliation.verifyForEffects()
    return Result(plan: reconciliation.planner.plan, transitions: transitions, object: source)
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
