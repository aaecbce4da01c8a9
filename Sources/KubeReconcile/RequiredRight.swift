public import KubeCore

/// A right that an operator needs: an RBAC rule, the namespace where it must hold, and the reason.
public struct RequiredRight: Sendable, Hashable {
  /// The namespace in which a Role or RoleBinding must grant it; `nil` for the whole cluster.
  public var namespace: String?
  /// The rule.
  public var rule: PolicyRule
  /// The reasons, for people.
  public var reasons: [String]

  /// Creates a right.
  public init(namespace: String?, rule: PolicyRule, reasons: [String]) {
    self.namespace = namespace
    self.rule = rule
    self.reasons = reasons
  }
}

extension ManagedObject {
  /// The rights that the row needs. RBAC can't limit `create` by name: the server doesn't know the
  /// name when it decides.
  public var rights: [RequiredRight] {
    var rights: [RequiredRight] = []
    func need(_ verbs: [String], _ resource: String, group: String, names: [String], _ reason: String) {
      guard !verbs.isEmpty else { return }
      rights.append(
        RequiredRight(
          namespace: namespace,
          rule: PolicyRule(verbs: verbs, apiGroups: [group], resources: [resource], resourceNames: names),
          reasons: [reason]))
    }
    func need(_ verbs: ObjectVerbs, _ resource: String) {
      need(
        verbs.subtracting(.create).names, resource, group: type.group, names: name.map { [$0] } ?? [], reason
      )
      need(verbs.intersection(.create).names, resource, group: type.group, names: [], reason)
    }
    need(verbs, type.plural)
    for (subresource, verbs) in subresources.sorted(by: { $0.key < $1.key }) {
      need(verbs, "\(type.plural)/\(subresource)")
    }
    if isOwned, verbs.contains(.patch), !verbs.contains(.delete) {
      need(
        ["delete"], type.plural, group: type.group, names: name.map { [$0] } ?? [],
        "with OwnerReferencesPermissionEnforcement, to change the owner reference")
    }
    for rule in grants {
      rights.append(
        RequiredRight(
          namespace: namespace, rule: rule,
          reasons: ["\(type.kind) \(name ?? "") grants it, and its writer must hold it"]))
    }
    if let role = binds {
      need(
        ["bind"], role.type.plural, group: role.type.group, names: [role.name],
        "\(type.kind) \(name ?? "") binds this role")
    }
    return rights
  }
}

extension [RequiredRight] {
  /// The same rights in fewer rules: without those that a wider rule includes, and with rules
  /// joined that differ in verbs, names or resources alone.
  public var merged: [RequiredRight] {
    var verbs: [RightScope: [String]] = [:]
    var reasons: [RightScope: [String]] = [:]
    for right in self {
      for scope in RightScope.scopes(of: right) {
        verbs[scope, default: []] += right.rule.verbs
        for reason in right.reasons where !(reasons[scope] ?? []).contains(reason) {
          reasons[scope, default: []].append(reason)
        }
      }
    }
    for (scope, own) in verbs {
      let wider = scope.wider.flatMap { verbs[$0] ?? [] }
      verbs[scope] =
        own.contains("*") || wider.contains("*")
        ? (wider.contains("*") ? [] : ["*"])
        : RequiredRight.ordered(own.filter { !wider.contains($0) })
    }
    var names: [RightNames: [RightScope]] = [:]
    for (scope, verbs) in verbs where !verbs.isEmpty {
      let key = RightNames(
        namespace: scope.namespace, group: scope.group, resource: scope.resource, verbs: verbs,
        isNamed: scope.name != nil)
      names[key, default: []].append(scope)
    }
    var resources: [RightResources: [RightScope]] = [:]
    for (key, scopes) in names {
      let joined = RightResources(
        namespace: key.namespace, group: key.group, verbs: key.verbs,
        names: scopes.compactMap(\.name).sorted())
      resources[joined, default: []] += scopes
    }
    let rights = resources.map { joined, scopes in
      RequiredRight(
        namespace: joined.namespace,
        rule: PolicyRule(
          verbs: joined.verbs, apiGroups: [joined.group], resources: Set(scopes.map(\.resource)).sorted(),
          resourceNames: joined.names),
        reasons: scopes.sorted { $0.order.lexicographicallyPrecedes($1.order) }
          .reduce(into: []) { all, scope in
            for reason in reasons[scope] ?? [] where !all.contains(reason) { all.append(reason) }
          })
    }
    return rights.sorted { $0.order.lexicographicallyPrecedes($1.order) }
  }
}

extension RequiredRight {
  /// The sort key in a list of rights.
  fileprivate var order: [String] {
    [namespace ?? ""] + rule.apiGroups + [rule.resources.joined(separator: ",")]
      + [rule.resourceNames.joined(separator: ","), rule.verbs.joined(separator: ",")]
  }

  /// The verbs in conventional order, without duplicates.
  fileprivate static func ordered(_ verbs: [String]) -> [String] {
    let order = ["get", "list", "watch", "create", "update", "patch", "delete", "bind"]
    return Set(verbs).sorted {
      (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1)
    }
  }
}

/// The scope of a right: a resource of a group in a namespace or in all, of one name or of any.
private struct RightScope: Hashable {
  var namespace: String?
  var group: String
  var resource: String
  var name: String?

  static func scopes(of right: RequiredRight) -> [RightScope] {
    let names: [String?] = right.rule.resourceNames.isEmpty ? [nil] : right.rule.resourceNames
    return right.rule.apiGroups.flatMap { group in
      right.rule.resources.flatMap { resource in
        names.map { RightScope(namespace: right.namespace, group: group, resource: resource, name: $0) }
      }
    }
  }

  /// The scopes that include this one.
  var wider: [RightScope] {
    var scopes: [RightScope] = []
    for place in namespace == nil ? [nil] : [namespace, nil] {
      for someName in name == nil ? [nil] : [name, nil] where place != namespace || someName != name {
        scopes.append(RightScope(namespace: place, group: group, resource: resource, name: someName))
      }
    }
    return scopes
  }

  var order: [String] { [namespace ?? "", group, resource, name ?? ""] }
}

/// The rights that differ in their names alone.
private struct RightNames: Hashable {
  var namespace: String?
  var group: String
  var resource: String
  var verbs: [String]
  var isNamed: Bool
}

/// The rights that differ in their resources alone.
private struct RightResources: Hashable {
  var namespace: String?
  var group: String
  var verbs: [String]
  var names: [String]
}
