public import KubeCore

extension MemoryAPIServer {
  /// The authorization of requests.
  public enum Authorization: Sendable, Hashable {
    /// Every user may do everything; credentials are ignored.
    case alwaysAllow
    /// Authorization by Roles, ClusterRoles and their bindings, like kube-apiserver with
    /// `--authorization-mode=RBAC`.
    case rbac
  }

  /// The authorization of requests; see ``setAuthorization(_:at:)``.
  public var authorization: Authorization { access == nil ? .alwaysAllow : .rbac }

  /// Sets the authorization of all later requests.
  ///
  /// With ``Authorization/rbac`` the roles and bindings that every cluster begins with are created,
  /// where they don't exist: `cluster-admin`, `system:discovery`, `system:basic-user`,
  /// `system:public-info-viewer`, `system:auth-delegator` and, in `kube-system`,
  /// `extension-apiserver-authentication-reader`.
  public mutating func setAuthorization(_ authorization: Authorization, at time: Date) {
    access = nil
    guard authorization == .rbac else { return }
    createBootstrapRoles(at: time)
    access = AccessCache()
  }

  // MARK: Decisions

  /// Whether `user` is allowed to make a request with `attributes`; always with
  /// ``Authorization/alwaysAllow``.
  func isAllowed(_ user: APIUser, _ attributes: AccessAttributes) -> Bool {
    guard access != nil, !user.isPrivileged else { return true }
    if rules(of: user, boundIn: "").allows(attributes) { return true }
    let namespace = attributes.namespace
    return !namespace.isEmpty && rules(of: user, boundIn: namespace).allows(attributes)
  }

  /// Throws 403 where `user` isn't allowed to make a request with `attributes`.
  func authorize(_ user: APIUser, _ attributes: AccessAttributes) throws(APIFailure) {
    guard !isAllowed(user, attributes) else { return }
    throw .forbidden(attributes, user, reason: denialReason(user, attributes))
  }

  /// The problem of the user's bindings, if any.
  func denialReason(_ user: APIUser, _ attributes: AccessAttributes) -> String {
    var problems: [String] = []
    for role in missingRoles(of: user, in: attributes.namespace) {
      let problem = "\(role.type.kind.lowercased()).\(role.type.group) \"\(role.name)\" not found"
      if !problems.contains(problem) { problems.append(problem) }
    }
    guard let first = problems.first else { return "" }
    return "RBAC: " + (problems.count == 1 ? first : "[" + problems.joined(separator: ", ") + "]")
  }

  /// The binding that allows a request with `attributes`.
  func allowanceReason(_ user: APIUser, _ attributes: AccessAttributes) -> String {
    let grant = grants(to: user, in: attributes.namespace).first { $0.rules?.allows(attributes) == true }
    guard let grant else { return "" }
    return "RBAC: allowed by \(grant)"
  }

  /// The missing roles that bindings in `namespace` grant to `user`.
  func missingRoles(of user: APIUser, in namespace: String) -> [(type: ResourceType, name: String)] {
    grants(to: user, in: namespace).filter { $0.rules == nil }.map {
      ($0.roleRef.kind == "Role" ? RBACKinds.role : RBACKinds.clusterRole, $0.roleRef.name)
    }
  }

  private func grants(to user: APIUser, in namespace: String) -> [RoleGrant] {
    let grants = grants(to: user, boundIn: "")
    return namespace.isEmpty ? grants : grants + self.grants(to: user, boundIn: namespace)
  }

  // MARK: Rules

  /// All rules that `user` holds in `namespace`, those of the whole cluster included.
  func rules(of user: APIUser, in namespace: String) -> [PolicyRule] {
    let rules = rules(of: user, boundIn: "")
    return namespace.isEmpty ? rules : rules + self.rules(of: user, boundIn: namespace)
  }

  private func rules(of user: APIUser, boundIn namespace: String) -> [PolicyRule] {
    let resolve = { grants(to: user, boundIn: namespace).flatMap { $0.rules ?? [] } }
    return access?.rules(of: user, in: namespace, resolve: resolve) ?? resolve()
  }

  /// The grants to `user` by the RoleBindings of `namespace`, or by the ClusterRoleBindings for an
  /// empty one.
  private func grants(to user: APIUser, boundIn namespace: String) -> [RoleGrant] {
    let type = namespace.isEmpty ? RBACKinds.clusterRoleBinding : RBACKinds.roleBinding
    return store.objects(type.groupKind, namespace: namespace.isEmpty ? nil : namespace).compactMap {
      object in
      let binding = object.json
      let subjects = (binding["subjects"]?.array ?? []).lazy.compactMap { RoleSubject($0) }
      guard let subject = subjects.first(where: { RoleGrant.does($0, mean: user, in: namespace) }),
        let roleRef = RoleReference(binding["roleRef"])
      else { return nil }
      return RoleGrant(
        bindingKind: type.kind, bindingName: object.name, namespace: namespace, subject: subject,
        roleRef: roleRef, rules: rules(of: roleRef, in: namespace))
    }
  }

  /// The rules of the role that a binding in `namespace` refers to; `nil` where there is none.
  func rules(of roleRef: RoleReference, in namespace: String) -> [PolicyRule]? {
    let isRole = roleRef.kind == "Role"
    let type = isRole ? RBACKinds.role : RBACKinds.clusterRole
    guard
      let role = store.object(
        type.groupKind, Slot(namespace: isRole ? namespace : "", name: roleRef.name))
    else { return nil }
    return (try? FieldReader(role.json)["rules"].list()) ?? []
  }

  /// Invalidates the cache of rules after an RBAC object of this namespace (empty for none) has
  /// changed.
  mutating func forgetAccess(_ rules: KindRules, namespace: String) {
    guard let access, rules.groupKind.group == RBACKinds.group else { return }
    self.access = access.forgetting(namespace: namespace)
    if rules.groupKind == RBACKinds.clusterRole.groupKind { mayHaveGarbage = true }
  }
}

/// The grant of one binding to a user.
private struct RoleGrant: CustomStringConvertible {
  var bindingKind: String
  var bindingName: String
  /// The binding's namespace; empty for a ClusterRoleBinding.
  var namespace: String
  var subject: RoleSubject
  var roleRef: RoleReference
  /// The role's rules; `nil` where the role doesn't exist.
  var rules: [PolicyRule]?

  /// Whether `subject` of a binding in `namespace` denotes `user`.
  static func does(_ subject: RoleSubject, mean user: APIUser, in namespace: String) -> Bool {
    switch subject.kind {
    case "User": return subject.name == user.name
    case "Group": return user.groups.contains(subject.name)
    case "ServiceAccount":
      let home = subject.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? namespace
      guard !home.isEmpty, let account = APIUser.account(ofUser: user.name) else { return false }
      return account.namespace == home && account.name == subject.name
    default: return false
    }
  }

  /// The binding, role and subject, as in kube-apiserver's reason of a decision.
  var description: String {
    var subjectName = subject.name
    if subject.kind == "ServiceAccount" { subjectName += "/" + (subject.namespace ?? namespace) }
    let binding = namespace.isEmpty ? bindingName : bindingName + "/" + namespace
    return
      "\(bindingKind) \(APIFailure.quoted(binding)) of \(roleRef.kind) \(APIFailure.quoted(roleRef.name))"
      + " to \(subject.kind) \(APIFailure.quoted(subjectName))"
  }
}
