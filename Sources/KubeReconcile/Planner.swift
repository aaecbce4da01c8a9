public import KubeCore

/// Compares desired objects with observed ones and plans the patches that are still needed.
///
/// New objects are created, observed ones get a server-side apply with their uid, foreign ones are
/// reported and left alone.
public struct Planner<Effect: PlanEffect>: Sendable {
  /// The result of ``Planner/ensure(_:precondition:because:dependingOn:replacing:)``.
  public enum Outcome: Sendable, Hashable {
    /// The object is as desired.
    case unchanged
    /// The plan contains a patch towards the desired object.
    case planned
    /// Blocked; a finding explains why.
    case blocked
  }

  /// The observed objects.
  public private(set) var objects: ObservedObjects
  /// The rules that decide which objects and fields are the operator's.
  public let rules: OwnershipRules
  /// The field tables of all kinds that are written: which values the server fills in, and the keys
  /// of lists.
  public let tables: FieldTables
  /// The subject of findings that name no object.
  public let subject: String?
  /// Whether fields that another field manager applies are taken over.
  public let force: Bool
  /// The remedy that explains how to set ``force``.
  public let forceRemedy: String
  /// The fields that do harm if others have set them.
  public let harmfulFields: [HarmfulField]
  /// The operator's objects that are deleted and created again because they can't be changed.
  private var replaced: Set<ObjectKey> = []
  /// The plan so far.
  public var plan = Plan<Effect>()
  private var hasReportedComparisonByValue = false

  /// A planner with an empty plan.
  ///
  /// - Parameters:
  ///   - objects: The observed objects.
  ///   - rules: The rules that decide which objects and fields are the operator's.
  ///   - tables: The field tables of all kinds that are written.
  ///   - subject: The subject of findings that name no object, such as `cluster a`.
  ///   - force: Whether fields that another field manager applies are taken over.
  ///   - forceRemedy: How a person sets `force`; it ends the remedy of
  ///     ``Finding/Code/ownedByAnother``.
  ///   - harmfulFields: The fields that do harm if others have set them.
  public init(
    objects: ObservedObjects, rules: OwnershipRules, tables: FieldTables, subject: String? = nil,
    force: Bool = false, forceRemedy: String = "", harmfulFields: [HarmfulField] = []
  ) {
    self.objects = objects
    self.rules = rules
    self.tables = tables
    self.subject = subject
    self.force = force
    self.forceRemedy = forceRemedy
    self.harmfulFields = harmfulFields
  }

  /// Inserts an observed object.
  mutating func observe(_ object: DynamicObject) { objects.insert(object) }

  /// Adds a finding, unless the plan has it already.
  public mutating func report(
    _ severity: Finding.Severity, _ code: Finding.Code, on object: ObjectKey? = nil, problem: String,
    remedy: String, awaitedFrom: String? = nil
  ) {
    let finding = Finding(
      severity, code: code, object: object, subject: subject, problem: problem, remedy: remedy,
      awaitedFrom: awaitedFrom)
    if !plan.findings.contains(finding) { plan.findings.append(finding) }
  }

