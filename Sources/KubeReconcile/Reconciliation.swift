public import KubeCore

/// One reconcile of one object: the observed objects, and the plan so far.
///
/// A value without I/O: the reconcile function of a ``Controller`` reads observed objects from it
/// and declares desired ones; what is missing is planned.
public struct Reconciliation<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// The object, as observed.
  public let object: Object
  /// The current time.
  public let now: Date
  /// The effects that have been performed since the object's generation last changed.
  public let performed: Set<Effect>
  /// The planner, whose plan is the result.
  public var planner: Planner<Effect>
  let source: DynamicObject
  /// The objects that were looked up without being related to this one.
  private(set) var lookups: [ObjectLookup] = []
  private let cache: ControllerCache<Object, Effect>
  /// The conditions that were set.
  private var conditions: [Condition] = []
  /// The types of the conditions that were removed.
  private var removedConditions: Set<String> = []
  /// The operator's fields of the status, as changed; `nil` if ``setStatus(_:_:)`` wasn't called.
  private var changedStatus: JSONObject?

  init(
    _ object: Object, _ source: DynamicObject, in cache: ControllerCache<Object, Effect>,
    planner: Planner<Effect>, performed: Set<Effect>, now: Date
  ) {
    self.cache = cache
    self.object = object
    self.source = source
    self.planner = planner
    self.performed = performed
    self.now = now
  }

  // MARK: What was observed

  /// The object of this kind and name among those that the controller owns, reads or watches; `nil`
  /// if it is absent or can't be decoded, or if the controller owns the kind and may not read it:
  /// then ``ensure(_:precondition:because:dependingOn:)`` and ``remove(_:namespace:name:because:)``
  /// plan nothing for the kind, and the status isn't written.
  public func observed<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String) -> Kind? {
    planner.objects.value(
      kind, namespace: namespace ?? (Kind.type.isNamespaced ? object.metadata.namespace : nil), name: name)
  }

  /// The objects of this kind that the controller owns, reads or watches for the object, by
  /// namespace and name, as ``observed(_:namespace:name:)`` returns them.
  public func observed<Kind: KubeObject>(_ kind: Kind.Type) -> [Kind] {
    planner.objects.all(Kind.type.groupKind).compactMap { try? $0.decode(kind) }
  }

  // MARK: What is wanted

  /// Returns the metadata of an object to own: in the object's namespace, and with its name, to
  /// which `suffix` is appended.
  public func ownedMetadata(suffix: String = "", labels: [String: String] = [:]) -> ObjectMeta {
    ObjectMeta(
      name: object.metadata.name + suffix, namespace: object.metadata.namespace, labels: labels)
  }

  /// Plans what is missing for `desired` to exist with these fields.
  ///
  /// The operator's label is added and, if `desired` is in the object's namespace or the object is
  /// cluster-scoped, an owner reference, so that it is deleted with the object. Otherwise the
  /// annotation ``Controller/ownerAnnotation`` names the owner: changes of `desired` then lead to a
  /// plan as well, but only a finalizer that names its kind deletes it. An object that another
  /// object owns is left alone, and reported.
  @discardableResult
  public mutating func ensure<Kind: KubeObject>(
    _ desired: Kind, precondition: ObservedPrecondition = .uid, because reason: String? = nil,
    dependingOn dependency: ObjectKey? = nil
  ) -> Planner<Effect>.Outcome {
    var desired = desired
    desired.metadata.labels.merge(planner.rules.labels) { own, _ in own }
    Controller<Object, Effect>.setOwner(object, of: &desired.metadata)
    if !cache.observes(desired.key) {
      let namespace = cache.observes(Kind.type.groupKind) ? desired.metadata.namespace : nil
      let place = ObjectSelection(Kind.type, namespace: namespace)
      let argument = namespace.map { ", namespace: \"\($0)\"" } ?? ""
      planner.report(
        .error, .rightsMissing, on: desired.key,
        problem: "it can't be kept as desired, since these aren't observed: \(place)",
        remedy: "say .owns(\(Kind.type.kind).self\(argument))")
    }
    if let observed = find(desired.key) {
      if reportOwner(of: observed, on: desired.key) { return .blocked }
      planner.observe(observed)
    }
    return planner.ensure(
      desired, precondition: precondition, because: reason ?? "\(object.key) needs it",
      dependingOn: dependency)
  }

  /// Plans the deletion of an object and of what it owns, if it is the operator's: if the operator
  /// has written fields of it, or it has the operator's label (`app.kubernetes.io/managed-by`), or
  /// the controller owns it through another object and has the right to delete it. Otherwise, or if
  /// another object of the reconciled kind owns it, a finding says that it is left alone.
  @discardableResult
  public mutating func remove<Kind: KubeObject>(
    _ kind: Kind.Type, namespace: String? = nil, name: String, because reason: String
  ) -> Planner<Effect>.Outcome {
    let namespace = namespace ?? (Kind.type.isNamespaced ? object.metadata.namespace : nil)
    let key = ObjectKey(Kind.type, namespace: namespace, name: name)
    guard let observed = find(key) else {
      return planner.objects.isObserved(key) ? .unchanged : .blocked
    }
    if reportOwner(of: observed, on: key) { return .blocked }
    guard isOperators(observed) else {
      planner.reportForeign(observed, on: key)
      return .blocked
    }
    guard observed.metadata.deletionTimestamp == nil else { return .blocked }
    planner.remove(observed, type: Kind.type, because: reason)
    return .planned
  }

  /// Returns the observed object of `key`. One of the name may be another's, and then isn't related
  /// to this one.
  private mutating func find(_ key: ObjectKey) -> DynamicObject? {
    if let related = planner.objects[key] { return related }
    let object = cache.object(key)
    lookups.append(ObjectLookup(key: key, object: object))
    return object
  }

  /// Reports an unrelated object that another object owns, of the reconciled kind or, as its
  /// controller, of any, and returns whether it is such an object.
  private mutating func reportOwner(of observed: DynamicObject, on key: ObjectKey) -> Bool {
    guard planner.objects[key] == nil, observed.metadata.deletionTimestamp == nil else { return false }
    let owners = Controller<Object, Effect>.owners(of: observed, by: planner.rules)
    let controllers = observed.metadata.ownerReferences.filter { $0.controller == true }
    guard !owners.contains(object.key),
      let owner = owners.first.map(String.init(describing:))
        ?? controllers.first.map({ "\($0.kind) \($0.name)" })
    else { return false }
    planner.report(
      .error, .foreignObject, on: key,
      problem: "an object of this name exists that belongs to \(owner); it is left alone",
      remedy: "use another name, or delete it")
    return true
  }

  /// Whether an observed object that belongs to this one is the operator's to remove.
  private func isOperators(_ observed: DynamicObject) -> Bool {
    planner.rules.owns(observed) || cache.mayRemove(observed, of: object.key)
  }

  /// Sets a condition of the object's status. Its transition time changes only with its status.
  ///
  /// The operator's conditions that a call of the reconcile function doesn't mention stay as they
  /// are, such as those that depend on an effect which is to be performed first.
  public mutating func setCondition(
    _ type: String, _ status: Condition.Status, reason: String, message: String
  ) {
    removeCondition(type)
    removedConditions.remove(type)
    conditions.append(
      Condition(
        type: type, status: status, reason: reason, message: message, lastTransitionTime: now,
        observedGeneration: object.metadata.generation))
  }

  /// Removes a condition of the operator's from the object's status.
  public mutating func removeCondition(_ type: String) {
    conditions.removeAll { $0.type == type }
    removedConditions.insert(type)
  }

  /// Sets a field of the object's status by name, which a typed kind needs only for fields without
  /// a property. `nil` removes it if the operator set it before. Fields of the operator's that a
  /// call of the reconcile function doesn't mention stay as they are.
  ///
  /// A field that a custom resource's schema doesn't declare, or in which something isn't declared,
  /// isn't changed, and reported: the server would refuse the whole status.
  public mutating func setStatus(_ field: String, _ value: JSONValue?) {
    var fields = changedStatus ?? appliedStatus
    fields[field] = value
    changedStatus = fields
  }

  /// Requests an effect unless it was performed, and returns whether it was.
  ///
  /// It is performed once the plan's patches were sent, and only if the object hasn't changed since
  /// it was observed. ``PlanEffect`` says when it is performed again.
  public mutating func perform(_ effect: Effect) -> Bool {
    if performed.contains(effect) { return true }
    if !planner.plan.effects.contains(effect) { planner.plan.effects.append(effect) }
    return false
  }

  /// Limits the delay until the next call to `delay`.
  public mutating func requeue(after delay: Duration) { planner.plan.requeue(after: delay) }

  // MARK: The end

  /// Makes the effects depend on the observed version of the object, unless a patch of it does so
  /// already.
  mutating func verifyForEffects() {
    guard !planner.plan.effects.isEmpty else { return }
    _ = planner.verify(object.key, because: "an effect follows from it as it was observed")
  }

  /// The conditions whose status differs from the observed one, each worth an Event.
  var transitions: [Condition] {
    let old = observedConditions
    return conditions.filter { new in
      old.first { $0["type"]?.string == new.type }?["status"]?.string != new.status.rawValue
    }
  }

  private var observedConditions: [JSONValue] {
    source.json.value(at: "status", "conditions")?.array ?? []
  }

  /// The fields of the status that the operator has applied.
  private var appliedStatus: JSONObject {
    let manager = FieldOwnership.fieldManager(planner.rules.fieldManager, for: "status")
    let table = planner.tables.table(for: Object.type.groupKind)
    // API servers before 1.22 don't record the subresource.
    for subresource in ["status", nil] {
      // Those applied in another version of the kind are taken over by a plan of its own first.
      let applied = try? source.extract(ownedBy: manager, subresource: subresource, table: table)
      if let status = applied?.json["status"]?.object { return status }
    }
    return [:]
  }

  /// Plans the patch of the status.
  ///
  /// - Parameter schema: The schema of the status; `nil` if it isn't known.
  mutating func planStatus(schema: JSONValue?) {
    guard !conditions.isEmpty || !removedConditions.isEmpty || changedStatus != nil else { return }
    let applied = appliedStatus
    var desired = changedStatus ?? applied
    if !conditions.isEmpty || !removedConditions.isEmpty {
      let all = conditions(changing: desired["conditions"]?.array ?? [])
      desired["conditions"] = all.isEmpty ? nil : .array(all)
    }
    let path = FieldPath([.field("status")])
    let undeclared = schema.map { JSONValue.object(desired).undeclaredFields(in: $0, at: path) } ?? []
    for field in undeclared {
      let error = field.error(kind: Object.type.kind)
      planner.report(
        .error, .undeclaredField, on: object.key, problem: "\(error.path) \(error.problem)",
        remedy: "declare the field in the CustomResourceDefinition; \(error.remedy ?? "")")
      // The server would refuse the whole status.
      if field.path.steps.count > 1, case .field(let member) = field.path.steps[1] {
        desired[member] = applied[member]
        if member == "conditions" { conditions = [] }
      }
    }
    planner.ensureStatus(
      .object(desired), of: Object.self, on: source, precondition: .resourceVersion,
      because: "the status reports what was observed")
  }

  /// Returns the operator's conditions with those that were set, each in its place, and without
  /// those that were removed.
  private func conditions(changing applied: [JSONValue]) -> [JSONValue] {
    let observed = observedConditions
    var all = applied.filter { !removedConditions.contains($0["type"]?.string ?? "") }
    for var condition in conditions {
      let earlier = observed.first { $0["type"]?.string == condition.type }
      if earlier?["status"]?.string == condition.status.rawValue,
        let time = earlier?["lastTransitionTime"]?.string.flatMap({ Timestamp(rfc3339: $0) })
      {
        condition.lastTransitionTime = time.date
      }
      if let place = all.firstIndex(where: { $0["type"]?.string == condition.type }) {
        all[place] = condition.json
      } else {
        all.append(condition.json)
      }
    }
    return all
  }

  /// Plans the addition of a finalizer, and returns whether the object has it.
  mutating func ensureFinalizer(_ name: String) -> Bool {
    let finalizers = source.metadata.finalizers
    if finalizers.contains(name) { return true }
    planner.patch(
      source, type: Object.type,
      [
        finalizers.isEmpty
          ? .add(path: "/metadata/finalizers", [.string(name)])
          : .add(path: "/metadata/finalizers/-", .string(name))
      ], because: "what isn't deleted with the object must be cleaned up before it goes")
    return false
  }

  /// Plans the deletion of the objects of these kinds that belong to the object, and returns
  /// whether none is left. One that isn't the operator's is waited for, which is reported.
  mutating func removeAll(_ kinds: [any KubeObject.Type]) -> Bool {
    var isDone = true
    for type in kinds.map({ $0.type }) {
      let isUnread = planner.objects.unobserved.contains { $0.type.groupKind == type.groupKind }
      if isUnread || !cache.observes(type.groupKind) {
        planner.report(
          .error, .rightsMissing, on: object.key,
          problem: "its finalizer stays, since these can't be read: \(type.qualifiedPlural)",
          remedy: isUnread ? "grant the controller's rights" : "say .owns(\(type.kind).self)")
        isDone = false
      }
      for observed in planner.objects.all(type.groupKind) where cache.belongs(observed, to: object.key) {
        isDone = false
        let key = ObjectKey(
          type, namespace: observed.metadata.namespace, name: observed.metadata.name)
        if observed.metadata.deletionTimestamp != nil {
          planner.report(
            .awaiting, .beingDeleted, on: key,
            problem: "it is being deleted, and the finalizer of \(object.key) waits for that",
            remedy: "see its finalizers", awaitedFrom: "the owner of its finalizers")
        } else if !isOperators(observed) {
          planner.report(
            .awaiting, .foreignObject, on: key,
            problem: "it isn't the operator's, and the finalizer of \(object.key) waits until it is gone",
            remedy: "delete it, or see what should", awaitedFrom: "its own controller")
        } else {
          // Without the intermediate object it couldn't be known any more to whom the others belong.
          planner.remove(
            observed, type: type, awaitingDependents: cache.isIntermediate(type.groupKind),
            because: "\(object.key) is being deleted")
        }
      }
    }
    return isDone
  }

  /// Plans the removal of a finalizer.
  mutating func removeFinalizer(_ name: String) {
    guard let index = source.metadata.finalizers.firstIndex(of: name) else { return }
    let path = "/metadata/finalizers/\(index)"
    planner.patch(
      source, type: Object.type, [.test(path: path, .string(name)), .remove(path: path)],
      because: "what isn't deleted with the object was cleaned up")
  }
}

extension Reconciliation where Object: JSONView {
  /// Sets a field of the object's status, such as `\.status.url`; `nil` removes it if the operator
  /// set it before. Fields of the operator's that a call of the reconcile function doesn't mention
  /// stay as they are.
  ///
  /// - Parameters:
  ///   - field: The field, below `\.status`.
  ///   - value: The value.
  public mutating func setStatus<Value>(_ field: WritableKeyPath<Object, Value>, _ value: Value) {
    var fields = object.fields
    fields["status"] = .object(changedStatus ?? appliedStatus)
    var changed = Object(unchecked: fields)
    changed[keyPath: field] = value
    changedStatus = changed.fields["status"]?.object ?? [:]
    fields["status"] = nil
    var others = changed.fields
    others["status"] = nil
    guard others != fields else { return }
    planner.report(
      .error, .undeclaredField, on: object.key,
      problem: "a field outside the status can't be set with it", remedy: "name a field below \\.status")
  }
}

/// An object that a plan looked up, as it was observed then.
struct ObjectLookup: Sendable {
  var key: ObjectKey
  /// The object; `nil` if it was absent.
  var object: DynamicObject?
}
