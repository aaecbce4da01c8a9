import HTTPTypes
import KubeCore
import KubeTransport

/// kube-apiserver's checks that a writer of roles and bindings grants only rules that it holds
/// itself.
extension MemoryAPIServer {
  /// Refuses a write of a role or binding that would grant more than its writer holds.
  ///
  /// - Parameters:
  ///   - object: The new role or binding.
  ///   - old: The stored one; `nil` for a new one.
  ///   - request: The write.
  func checkEscalation(_ object: JSONValue, from old: JSONValue?, _ request: ResourceRequest)
    throws(APIFailure)
  {
    guard access != nil, let user = request.caller, request.kind.group == RBACKinds.group else { return }
    if let old, MemoryAPIServer.withoutCollectedFields(old) == MemoryAPIServer.withoutCollectedFields(object)
    {
      return
    }
    let namespace = request.namespace ?? ""
    switch request.kind.kind {
    case "Role", "ClusterRole": try checkRole(object, from: old, by: user, request: request)
    default:
      guard let roleRef = RoleReference(object["roleRef"]) else { return }
      try checkBinding(of: roleRef, named: object, user, request, in: namespace)
    }
  }

  /// The object without the fields that only garbage collection uses.
  private static func withoutCollectedFields(_ object: JSONValue) -> JSONValue {
    var object = object
    for field in ["ownerReferences", "finalizers", "managedFields"] {
      object.set(nil, at: ["metadata", field])
    }
    return object
  }

  private func checkRole(_ role: JSONValue, from old: JSONValue?, by user: APIUser, request: ResourceRequest)
    throws(APIFailure)
  {
    let namespace = request.namespace ?? ""
    let escalation = ResourceAccess(
      verb: "escalate", group: request.kind.group, resource: request.rules.plural, namespace: namespace,
      name: request.name ?? "")
    if isAllowed(user, .resource(escalation)) { return }
    let rules: [PolicyRule] = (try? FieldReader(role)["rules"].list()) ?? []
    try confirm(rules, heldBy: user, object: role, request: request, in: namespace)
    guard [role, old].contains(where: { $0?["aggregationRule"]?.object != nil }) else { return }
    let everything = [
      PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]),
      PolicyRule(verbs: ["*"], nonResourceURLs: ["*"]),
    ]
    guard self.rules(of: user, in: "").missing(of: everything).isEmpty else {
      throw forbidden(
        role, request: request, problem: "must have cluster-admin privileges to use the aggregationRule")
    }
  }

  private func checkBinding(
    of roleRef: RoleReference, named binding: JSONValue, _ user: APIUser, _ request: ResourceRequest,
    in namespace: String
  ) throws(APIFailure) {
    let isRole = roleRef.kind == "Role"
    guard isRole || roleRef.kind == "ClusterRole", roleRef.apiGroup == RBACKinds.group else { return }
    let type = isRole ? RBACKinds.role : RBACKinds.clusterRole
    let bind = ResourceAccess(
      verb: "bind", group: RBACKinds.group, resource: type.plural, namespace: namespace, name: roleRef.name)
    if isAllowed(user, .resource(bind)) { return }
    guard let rules = rules(of: roleRef, in: namespace) else { throw .notFound(type, roleRef.name) }
    try confirm(rules, heldBy: user, object: binding, request: request, in: namespace)
  }

  /// Throws 403 where `user` doesn't hold all of `rules` in `namespace`.
  private func confirm(
    _ rules: [PolicyRule], heldBy user: APIUser, object: JSONValue, request: ResourceRequest,
    in namespace: String
  ) throws(APIFailure) {
    let missing = self.rules(of: user, in: namespace).missing(of: rules)
    guard !missing.isEmpty else { return }
    let groups = user.groups.map(APIFailure.quoted).joined(separator: " ")
    var problem =
      "user \(APIFailure.quoted(user.name)) (groups=[\(groups)]) is attempting to grant RBAC permissions not currently held:\n"
      + Set(missing.map(\.description)).sorted().joined(separator: "\n")
    let unresolved = missingRoles(of: user, in: namespace).map {
      "\($0.type.qualifiedPlural) \"\($0.name)\" not found"
    }
    if !unresolved.isEmpty { problem += "; resolution errors: [" + unresolved.joined(separator: " ") + "]" }
    throw forbidden(object, request: request, problem: problem)
  }

  private func forbidden(_ object: JSONValue, request: ResourceRequest, problem: String) -> APIFailure {
    .forbidden(
      request.type, name: object.value(at: "metadata", "name")?.string ?? request.slot.name, problem: problem)
  }

  /// Refuses to create by PUT or PATCH an object that the writer may not create: such a request is
  /// first authorized as an update or patch.
  func checkCreation(_ request: ResourceRequest, _ name: String) throws(APIFailure) {
    guard access != nil, let user = request.caller, request.request.method != .post else { return }
    try authorize(user, .resource(attributes(of: request, "create", name)))
  }

  private func attributes(of request: ResourceRequest, _ verb: String, _ name: String) -> ResourceAccess {
    ResourceAccess(
      verb: verb, group: request.kind.group, resource: request.rules.plural,
      subresource: request.subresource ?? "",
      // A Namespace is within itself.
      namespace: request.kind == KindRules.namespace ? name : request.namespace ?? "", name: name)
  }

  // MARK: Owner references

  /// kube-apiserver's admission plugin OwnerReferencesPermissionEnforcement: owner references may
  /// be changed only by users who may delete the object, and may block an owner's deletion only if
  /// set by users who may update the owner's finalizers.
  func checkOwnerReferences(
    _ object: JSONValue, from old: JSONValue?, request: ResourceRequest, name: String
  )
    throws(APIFailure)
  {
    guard enforcesOwnerReferencePermissions, access != nil, let user = request.caller else { return }
    let owners = object.value(at: "metadata", "ownerReferences")?.array ?? []
    let known = old?.value(at: "metadata", "ownerReferences")?.array ?? []
    guard owners != known else { return }
    func refuse(_ problem: String, _ access: ResourceAccess) throws(APIFailure) {
      guard !isAllowed(user, .resource(access)) else { return }
      let reason = denialReason(user, .resource(access))
      throw .forbidden(request.type, name: name, problem: "\(problem): \(reason), <nil>")
    }
    if old != nil {
      try refuse(
        "cannot set an ownerRef on a resource you can't delete", attributes(of: request, "delete", name))
    }
    for owner in owners where owner["blockOwnerDeletion"]?.bool == true {
      let before = known.last { $0["uid"] == owner["uid"] }
      guard before?["blockOwnerDeletion"]?.bool != true else { continue }
      let (apiVersion, kind) = (owner["apiVersion"]?.string ?? "", owner["kind"]?.string ?? "")
      guard let rules = registry[GroupKind(apiVersion: apiVersion, kind: kind)] else {
        throw .forbidden(
          request.type, name: name,
          problem:
            "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion \(apiVersion) Kind \(kind): no matches for kind \"\(kind)\" in version \"\(apiVersion)\""
        )
      }
      try refuse(
        "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on",
        ResourceAccess(
          verb: "update", group: rules.groupKind.group, resource: rules.plural, subresource: "finalizers",
          namespace: rules.isNamespaced ? request.namespace ?? "" : "", name: owner["name"]?.string ?? ""))
    }
  }
}