  /// The observed object as a typed value; `nil` if it is absent or, which is reported, can't be
  /// decoded.
  public mutating func read<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String)
    -> Kind?
  {
    guard let object = objects[Kind.type.groupKind, namespace: namespace, name: name] else { return nil }
    return read(object)
  }

  /// The object as a typed value; `nil` if, which is reported, it can't be decoded.
  public mutating func read<Kind: KubeObject>(_ object: DynamicObject, as kind: Kind.Type = Kind.self)
    -> Kind?
  {
    do {
      return try object.decode(Kind.self)
    } catch {
      let key = ObjectKey(Kind.type, namespace: object.metadata.namespace, name: object.metadata.name)
      report(
        .invalid, .unreadableObject, on: key, problem: "it can't be read: \(error)",
        remedy: "correct the field")
      return nil
    }
  }

  /// Plans what is missing for `desired` to exist with these fields.
  ///
  /// - Parameters:
  ///   - desired: The object, with the fields that the operator sets.
  ///   - precondition: The precondition of a patch of the existing object.
  ///   - reason: The reason of the patch, for people.
  ///   - dependency: The object whose patch must succeed first.
  ///   - replacing: Whether the object is deleted and created again if an immutable field differs.
  @discardableResult
  public mutating func ensure<Kind: KubeObject>(
    _ desired: Kind, precondition: ObservedPrecondition = .uid, because reason: String,
    dependingOn dependency: ObjectKey? = nil, replacing: Bool = false
  ) -> Outcome {
    if replacing { replaced.insert(desired.key) }
    let count = plan.patches.count
    defer {
      for index in plan.patches.indices.dropFirst(count) { plan.patches[index].dependency = dependency }
    }
    return ensure(desired.json, key: desired.key, precondition: precondition, because: reason)
  }

  /// Plans the managedFields patch that must precede a later apply like `desired`, and returns
  /// whether that apply would then be possible. Obstacles are reported.
  public mutating func prepare<Kind: KubeObject>(_ desired: Kind, replacing: Bool = false) -> Bool {
    var trial = self
    let outcome = trial.ensure(
      desired, precondition: .resourceVersion, because: "trial", replacing: replacing)
    guard outcome != .blocked else {
      plan.findings = trial.plan.findings
      return false
    }
    plan.patches += trial.plan.patches.dropFirst(plan.patches.count).filter { $0.operation.kind == .patch }
    return true
  }

  /// Plans what is missing for the status of an observed object to have these fields, and no others
  /// of the operator's.
  @discardableResult
  public mutating func ensureStatus<Kind: KubeObject>(
    _ status: JSONValue, of kind: Kind.Type, on object: DynamicObject,
    precondition: ObservedPrecondition = .uid,
    because reason: String
  ) -> Outcome {
    let key = ObjectKey(Kind.type, namespace: object.metadata.namespace, name: object.metadata.name)
    let desired = JSONValue.fields([
      "apiVersion": .string(Kind.type.apiVersion),
      "kind": .string(Kind.type.kind),
      "metadata": .fields([
        "name": .string(key.name),
        "namespace": key.namespace.map { .string($0) },
      ]),
      // An empty object would be a field of its own.
      "status": status.object?.isEmpty == true ? nil : status,
    ])
    return apply(
      desired, key: key, to: object, subresource: "status", precondition: precondition, because: reason)
  }

  /// Plans a JSON patch of an observed object with its version as the precondition; nothing if
  /// there are no operations.
  public mutating func patch(
    _ object: DynamicObject, type: ResourceType, subresource: String? = nil,
    _ operations: [JSONPatchOperation], because reason: String
  ) {
    let key = ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
    guard !operations.isEmpty, let uid = object.metadata.uid,
      let version = object.metadata.resourceVersion
    else { return }
    plan.patches.append(
      ObjectPatch(
        target: key, subresource: subresource, operation: .patch(operations),
        precondition: .uidAndResourceVersion(uid: uid, resourceVersion: version), reason: reason))
  }

  /// Plans a check that the object is still in the observed version, unless a patch of it makes it:
  /// for patches that depend on the object. Returns its key, or `nil` if it wasn't observed.
  public mutating func verify(_ key: ObjectKey, because reason: String) -> ObjectKey? {
    guard let observed = objects[key], let uid = observed.metadata.uid,
      let version = observed.metadata.resourceVersion
    else { return nil }
    let precondition = ObjectPatch.Precondition.uidAndResourceVersion(uid: uid, resourceVersion: version)
    if !plan.patches.contains(where: { $0.target == key && $0.precondition == precondition }) {
      // Before the object's other patches, which change its version.
      let place = plan.patches.firstIndex { $0.target == key } ?? plan.patches.endIndex
      plan.patches.insert(
        ObjectPatch(target: key, operation: .patch([]), precondition: precondition, reason: reason), at: place
      )
    }
    return key
  }

  private mutating func ensure(
    _ desired: JSONValue, key: ObjectKey, precondition: ObservedPrecondition, because reason: String
  ) -> Outcome {
    guard objects.isObserved(key) else {
      // An unreadable selection is reported; its objects' absence means nothing.
      return .blocked
    }
    guard let observed = objects[key] else {
      plan.patches.append(
        ObjectPatch(target: key, operation: .create(desired), precondition: .absent, reason: reason))
      return .planned
    }
    if observed.metadata.deletionTimestamp != nil {
      report(
        .awaiting, .beingDeleted, on: key,
        problem: "it is being deleted, and will be created again afterwards",
        remedy: "see its finalizers", awaitedFrom: "the owner of its finalizers")
      return .blocked
    }
    guard rules.owns(observed) || isRestored(observed, desired) else {
      reportForeign(observed, on: key)
      return .blocked
    }
    let outcome = apply(
      desired, key: key, to: observed, subresource: nil, precondition: precondition, because: reason)
    if outcome == .unchanged { reportHarmfulFields(of: observed, on: key) }
    return outcome
  }

  /// Reports the harmful fields that other field managers have set on an unchanged object of the
  /// operator's.
  private mutating func reportHarmfulFields(of observed: DynamicObject, on key: ObjectKey) {
    for field in harmfulFields where field.kind == key.type.groupKind && field.isHarmful(observed.json) {
      report(
        .error, .harmfulField, on: key,
        problem: "another field manager has set \(field.path), which should be unset: \(field.effect)",
        remedy: "remove the field (kubectl get --show-managed-fields names its manager)")
    }
  }

  /// Whether an object that another field manager has restored is the operator's: it has the label
  /// and, apart from owner references and annotations, all desired fields.
  private func isRestored(_ observed: DynamicObject, _ desired: JSONValue) -> Bool {
    guard rules.isLabeled(observed),
      let drift = try? tables.table(for: observed.groupKind).drift(
        desired: desired, observed: observed, ownership: rules.ownership(of: observed))
    else { return false }
    return drift.differences.allSatisfy { difference in
      difference.kind == .unowned || difference.kind == .dropped
        || ["metadata.ownerReferences", "metadata.annotations"].contains {
          difference.path.description.hasPrefix($0)
        }
    }
  }

  /// Reports that an object is left alone because it isn't the operator's, or because that can't be
  /// determined.
  public mutating func reportForeign(_ observed: DynamicObject, on key: ObjectKey) {
    let handOver =
      "hand it over with the label \(OwnershipRules.managedByLabel)=\(rules.fieldManager)"
    guard !observed.hasManagedFields else {
      report(
        .error, .foreignObject, on: key,
        problem: "an object of this name exists that belongs to another; it is left alone",
        remedy: "delete or rename it, or " + handOver)
      return
    }
    report(
      .error, .ownershipUnknown, on: key,
      problem: "it can't be determined whose this object is, since it has no managedFields; it is left alone",
      remedy: "read it with them (kubectl get --show-managed-fields), or " + handOver)
  }

  private mutating func apply(
    _ desired: JSONValue, key: ObjectKey, to observed: DynamicObject, subresource: String?,
    precondition: ObservedPrecondition, because reason: String
  ) -> Outcome {
    guard let uid = observed.metadata.uid else {
      report(
        .invalid, .noIdentity, on: key, problem: "it has no metadata.uid, so it can't be written to safely",
        remedy: "give the object as the API server returns it")
      return .blocked
    }
    let table = tables.table(for: key.type.groupKind)
    var desired = desired
    var drift: Drift
    var yields = false
    do {
      func compare() throws(FieldError) -> Drift {
        try table.drift(
          desired: desired, observed: observed, ownership: rules.ownership(of: observed),
          subresource: subresource
        )
      }
      drift = try compare()
      if !drift.conflicts.isEmpty && !force {
        let fields = drift.conflicts.map { "\($0.path) (\($0.manager))" }.joined(separator: ", ")
        report(
          .warning, .ownedByAnother, on: key, problem: "another tool applies other values to: \(fields)",
          remedy: "let that tool drop the fields" + (forceRemedy.isEmpty ? "" : ", or " + forceRemedy))
        // A Secret's values belong together: half of them would be a certificate with another's key.
        guard key.type.groupKind != GroupKind(group: "", kind: "Secret") else { return .blocked }
        // The other fields are maintained.
        yields = true
        desired = drift.yielding(desired)
        drift = try compare()
      }
    } catch {
      report(
        .invalid, .unreadableObject, on: key, problem: "it can't be compared with what is desired: \(error)",
        remedy: "correct the field")
      return .blocked
    }
    let immutable = drift.differences.filter(\.isImmutable)
    // The fields that an immutable Secret or ConfigMap protects; its metadata may change.
    let isFrozen =
      observed.json["immutable"] == true
      && drift.differences.contains {
        $0.kind != .unowned
          && ["data", "binaryData", "type"].contains($0.path.description.prefix { $0 != "." && $0 != "[" })
      }
    if replaced.contains(key), isFrozen || !immutable.isEmpty {
      remove(
        observed, type: key.type,
        because:
          "it can't be changed as desired, and is created again: \(Planner.summary(of: drift))")
      return .planned
    }
    if isFrozen {
      report(
        .error, .immutable, on: key, problem: "it can't be changed as desired: it is immutable",
        remedy: "delete it; it is created again at once")
      return .blocked
    }
    if !immutable.isEmpty {
      report(
        .error, .immutable, on: key,
        problem:
          "it can't be changed as desired: \(immutable.map(\.description).joined(separator: ", "))",
        remedy: "delete it; it is created again at once")
      return .blocked
    }
    if drift.comparedByValueOnly && !hasReportedComparisonByValue {
      hasReportedComparisonByValue = true
      report(
        .warning, .noManagedFields, on: key,
        problem:
          "objects came without metadata.managedFields, so values alone were compared, not whose they are",
        remedy: "read the objects with their managedFields (kubectl get --show-managed-fields)")
    }
    let outcome = plan(
      desired, towards: drift, key: key, uid: uid, version: observed.metadata.resourceVersion,
      subresource: subresource, precondition: precondition, because: reason)
    return yields ? .blocked : outcome
  }

  /// Plans the patches that `drift` of an observed object calls for.
  private mutating func plan(
    _ desired: JSONValue, towards drift: Drift, key: ObjectKey, uid: String, version: String?,
    subresource: String?, precondition: ObservedPrecondition, because reason: String
  ) -> Outcome {
    // An earlier patch of this plan changes the version: what has the version as precondition waits for the next plan.
    let isMoved = plan.patches.contains { $0.target == key && !$0.isVerification }
    if isMoved && (drift.adoption != nil || drift.needsApply && precondition == .resourceVersion) {
      return .planned
    }
    if let adoption = drift.adoption {
      plan.patches.append(
        ObjectPatch(
          target: key, operation: .patch(adoption),
          precondition: version.map { .uidAndResourceVersion(uid: uid, resourceVersion: $0) } ?? .uid(uid),
          reason: "take over the fields that an earlier field manager wrote"))
    }
    guard drift.needsApply else { return drift.adoption == nil ? .unchanged : .planned }
    // An adoption changes the version: what has the version as precondition is applied by the next plan.
    if drift.adoption != nil && precondition == .resourceVersion { return .planned }
    let condition: ObjectPatch.Precondition
    switch (precondition, version) {
    case (.resourceVersion, let version?):
      condition = .uidAndResourceVersion(uid: uid, resourceVersion: version)
    case (.resourceVersion, nil), (.uid, _): condition = .uid(uid)
    }
    plan.patches.append(
      ObjectPatch(
        target: key, subresource: subresource, operation: .apply(desired, force: true),
        precondition: condition,
        reason: reason + ": " + Planner.summary(of: drift)))
    return .planned
  }

  /// Plans the deletion of an observed object of the operator's, with its dependents: in the
  /// background or, with `awaitingDependents`, before the object goes.
  public mutating func remove(
    _ object: DynamicObject, type: ResourceType, awaitingDependents: Bool = false, because reason: String
  ) {
    let key = ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
    guard object.metadata.deletionTimestamp == nil, let uid = object.metadata.uid else { return }
    var patch = ObjectPatch(target: key, operation: .delete, precondition: .uid(uid), reason: reason)
    patch.awaitsDependents = awaitingDependents
    plan.patches.append(patch)
  }

  /// The first three differences.
  private static func summary(of drift: Drift) -> String {
    let shown = drift.differences.prefix(3).map(\.description).joined(separator: ", ")
    let rest = drift.differences.count - 3
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }
}
