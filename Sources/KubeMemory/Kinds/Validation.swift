import KubeCore

/// What the server refuses with 422.
enum Validation {
  /// How long a name may be, and of what it may be made.
  private enum NameRule {
    case subdomain
    case label
    case pathSegment
  }

  private static func nameRule(_ kind: GroupKind) -> NameRule {
    switch (kind.group, kind.kind) {
    case ("", "Namespace"), ("", "Service"): .label
    case ("rbac.authorization.k8s.io", _): .pathSegment
    default: .subdomain
    }
  }

  /// What is wrong with an object's metadata.
  static func metadata(_ object: JSONValue, _ rules: KindRules) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    let metadata = object["metadata"] ?? [:]
    let name = metadata["name"]?.string ?? ""
    if name.isEmpty {
      causes.append(.required("metadata.name", "name or generateName is required"))
    } else if let problem = problem(ofName: name, nameRule(rules.groupKind)) {
      causes.append(.invalid("metadata.name", JSONWriter().text(.string(name)), problem))
    }
    for field in ["labels", "annotations"] {
      guard let members = metadata[field] else { continue }
      guard let entries = members.object else {
        causes.append(.invalid("metadata.\(field)", JSONWriter().text(members), "must be an object"))
        continue
      }
      for entry in entries {
        let value = JSONWriter().text(entry.value)
        if let problem = NameRules.labelKeyProblem(field == "labels" ? entry.key : entry.key.lowercased()) {
          causes.append(.invalid("metadata.\(field)", JSONWriter().text(.string(entry.key)), problem))
        }
        guard let text = entry.value.string else {
          causes.append(.invalid("metadata.\(field)", value, "must be a string"))
          continue
        }
        if field == "labels", let problem = NameRules.labelValueProblem(text) {
          causes.append(.invalid("metadata.labels", value, problem))
        }
      }
    }
    return causes + owners(metadata)
  }

  private static func owners(_ metadata: JSONValue) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    var controllers = 0
    for (index, owner) in (metadata["ownerReferences"]?.array ?? []).enumerated() {
      for field in ["apiVersion", "kind", "name", "uid"] where (owner[field]?.string ?? "").isEmpty {
        causes.append(
          .invalid("metadata.ownerReferences[\(index)].\(field)", "\"\"", "must not be empty"))
      }
      if owner["controller"]?.bool == true { controllers += 1 }
    }
    if controllers > 1 {
      causes.append(
        .invalid(
          "metadata.ownerReferences", "\(controllers) references",
          "Only one reference can have Controller set to true. Found \"true\" in references for more than one owner"
        ))
    }
    return causes
  }

  private static func problem(ofName name: String, _ rule: NameRule) -> String? {
    switch rule {
    case .subdomain: NameRules.dnsSubdomainProblem(name)
    case .label: NameRules.dnsLabelProblem(name)
    case .pathSegment: NameRules.pathSegmentProblem(name)
    }
  }

  /// What is wrong with the rest of an object.
  static func content(_ object: JSONValue, _ rules: KindRules, _ version: KindRules.Version)
    -> [APIFailure.Cause]
  {
    if let schema = version.schema { return schema.problems(in: object) }
    var causes: [APIFailure.Cause] = []
    switch (rules.groupKind.group, rules.groupKind.kind) {
    case ("apps", "Deployment"):
      let labels = object.value(at: "spec", "template", "metadata", "labels")
      if let wanted = object.value(at: "spec", "selector", "matchLabels")?.object, !wanted.isEmpty {
        if !wanted.allSatisfy({ labels?[$0.key] == $0.value }) {
          causes.append(
            .invalid(
              "spec.template.metadata.labels", JSONWriter().text(labels ?? [:]),
              "`selector` does not match template `labels`"))
        }
      } else if object.value(at: "spec", "selector") == nil {
        causes.append(.required("spec.selector"))
      }
      if (object.value(at: "spec", "template", "spec", "containers")?.array ?? []).isEmpty {
        causes.append(.required("spec.template.spec.containers"))
      }
    case ("", "Secret"):
      for member in object["data"]?.object ?? [:] where member.value.string == nil {
        causes.append(.invalid("data[\(member.key)]", "<hidden>", "must be a Base64 string"))
      }
      if object["type"]?.string == "kubernetes.io/tls" {
        for key in ["tls.crt", "tls.key"] where object["data"]?[key] == nil {
          causes.append(.required("data[\(key)]"))
        }
      }
    case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
      if (object.value(at: "roleRef", "name")?.string ?? "").isEmpty {
        causes.append(.required("roleRef.name"))
      }
      if !["Role", "ClusterRole"].contains(object.value(at: "roleRef", "kind")?.string ?? "") {
        causes.append(
          APIFailure.Cause(
            reason: "FieldValueNotSupported",
            message:
              "Unsupported value: \(JSONWriter().text(object.value(at: "roleRef", "kind") ?? "")): supported values: \"ClusterRole\", \"Role\"",
            field: "roleRef.kind"))
      }
    case ("", "Service"):
      if object.value(at: "spec", "type")?.string != "ExternalName",
        (object.value(at: "spec", "ports")?.array ?? []).isEmpty,
        object.value(at: "spec", "clusterIP")?.string != "None"
      {
        causes.append(.required("spec.ports"))
      }
    default: break
    }
    return causes
  }

  /// Fields that were changed and may not be.
  static func immutableFields(from old: JSONValue, to new: JSONValue, _ table: FieldTable, _ kind: GroupKind)
    -> [APIFailure.Cause]
  {
    let difference = FieldMerge.compare(old, new, table.root)
    let changed = difference.modified.union(difference.removed).union(difference.added)
    var causes: [APIFailure.Cause] = []
    var seen: Set<[FieldSet.Element]> = []
    for path in changed.paths {
      guard let end = path.indices.first(where: { table.isImmutable(path[...$0]) }) else { continue }
      let field = Array(path[...end])
      guard seen.insert(field).inserted else { continue }
      let before = table.value(at: field, in: old)
      let after = table.value(at: field, in: new)
      if table.equal(before, after, at: field) { continue }
      // The server gives a Service its address; only a change of it is refused.
      if kind.kind == "Service" && before == nil { continue }
      let words = kind.kind.hasSuffix("RoleBinding") ? "cannot change roleRef" : "field is immutable"
      causes.append(
        .invalid(FieldPath(field).description, JSONWriter().text(after ?? .null), words))
    }
    return causes
  }
}
