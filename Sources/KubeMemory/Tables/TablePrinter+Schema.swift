import KubeCore
import KubeSchemas

extension TablePrinter {
  /// A column of a built-in kind and its cell for an object.
  private struct Printed {
    var column: TableColumn
    var cell: @Sendable (_ object: JSONValue, _ now: Date) -> JSONValue
  }

  /// The table of a built-in kind without code of its own: the columns with a path in the schema,
  /// the age, and those that can be computed from the object alone. Other columns are omitted.
  static func schema(_ kind: GroupKind) -> TablePrinter? { printers[kind] }

  private static let printers: [GroupKind: TablePrinter] = Dictionary(
    KubernetesSchema.document.kinds.filter { !$0.columns.isEmpty }.map { ($0.groupKind, TablePrinter($0)) },
    uniquingKeysWith: { first, _ in first })

  private init(_ schema: KindSchema) {
    let named = schema.columns.contains { $0.title == "Name" }
    let first = named ? [] : [Printed(column: .name) { object, _ in TablePrinter.name(object) }]
    let printed = first + schema.columns.compactMap { TablePrinter.printed($0, schema.kind) }
    self.init(columns: printed.map(\.column)) { object, now in printed.map { $0.cell(object, now) } }
  }

  private static func printed(_ column: KindSchema.Column, _ kind: String) -> Printed? {
    let head = TableColumn(
      name: column.title, type: column.type, format: column.title == "Name" ? "name" : "", description: "",
      priority: column.isWide ? 1 : 0)
    if let path = column.path.flatMap({ ColumnPath($0) }) {
      let name = "\(kind).\(column.title)"
      let absent = absent[name]
      let isWord = words.contains(name)
      return Printed(column: head) { object, _ in
        let cell = cell(path.first(in: object), type: column.type, absent: absent)
        return isWord ? .string(cell.bool == true ? "True" : "False") : cell
      }
    }
    switch column.title {
    case "Name": return Printed(column: head) { object, _ in name(object) }
    case "Age": return Printed(column: head) { object, now in age(object, now) }
    case "Created At":
      return Printed(column: head) { object, _ in object.value(at: "metadata", "creationTimestamp") ?? .null }
    default:
      guard let compute = computed["\(kind).\(column.title)"] ?? computed[column.title] else { return nil }
      return Printed(column: head) { object, _ in compute(object) }
    }
  }

  private static let unset = "<unset>"

  /// The cells of columns where the object has no value at their path; for others it is the type's
  /// zero.
  private static let absent: [String: JSONValue] = [
    "CronJob.Timezone": "<none>", "Node.Container-Runtime": "<unknown>", "Node.Kernel-Version": "<unknown>",
    "Node.OS-Image": "<unknown>", "HorizontalPodAutoscaler.MinPods": .string(unset),
    "Ingress.Class": "<none>",
    "PersistentVolume.VolumeAttributesClass": .string(unset), "PersistentVolume.VolumeMode": .string(unset),
    "PersistentVolumeClaim.VolumeAttributesClass": .string(unset),
    "PersistentVolumeClaim.VolumeMode": .string(unset), "StorageClass.AllowVolumeExpansion": false,
  ]

  /// The columns of booleans that the real server prints as words.
  private static let words: Set<String> = ["CronJob.Suspend"]

  private static func cell(_ value: JSONValue?, type: String, absent: JSONValue?) -> JSONValue {
    if let absent, value?.string == "" { return absent }
    guard let value, !value.isNull else {
      switch type {
      case "integer": return absent ?? 0
      case "boolean": return absent ?? false
      default: return absent ?? ""
      }
    }
    // As on the real server, a number in a column of strings is a number, with these exceptions.
    if absent?.string == unset, case .number = value { return .string(JSONWriter().text(value)) }
    return value
  }

  // MARK: Computed cells

