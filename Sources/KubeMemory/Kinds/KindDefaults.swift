import KubeCore

/// Defaults that depend on more than a field's siblings, and so aren't in any table.
enum KindDefaults {
  /// The `object` with the defaults of its kind; applying it again changes nothing.
  static func filledIn(_ object: JSONValue, _ kind: GroupKind) -> JSONValue {
    var object = object
    switch (kind.group, kind.kind) {
    case ("", "Namespace"):
      if let name = object.value(at: "metadata", "name"), name.string?.isEmpty == false {
        object.set(name, at: ["metadata", "labels", "kubernetes.io/metadata.name"])
      }
    case ("", "LimitRange"): limits(&object)
    case ("", "ReplicationController"):
      let labels = object.value(at: "spec", "template", "metadata", "labels")
      for path in [["spec", "selector"], ["metadata", "labels"]] {
        fill(&object, at: path, with: labels)
      }
    case ("batch", "Job"):
      if object.value(at: "spec", "completions") == nil, object.value(at: "spec", "parallelism") == nil {
        fill(&object, at: ["spec", "completions"], with: 1)
        fill(&object, at: ["spec", "parallelism"], with: 1)
      }
      fill(&object, at: ["spec", "parallelism"], with: 1)
      fill(
        &object, at: ["metadata", "labels"], with: object.value(at: "spec", "template", "metadata", "labels"))
    case ("apps", "StatefulSet"):
      // Whatever the templates say that they are.
      guard let templates = object.value(at: "spec", "volumeClaimTemplates")?.array else { break }
      let typed = templates.map { template -> JSONValue in
        guard template.object != nil else { return template }
        var template = template
        template["apiVersion"] = "v1"
        template["kind"] = "PersistentVolumeClaim"
        if template.value(at: "status", "phase") == nil { template.set("Pending", at: ["status", "phase"]) }
        return template
      }
      object.set(.array(typed), at: ["spec", "volumeClaimTemplates"])
    case ("networking.k8s.io", "NetworkPolicy"):
      let hasEgress = object.value(at: "spec", "egress")?.array?.isEmpty == false
      fill(&object, at: ["spec", "policyTypes"], with: hasEgress ? ["Ingress", "Egress"] : ["Ingress"])
    case ("apiextensions.k8s.io", "CustomResourceDefinition"):
      guard let kind = object.value(at: "spec", "names", "kind")?.string else { break }
      fill(&object, at: ["spec", "names", "singular"], with: .string(kind.lowercased()))
      fill(&object, at: ["spec", "names", "listKind"], with: .string(kind + "List"))
    default: break
    }
    return object
  }

  /// Sets `value` where there is none.
  private static func fill(_ object: inout JSONValue, at path: [String], with value: JSONValue?) {
    guard let value, object.value(at: path) == nil, object.value(at: [path[0]])?.object != nil else { return }
    object.set(value, at: path)
  }

  /// Sets a LimitRange's defaults for containers: `default` from `max`, and `defaultRequest` from
  /// `default` and `min`.
  private static func limits(_ object: inout JSONValue) {
    guard let items = object.value(at: "spec", "limits")?.array else { return }
    let completed = items.map { item -> JSONValue in
      guard item["type"] == "Container" else { return item }
      var item = item
      for (field, sources) in [("default", ["max"]), ("defaultRequest", ["default", "min"])] {
        var values = item[field]?.object ?? [:]
        for source in sources {
          for member in item[source]?.object ?? [:] where values[member.key] == nil {
            values[member.key] = member.value
          }
        }
        if !values.isEmpty { item[field] = .object(values) }
      }
      return item
    }
    object.set(.array(completed), at: ["spec", "limits"])
  }
}
