import KubeCore

/// The server's validation, whose failures have the status 422.
enum Validation {
  /// The maximum length and the characters of a name.
  private enum NameRule {
    case subdomain
    case label
    case pathSegment
  }

  private static func nameRule(_ kind: GroupKind) -> NameRule {
    switch (kind.group, kind.kind) {
    case ("", "Namespace"), ("", "Service"): .label
    case ("rbac.authorization.k8s.io", _): .pathSegment
    // `v1.` is the core group's.
    case ("apiregistration.k8s.io", "APIService"): .pathSegment
    default: .subdomain
    }
  }

  /// The problems of an object's metadata.
  static func metadata(_ object: JSONValue, _ rules: KindRules) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    let metadata = object["metadata"] ?? [:]
    let name = metadata["name"]?.string ?? ""
    if name.isEmpty {
      causes.append(.required("metadata.name", "name or generateName is required"))
    } else if let problem = problem(ofName: name, nameRule(rules.groupKind)) {
      causes.append(.invalid("metadata.name", value: JSONWriter().text(.string(name)), problem: problem))
    }
    if let prefix = metadata["generateName"]?.string, !prefix.isEmpty {
      // The appended suffix completes a prefix that ends in a dash.
      let masked = prefix.count > 1 && prefix.hasSuffix("-") ? prefix.dropLast(2) + "a" : prefix
      if let problem = problem(ofName: masked, nameRule(rules.groupKind)) {
        causes.append(
          .invalid("metadata.generateName", value: JSONWriter().text(.string(prefix)), problem: problem))
      }
    }
    for field in ["labels", "annotations"] {
      guard let members = metadata[field] else { continue }
      guard let entries = members.object else {
        causes.append(
          .invalid("metadata.\(field)", value: JSONWriter().text(members), problem: "must be an object"))
        continue
      }
      for entry in entries {
        if let problem = NameRules.labelKeyProblem(field == "labels" ? entry.key : entry.key.lowercased()) {
          causes.append(
            .invalid("metadata.\(field)", value: JSONWriter().text(.string(entry.key)), problem: problem))
        }
        guard let text = entry.value.string else {
          causes.append(
            .invalid("metadata.\(field)", value: JSONWriter().text(entry.value), problem: "must be a string"))
          continue
        }
        if field == "labels", let problem = NameRules.labelValueProblem(text) {
          causes.append(.invalid("metadata.labels", value: JSONWriter().text(entry.value), problem: problem))
        }
      }
    }
    return causes + size(metadata) + finalizers(metadata, rules) + owners(metadata)
  }

  /// The maximum size of all annotations together, in bytes.
  private static let maximumAnnotationBytes = 256 << 10
  /// The maximum size of a ConfigMap's or Secret's data, in bytes.
  private static let maximumDataBytes = 1 << 20

  private static func size(_ metadata: JSONValue) -> [APIFailure.Cause] {
    let bytes = (metadata["annotations"]?.object ?? [:]).reduce(0) {
      $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0)
    }
    return bytes > maximumAnnotationBytes ? [.tooLong("metadata.annotations", maximumAnnotationBytes)] : []
  }

  /// The problems of finalizers: those of built-in kinds must have a qualified name, except
  /// Kubernetes' own.
  private static func finalizers(_ metadata: JSONValue, _ rules: KindRules) -> [APIFailure.Cause] {
    guard !rules.isCustom, rules.groupKind != KindRules.customResourceDefinition else { return [] }
    var causes: [APIFailure.Cause] = []
    for (index, finalizer) in (metadata["finalizers"]?.array ?? []).enumerated() {
      let name = finalizer.string ?? ""
      if ["orphan", "foregroundDeletion", "kubernetes"].contains(name) { continue }
      guard !name.contains("/") || NameRules.labelKeyProblem(name) != nil else { continue }
      causes.append(
        .invalid(
          "metadata.finalizers[\(index)]", value: JSONWriter().text(finalizer),
          problem: "name is neither a standard finalizer name nor is it fully qualified"))
    }
    return causes
  }

  private static func owners(_ metadata: JSONValue) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    var controllers = 0
    for (index, owner) in (metadata["ownerReferences"]?.array ?? []).enumerated() {
      for field in ["apiVersion", "kind", "name", "uid"] where (owner[field]?.string ?? "").isEmpty {
        causes.append(
          .invalid("metadata.ownerReferences[\(index)].\(field)", value: "\"\"", problem: "must not be empty")
        )
      }
      if owner["controller"]?.bool == true { controllers += 1 }
      if owner["apiVersion"] == "v1", owner["kind"] == "Event" {
        causes.append(
          .invalid(
            "metadata.ownerReferences", value: JSONWriter().text(owner),
            problem: "/v1, Kind=Event is disallowed from being an owner"))
      }
    }
    if controllers > 1 {
      causes.append(
        .invalid(
          "metadata.ownerReferences", value: "\(controllers) references",
          problem:
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

  /// The problems of the rest of an object; `old` is its state before an update.
  static func content(
    _ object: JSONValue, rules: KindRules, version: KindRules.Version, old: JSONValue? = nil
  ) -> [APIFailure.Cause] {
    if let schema = version.schema { return schema.problems(in: object, old: old) }
    var causes: [APIFailure.Cause] = []
    switch (rules.groupKind.group, rules.groupKind.kind) {
    case ("apps", "Deployment"):
      let labels = object.value(at: "spec", "template", "metadata", "labels")
      if let wanted = object.value(at: "spec", "selector", "matchLabels")?.object, !wanted.isEmpty {
        if !wanted.allSatisfy({ labels?[$0.key] == $0.value }) {
          causes.append(
            .invalid(
              "spec.template.metadata.labels", value: JSONWriter().text(labels ?? [:]),
              problem: "`selector` does not match template `labels`"))
        }
      } else if object.value(at: "spec", "selector") == nil {
        causes.append(.required("spec.selector"))
      }
      causes += containers(object)
    case ("batch", "CronJob"): causes += CronJobRules.problems(object, old: old)
    case ("coordination.k8s.io", "Lease"):
      if let seconds = object.value(at: "spec", "leaseDurationSeconds")?.int64, seconds <= 0 {
        causes.append(
          .invalid("spec.leaseDurationSeconds", value: String(seconds), problem: "must be greater than 0"))
      }
      if let count = object.value(at: "spec", "leaseTransitions")?.int64, count < 0 {
        causes.append(
          .invalid(
            "spec.leaseTransitions", value: String(count), problem: "must be greater than or equal to 0"))
      }
    case ("", "ConfigMap"):
      if dataBytes(object) > maximumDataBytes { causes.append(.tooLong("[]", maximumDataBytes)) }
      causes += dataKeys(object, ["data", "binaryData"])
      for member in object["data"]?.object ?? [:] where object["binaryData"]?[member.key] != nil {
        causes.append(
          .invalid(
            "data[\(member.key)]", value: JSONWriter().text(.string(member.key)),
            problem: "duplicate of key present in binaryData"))
      }
    case ("apiextensions.k8s.io", "CustomResourceDefinition"):
      causes += definition(object)
    case ("", "Secret"):
      if dataBytes(object) > maximumDataBytes { causes.append(.tooLong("data", maximumDataBytes)) }
      causes += dataKeys(object, ["data"])
      for member in object["data"]?.object ?? [:] where member.value.string == nil {
        causes.append(.invalid("data[\(member.key)]", value: "<hidden>", problem: "must be a Base64 string"))
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
      let kinds = rules.isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
      let kind = object.value(at: "roleRef", "kind") ?? .null
      if !kinds.contains(kind.string ?? "") {
        causes.append(.unsupported("roleRef.kind", value: JSONWriter().text(kind), supported: kinds.sorted()))
      }
    case ("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole"):
      causes += policyRules(object, isNamespaced: rules.isNamespaced)
    case ("apiregistration.k8s.io", "APIService"):
      if object.value(at: "spec", "insecureSkipTLSVerify")?.bool == true,
        object.value(at: "spec", "caBundle")?.string?.isEmpty == false
      {
        causes.append(
          .invalid(
            "spec.insecureSkipTLSVerify", value: "true", problem: "may not be true if caBundle is present"))
      }
    case ("", "Service"):
      if object.value(at: "spec", "type")?.string != "ExternalName",
        (object.value(at: "spec", "ports")?.array ?? []).isEmpty,
        object.value(at: "spec", "clusterIP")?.string != "None"
      {
        causes.append(.required("spec.ports"))
      }
      causes += ports(object)
    default: break
    }
    let known = Set(causes.map(\.field))
    return causes + (version.type?.problems(in: object) ?? []).filter { !known.contains($0.field) }
  }

  /// The keys of a ConfigMap's or Secret's data that aren't valid file names.
  private static func dataKeys(_ object: JSONValue, _ fields: [String]) -> [APIFailure.Cause] {
    fields.flatMap { field in
      (object[field]?.object ?? [:]).compactMap { member in
        problem(ofDataKey: member.key).map {
          .invalid("\(field)[\(member.key)]", value: JSONWriter().text(.string(member.key)), problem: $0)
        }
      }
    }
  }

  private static func problem(ofDataKey key: String) -> String? {
    if key.utf8.count > 253 { return "must be no more than 253 characters" }
    let isPlain = key.utf8.allSatisfy {
      NameRules.isAlphanumeric($0) || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains($0)
    }
    if key.isEmpty || !isPlain {
      return
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    }
    if key == "." || key == ".." { return "must not be '\(key)'" }
    return key.hasPrefix("..") ? "must not start with '..'" : nil
  }

  /// The decoded size of a ConfigMap's or Secret's data in bytes.
  private static func dataBytes(_ object: JSONValue) -> Int {
    let isSecret = object["kind"] == "Secret"
    var bytes = 0
    for field in ["data", "binaryData"] {
      for member in object[field]?.object ?? [:] {
        let count = member.value.string?.utf8.count ?? 0
        bytes += isSecret || field == "binaryData" ? count / 4 * 3 : count
      }
    }
    return bytes
  }

  /// The problems of a role's rules.
  private static func policyRules(_ role: JSONValue, isNamespaced: Bool) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    for (index, rule) in (role["rules"]?.array ?? []).enumerated() {
      let path = "rules[\(index)]"
      func isEmpty(_ field: String) -> Bool { rule[field]?.array?.isEmpty ?? true }
      if isEmpty("verbs") {
        causes.append(.required("\(path).verbs", "verbs must contain at least one value"))
      }
      guard isEmpty("nonResourceURLs") else {
        let urls = "\(path).nonResourceURLs"
        let value = JSONWriter().text(rule["nonResourceURLs"] ?? [])
        if isNamespaced {
          causes.append(
            .invalid(urls, value: value, problem: "namespaced rules cannot apply to non-resource URLs"))
        }
        if !isEmpty("apiGroups") || !isEmpty("resources") || !isEmpty("resourceNames") {
          causes.append(
            .invalid(
              urls, value: value,
              problem: "rules cannot apply to both regular resources and non-resource URLs"))
        }
        continue
      }
      if isEmpty("apiGroups") {
        causes.append(.required("\(path).apiGroups", "resource rules must supply at least one api group"))
      }
      if isEmpty("resources") {
        causes.append(.required("\(path).resources", "resource rules must supply at least one resource"))
      }
    }
    if let rule = role["aggregationRule"], rule.object != nil,
      (rule["clusterRoleSelectors"]?.array ?? []).isEmpty
    {
      causes.append(
        .required(
          "aggregationRule.clusterRoleSelectors",
          "at least one clusterRoleSelector required if aggregationRule is non-nil"))
    }
    return causes
  }

  private static func containers(_ object: JSONValue) -> [APIFailure.Cause] {
    let path = "spec.template.spec.containers"
    let containers = object.value(at: "spec", "template", "spec", "containers")?.array ?? []
    guard !containers.isEmpty else { return [.required(path)] }
    var causes: [APIFailure.Cause] = []
    for (index, container) in containers.enumerated() {
      let name = container["name"]?.string ?? ""
      if name.isEmpty {
        causes.append(.required("\(path)[\(index)].name"))
      } else if let problem = NameRules.dnsLabelProblem(name) {
        causes.append(
          .invalid("\(path)[\(index)].name", value: JSONWriter().text(.string(name)), problem: problem))
      }
      if (container["image"]?.string ?? "").isEmpty {
        causes.append(.required("\(path)[\(index)].image"))
      }
    }
    return causes
  }

  private static func ports(_ object: JSONValue) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    for (index, port) in (object.value(at: "spec", "ports")?.array ?? []).enumerated() {
      for field in ["port", "targetPort"] {
        guard let number = port[field]?.int64, !(1...65_535).contains(number) else { continue }
        causes.append(
          .invalid(
            "spec.ports[\(index)].\(field)", value: String(number),
            problem: "must be between 1 and 65535, inclusive"))
      }
    }
    return causes
  }

  private static func definition(_ object: JSONValue) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    let group = object.value(at: "spec", "group")?.string ?? ""
    let plural = object.value(at: "spec", "names", "plural")?.string ?? ""
    let name = object.value(at: "metadata", "name") ?? ""
    if name != .string("\(plural).\(group)") {
      causes.append(
        .invalid(
          "metadata.name", value: JSONWriter().text(name),
          problem: "must be spec.names.plural+\".\"+spec.group"))
    }
    let versions = object.value(at: "spec", "versions")?.array ?? []
    if versions.filter({ $0["storage"]?.bool == true }).count != 1 {
      causes.append(
        .invalid(
          "spec.versions", value: "\(versions.count) versions",
          problem: "must have exactly one version marked as storage version"))
    }
    for (index, version) in versions.enumerated() {
      guard let scale = version.value(at: "subresources", "scale"), !scale.isNull else { continue }
      causes += ScalePaths.problems(of: scale, at: "spec.versions[\(index)].subresources.scale")
    }
    return causes
  }

  /// The problems of immutable fields that were changed.
  static func immutableFields(from old: JSONValue, to new: JSONValue, _ table: FieldTable, _ kind: GroupKind)
    -> [APIFailure.Cause]
  {
    let sealed = sealedData(from: old, to: new, kind)
    guard table.root.hasImmutableInside else { return sealed }
    let difference = FieldMerge.compare(old, to: new, by: table.root)
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
      // The server assigns a Service's address; only a change of it is refused.
      if kind.kind == "Service" && before == nil { continue }
      let words = kind.kind.hasSuffix("RoleBinding") ? "cannot change roleRef" : "field is immutable"
      causes.append(
        .invalid(FieldPath(field).description, value: JSONWriter().text(after ?? .null), problem: words))
    }
    return causes + sealed
  }

  /// The changes of a ConfigMap or Secret that is marked as immutable.
  private static func sealedData(from old: JSONValue, to new: JSONValue, _ kind: GroupKind)
    -> [APIFailure.Cause]
  {
    guard kind.group.isEmpty, kind.kind == "ConfigMap" || kind.kind == "Secret",
      old["immutable"]?.bool == true
    else { return [] }
    let words = "field is immutable when `immutable` is set"
    var causes: [APIFailure.Cause] = []
    if new["immutable"]?.bool != true { causes.append(.forbidden("immutable", words)) }
    for field in ["data", "binaryData"] where (old[field] ?? [:]) != (new[field] ?? [:]) {
      causes.append(.forbidden(field, words))
    }
    return causes
  }
}