  /// The cells of columns without a path, by the title and, where kinds differ, by the kind and the
  /// title.
  private static let computed: [String: @Sendable (JSONValue) -> JSONValue] = [
    "Containers": { joined(podSpec($0)["containers"], "name") },
    "Images": { joined(podSpec($0)["containers"], "image") },
    "Selector": { selectorText($0.value(at: "spec", "selector")) },
    "Pod Labels": { selectorText($0.value(at: "template", "metadata", "labels")) },
    "Pod-Selector": { selectorText($0.value(at: "spec", "podSelector")) },
    "Node Selector": { selectorText(podSpec($0)["nodeSelector"]) },
    "StatefulSet.Ready": { object in
      let ready = object.value(at: "status", "readyReplicas")?.int64 ?? 0
      return .string("\(ready)/\(object.value(at: "spec", "replicas")?.int64 ?? 0)")
    },
    "Webhooks": { .integer($0["webhooks"]?.array?.count ?? 0) },
    "Validations": { .integer($0.value(at: "spec", "validations")?.array?.count ?? 0) },
    "Mutations": { .integer($0.value(at: "spec", "mutations")?.array?.count ?? 0) },
    "Drivers": { .integer($0.value(at: "spec", "drivers")?.array?.count ?? 0) },
    "Active": { .integer($0.value(at: "status", "active")?.array?.count ?? 0) },
    "Min Available": { orNotApplicable($0.value(at: "spec", "minAvailable")) },
    "Max Unavailable": { orNotApplicable($0.value(at: "spec", "maxUnavailable")) },
    "Reference": { object in
      let target = object.value(at: "spec", "scaleTargetRef")
      return .string("\(target?["kind"]?.string ?? "")/\(target?["name"]?.string ?? "")")
    },
    "Ingress.Hosts": { object in
      let hosts = (object.value(at: "spec", "rules")?.array ?? []).compactMap { $0["host"]?.string }
        .filter { !$0.isEmpty }
      let more = hosts.count > 3 ? " + \(hosts.count - 3) more..." : ""
      return .string(hosts.isEmpty ? "*" : hosts.prefix(3).joined(separator: ",") + more)
    },
    "Ingress.Ports": { .string($0.value(at: "spec", "tls")?.array?.isEmpty ?? true ? "80" : "80, 443") },
    "Ingress.Address": { object in
      let found = object.value(at: "status", "loadBalancer", "ingress")?.array ?? []
      return .string(found.compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }.joined(separator: ","))
    },
    "PersistentVolume.Access Modes": { accessModes($0["spec"]) },
    "PersistentVolumeClaim.Access Modes": { object in
      // The claim's actual modes, not the requested ones.
      (object.value(at: "spec", "volumeName")?.string ?? "").isEmpty ? "" : accessModes(object["status"])
    },
    "CertificateSigningRequest.Condition": { object in
      let conditions = object.value(at: "status", "conditions")?.array ?? []
      let found = ["Denied", "Approved", "Failed"].filter { type in
        conditions.contains { $0["type"] == .string(type) }
      }
      let isIssued = !(object.value(at: "status", "certificate")?.string ?? "").isEmpty
      return .string((found.isEmpty ? "Pending" : found.joined(separator: ",")) + (isIssued ? ",Issued" : ""))
    },
    "IngressClass.Parameters": { object in
      guard let target = object.value(at: "spec", "parameters"), !target.isNull else { return "<none>" }
      let group = target["apiGroup"]?.string.map { "." + $0 } ?? ""
      return .string("\(target["kind"]?.string ?? "")\(group)/\(target["name"]?.string ?? "")")
    },
    "Job.Completions": { object in
      let succeeded = object.value(at: "status", "succeeded")?.int64 ?? 0
      let parallelism = object.value(at: "spec", "parallelism")?.int64 ?? 0
      if let wanted = object.value(at: "spec", "completions")?.int64 {
        return .string("\(succeeded)/\(wanted)")
      }
      return .string("\(succeeded)/1" + (parallelism > 1 ? " of \(parallelism)" : ""))
    },
    "Node.Internal-IP": { address("InternalIP", of: $0) },
    "Node.External-IP": { address("ExternalIP", of: $0) },
    "PersistentVolume.Claim": { object in
      guard let claim = object.value(at: "spec", "claimRef"), !claim.isNull else { return "" }
      return .string("\(claim["namespace"]?.string ?? "")/\(claim["name"]?.string ?? "")")
    },
    "Controller": { object in
      let owners = object.value(at: "metadata", "ownerReferences")?.array ?? []
      guard let owner = owners.first(where: { $0["controller"] == true }) else { return "<none>" }
      let kind = GroupKind(apiVersion: owner["apiVersion"]?.string ?? "", kind: owner["kind"]?.string ?? "")
      let group = kind.group.isEmpty ? "" : "." + kind.group
      return .string("\(kind.kind.lowercased())\(group)/\(owner["name"]?.string ?? "")")
    },
    "Node.Status": { object in
      let ready = (object.value(at: "status", "conditions")?.array ?? []).first { $0["type"] == "Ready" }
      let state = ready.map { $0["status"] == "True" ? "Ready" : "NotReady" } ?? "Unknown"
      let isCordoned = object.value(at: "spec", "unschedulable") == true
      return .string(state + (isCordoned ? ",SchedulingDisabled" : ""))
    },
    "Node.Roles": { object in
      let prefix = "node-role.kubernetes.io/"
      let labels = (object.value(at: "metadata", "labels")?.object ?? [:]).map(\.key)
      return text(labels.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted())
    },
  ]

  private static func accessModes(_ owner: JSONValue?) -> JSONValue {
    let modes = owner?["accessModes"]?.array ?? []
    let short: KeyValuePairs = [
      "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
    ]
    return .string(
      short.filter { modes.contains(.string($0.key)) }.map(\.value).joined(separator: ","))
  }

  private static func address(_ type: String, of node: JSONValue) -> JSONValue {
    let addresses = node.value(at: "status", "addresses")?.array ?? []
    return addresses.first { $0["type"] == .string(type) }?["address"] ?? "<none>"
  }

  /// The template of the pods that an object creates.
  private static func podSpec(_ object: JSONValue) -> JSONValue {
    object.value(at: "spec", "jobTemplate", "spec", "template", "spec")
      ?? object.value(at: "spec", "template", "spec") ?? object.value(at: "template", "spec") ?? [:]
  }

  private static func joined(_ list: JSONValue?, _ member: String) -> JSONValue {
    .string((list?.array ?? []).map { $0[member]?.string ?? "" }.joined(separator: ","))
  }

  private static func orNotApplicable(_ value: JSONValue?) -> JSONValue {
    guard let value, !value.isNull else { return "N/A" }
    return .string(value.string ?? JSONWriter().text(value))
  }

  /// Labels, or a LabelSelector, in the notation of a query.
  private static func selectorText(_ value: JSONValue?) -> JSONValue {
    guard let value, !value.isNull else { return "<none>" }
    if value["matchLabels"] != nil || value["matchExpressions"] != nil {
      guard let selector = try? LabelSelector(from: FieldReader(value)) else { return "<error>" }
      return selector.isEmpty ? "<none>" : .string(selector.query)
    }
    return text((value.object ?? [:]).map { "\($0.key)=\($0.value.string ?? "")" }.sorted())
  }
}
