extension PolicyRule {
  /// Whether this rule alone allows `attributes`, by the algorithm of kube-apiserver's RBAC
  /// authorizer.
  ///
  /// The namespace is not considered: the binding, not the rule, is limited to one.
  public func allows(_ attributes: AccessAttributes) -> Bool {
    switch attributes {
    case .resource(let access):
      PolicyRule.has(verbs, access.verb) && PolicyRule.has(apiGroups, access.group)
        && resources.contains { PolicyRule.resource($0, matches: access) }
        && (resourceNames.isEmpty || resourceNames.contains(access.name))
    case .path(let path, let verb):
      PolicyRule.has(verbs, verb)
        && nonResourceURLs.contains { $0 == "*" || PolicyRule.path($0, covers: path) }
    }
  }

  /// This rule split into rules of one verb each on one path, or on one resource and at most one
  /// name.
  package var parts: [PolicyRule] {
    var parts: [PolicyRule] = []
    for group in apiGroups {
      for resource in resources {
        for verb in verbs {
          let rule = PolicyRule(verbs: [verb], apiGroups: [group], resources: [resource])
          guard !resourceNames.isEmpty else {
            parts.append(rule)
            continue
          }
          for name in resourceNames {
            var named = rule
            named.resourceNames = [name]
            parts.append(named)
          }
        }
      }
    }
    for path in nonResourceURLs {
      for verb in verbs { parts.append(PolicyRule(verbs: [verb], nonResourceURLs: [path])) }
    }
    return parts
  }

  /// Whether this rule alone grants `part`, one of a rule's ``parts``.
  func covers(part: PolicyRule) -> Bool {
    (verbs.contains("*") || PolicyRule.hasAll(verbs, part.verbs))
      && (apiGroups.contains("*") || PolicyRule.hasAll(apiGroups, part.apiGroups))
      && part.resources.allSatisfy { PolicyRule.resources(resources, cover: $0) }
      && (resourceNames.isEmpty
        || !part.resourceNames.isEmpty && PolicyRule.hasAll(resourceNames, part.resourceNames))
      && part.nonResourceURLs.allSatisfy { path in
        nonResourceURLs.contains { PolicyRule.path($0, covers: path) }
      }
  }

  private static func has(_ values: [String], _ value: String) -> Bool {
    values.contains { $0 == value || $0 == "*" }
  }

  private static func hasAll(_ values: [String], _ wanted: [String]) -> Bool {
    wanted.allSatisfy { values.contains($0) }
  }

  private static func resource(_ pattern: String, matches access: ResourceAccess) -> Bool {
    if pattern == "*" { return true }
    guard !access.subresource.isEmpty else { return pattern == access.resource }
    let bytes = pattern.utf8
    guard bytes.count > access.subresource.utf8.count, bytes.contains(UInt8(ascii: "/")) else { return false }
    return pattern == access.qualifiedResource || pattern == "*/" + access.subresource
  }

  private static func resources(_ patterns: [String], cover resource: String) -> Bool {
    if patterns.contains("*") || patterns.contains(resource) { return true }
    guard let slash = resource.firstIndex(of: "/") else { return false }
    return patterns.contains("*" + resource[slash...])
  }

  /// Whether `pattern`, which may end in `*`, matches `path`, which may end in `*` too.
  private static func path(_ pattern: String, covers path: String) -> Bool {
    if pattern == path { return true }
    guard pattern.hasSuffix("*") else { return false }
    var prefix = pattern[...]
    while prefix.last == "*" { prefix.removeLast() }
    return path.hasPrefix(prefix)
  }
}

extension Sequence where Element == PolicyRule {
  /// Whether one of the rules allows `attributes`.
  public func allows(_ attributes: AccessAttributes) -> Bool {
    contains { $0.allows(attributes) }
  }

  /// Whether the rules together grant everything that `rule` grants, so that their holder may grant
  /// it.
  package func covers(_ rule: PolicyRule) -> Bool {
    rule.parts.allSatisfy { part in contains { $0.covers(part: part) } }
  }

  /// The part of `rules` that these rules don't grant, as kube-apiserver lists it: one rule per
  /// resource, path or name.
  ///
  /// A rule with wildcards is covered only by a rule with wildcards, as in `Covers` of
  /// kube-apiserver's RBAC validation, which compares rules and not the served resources.
  package func missing(of rules: some Sequence<PolicyRule>) -> [PolicyRule] {
    var missing: [PolicyRule] = []
    var indexes: [PolicyRule: Int] = [:]
    for part in rules.lazy.flatMap(\.parts) where !contains(where: { $0.covers(part: part) }) {
      guard part.nonResourceURLs.isEmpty else {
        missing.append(part)
        continue
      }
      var subject = part
      subject.verbs = []
      if let index = indexes[subject] {
        missing[index].verbs += part.verbs
      } else {
        indexes[subject] = missing.count
        missing.append(part)
      }
    }
    return missing
  }
}

extension PolicyRule: CustomStringConvertible {
  /// The rule in the notation of kube-apiserver's messages:
  /// `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`.
  public var description: String {
    let fields = [
      ("APIGroups", apiGroups), ("Resources", resources), ("NonResourceURLs", nonResourceURLs),
      ("ResourceNames", resourceNames), ("Verbs", verbs),
    ]
    return "{"
      + fields.filter { !$0.1.isEmpty }.map { name, values in
        "\(name):[" + values.map { JSONWriter().text(.string($0)) }.joined(separator: " ") + "]"
      }.joined(separator: ", ") + "}"
  }
}
