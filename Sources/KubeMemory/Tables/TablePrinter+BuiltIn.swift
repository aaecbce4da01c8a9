import KubeCore

extension TablePrinter {
  /// The table of a built-in kind, with the columns of Kubernetes 1.32.
  static func builtIn(_ kind: GroupKind) -> TablePrinter? {
    switch (kind.group, kind.kind) {
    case ("", "Pod"): pod
    case ("", "Namespace"): namespace
    case ("", "Service"): service
    case ("", "Secret"): secret
    case ("", "ConfigMap"): configMap
    case ("", "ServiceAccount"): serviceAccount
    case ("", "Event"): event
    case ("events.k8s.io", "Event"): newEvent
    case ("apps", "Deployment"): deployment
    case ("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole"): role
    case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
      binding
    case ("coordination.k8s.io", "Lease"): lease
    case ("discovery.k8s.io", "EndpointSlice"): endpointSlice
    case ("apiregistration.k8s.io", "APIService"): apiService
    default: nil
    }
  }

  /// The columns after the name; `wide` ones are added by `-o wide`.
  private static func columns(
    _ normal: KeyValuePairs<String, String>, wide: KeyValuePairs<String, String> = [:]
  ) -> [TableColumn] {
    [.name] + normal.map { column($0.key, type: $0.value, priority: 0) }
      + wide.map { column($0.key, type: $0.value, priority: 1) }
  }

  private static func column(_ name: String, type: String, priority: Int) -> TableColumn {
    TableColumn(name: name, type: type, description: "", priority: priority)
  }

  static func text(_ parts: [String], _ separator: String = ",") -> JSONValue {
    .string(parts.isEmpty ? "<none>" : parts.joined(separator: separator))
  }

  private static func number(_ value: JSONValue?) -> Int64 { value?.int64 ?? 0 }

  private static func labels(_ value: JSONValue?) -> JSONValue {
    text((value?.object ?? [:]).map { "\($0.key)=\($0.value.string ?? "")" }.sorted())
  }

  // MARK: Core

  private static let namespace = TablePrinter(columns: columns(["Status": "string", "Age": "string"])) {
    [name($0), $0.value(at: "status", "phase") ?? "", age($0, $1)]
  }

  private static let secret = TablePrinter(
    columns: columns(["Type": "string", "Data": "string", "Age": "string"])
  ) {
    [name($0), $0["type"] ?? "", .integer($0["data"]?.object?.count ?? 0), age($0, $1)]
  }

  private static let configMap = TablePrinter(columns: columns(["Data": "string", "Age": "string"])) {
    let count = ($0["data"]?.object?.count ?? 0) + ($0["binaryData"]?.object?.count ?? 0)
    return [name($0), .integer(count), age($0, $1)]
  }

  private static let serviceAccount = TablePrinter(
    columns: columns(["Secrets": "string", "Age": "string"])
  ) {
    [name($0), .integer($0["secrets"]?.array?.count ?? 0), age($0, $1)]
  }

  private static let service = TablePrinter(
    columns: columns(
      [
        "Type": "string", "Cluster-IP": "string", "External-IP": "string", "Port(s)": "string",
        "Age": "string",
      ], wide: ["Selector": "string"])
  ) { object, now in
    let spec = object["spec"] ?? [:]
    let address = spec["clusterIPs"]?.array?.first?.string ?? spec["clusterIP"]?.string ?? ""
    let ports = (spec["ports"]?.array ?? []).map { port -> String in
      let node = number(port["nodePort"])
      return "\(number(port["port"]))" + (node > 0 ? ":\(node)" : "") + "/"
        + (port["protocol"]?.string ?? "TCP")
    }
    return [
      name(object), spec["type"] ?? "", .string(address.isEmpty ? "<none>" : address),
      externalAddress(object), text(ports), age(object, now), labels(spec["selector"]),
    ]
  }

  private static func externalAddress(_ service: JSONValue) -> JSONValue {
    let spec = service["spec"] ?? [:]
    let given = (spec["externalIPs"]?.array ?? []).compactMap(\.string)
    switch spec["type"]?.string {
    case "ClusterIP", "NodePort": return text(given)
    case "LoadBalancer":
      let balancers = service.value(at: "status", "loadBalancer", "ingress")?.array ?? []
      let found = Set(balancers.compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }).sorted()
      return found.isEmpty && given.isEmpty ? "<pending>" : text(found + given)
    case "ExternalName": return spec["externalName"] ?? ""
    default: return "<unknown>"
    }
  }

  // MARK: Events

  private static let eventColumns: [TableColumn] =
    [
      ("Last Seen", "string", 0), ("Type", "string", 0), ("Reason", "string", 0), ("Object", "string", 0),
      ("Subobject", "string", 1), ("Source", "string", 1), ("Message", "string", 0),
      ("First Seen", "string", 1), ("Count", "string", 1),
    ].map(column) + [TableColumn(name: "Name", type: "string", format: "name", description: "", priority: 1)]

  private static let event = TablePrinter(columns: eventColumns) {
    eventCells(
      $0, about: $0["involvedObject"], first: $0["firstTimestamp"], last: $0["lastTimestamp"],
      count: $0["count"], source: $0["source"], message: $0["message"],
      controller: $0["reportingComponent"], at: $1)
  }

  private static let newEvent = TablePrinter(columns: eventColumns) {
    eventCells(
      $0, about: $0["regarding"], first: $0["deprecatedFirstTimestamp"],
      last: $0["deprecatedLastTimestamp"], count: $0["deprecatedCount"], source: $0["deprecatedSource"],
      message: $0["note"], controller: $0["reportingController"], at: $1)
  }

  private static func eventCells(
    _ event: JSONValue, about: JSONValue?, first: JSONValue?, last: JSONValue?, count: JSONValue?,
    source: JSONValue?, message: JSONValue?, controller: JSONValue?, at now: Date
  ) -> [JSONValue] {
    func seen(_ time: JSONValue?) -> String { HumanDuration.since(time, at: now) }
    let firstSeen = seen(first?.string == nil ? event["eventTime"] : first)
    var lastSeen = last?.string == nil ? firstSeen : seen(last)
    var times = max(1, number(count))
    if let series = event["series"], !series.isNull {
      lastSeen = seen(series["lastObservedTime"])
      times = number(series["count"])
    }
    let kind = (about?["kind"]?.string ?? "").lowercased()
    let object = about?["name"]?.string ?? ""
    var from = source?["component"]?.string ?? ""
    if from.isEmpty { from = controller?.string ?? "" }
    let host = source?["host"]?.string ?? event["reportingInstance"]?.string ?? ""
    return [
      .string(lastSeen), event["type"] ?? "", event["reason"] ?? "",
      .string(object.isEmpty ? kind : "\(kind)/\(object)"), about?["fieldPath"] ?? "",
      .string(host.isEmpty ? from : "\(from), \(host)"), message ?? "", .string(firstSeen), .integer(times),
      name(event),
    ]
  }

  // MARK: Other groups

  private static let deployment = TablePrinter(
    columns: columns(
      ["Ready": "string", "Up-to-date": "integer", "Available": "integer", "Age": "string"],
      wide: ["Containers": "string", "Images": "string", "Selector": "string"])
  ) { object, now in
    let status = object["status"] ?? [:]
    let containers = object.value(at: "spec", "template", "spec", "containers")?.array ?? []
    return [
      name(object),
      .string("\(number(status["readyReplicas"]))/\(number(object.value(at: "spec", "replicas")))"),
      .integer(number(status["updatedReplicas"])), .integer(number(status["availableReplicas"])),
      age(object, now), .string(containers.map { $0["name"]?.string ?? "" }.joined(separator: ",")),
      .string(containers.map { $0["image"]?.string ?? "" }.joined(separator: ",")),
      selector(object.value(at: "spec", "selector")),
    ]
  }

  private static func selector(_ value: JSONValue?) -> JSONValue {
    guard let value, let selector = try? LabelSelector(from: FieldReader(value)) else { return "<error>" }
    return selector.isEmpty ? "<none>" : .string(selector.query)
  }

  private static let role = TablePrinter(columns: columns(["Created At": "date"])) { object, _ in
    [name(object), object.value(at: "metadata", "creationTimestamp") ?? .null]
  }

  private static let binding = TablePrinter(
    columns: columns(
      ["Role": "string", "Age": "string"],
      wide: ["Users": "string", "Groups": "string", "ServiceAccounts": "string"])
  ) { object, now in
    let subjects = object["subjects"]?.array ?? []
    func names(_ kind: String) -> JSONValue {
      .string(
        subjects.filter { $0["kind"]?.string == kind }.map {
          let namespace = kind == "ServiceAccount" ? ($0["namespace"]?.string ?? "") + "/" : ""
          return namespace + ($0["name"]?.string ?? "")
        }.joined(separator: ", "))
    }
    let role = object["roleRef"] ?? [:]
    return [
      name(object), .string("\(role["kind"]?.string ?? "")/\(role["name"]?.string ?? "")"), age(object, now),
      names("User"), names("Group"), names("ServiceAccount"),
    ]
  }

  private static let lease = TablePrinter(columns: columns(["Holder": "string", "Age": "string"])) {
    [name($0), $0.value(at: "spec", "holderIdentity") ?? "", age($0, $1)]
  }

  private static let endpointSlice = TablePrinter(
    columns: columns([
      "AddressType": "string", "Ports": "string", "Endpoints": "string", "Age": "string",
    ])
  ) { object, now in
    let ports = (object["ports"]?.array ?? []).map { $0["port"]?.int64.map { String($0) } ?? "*" }
    let addresses = (object["endpoints"]?.array ?? []).flatMap {
      ($0["addresses"]?.array ?? []).compactMap(\.string)
    }
    func some(_ values: [String]) -> JSONValue {
      guard !values.isEmpty else { return "<unset>" }
      let more = values.count > 3 ? " + \(values.count - 3) more..." : ""
      return .string(values.prefix(3).joined(separator: ",") + more)
    }
    return [name(object), object["addressType"] ?? "", some(ports), some(addresses), age(object, now)]
  }

  private static let apiService = TablePrinter(
    columns: columns(["Service": "string", "Available": "string", "Age": "string"])
  ) { object, now in
    var service = "Local"
    if let reference = object.value(at: "spec", "service"), !reference.isNull {
      service = "\(reference["namespace"]?.string ?? "")/\(reference["name"]?.string ?? "")"
    }
    var available = "Unknown"
    if let condition = object.value(at: "status", "conditions")?.array?.first(where: {
      $0["type"] == "Available"
    }) {
      available = condition["status"]?.string ?? available
      if available != "True", let reason = condition["reason"]?.string, !reason.isEmpty {
        available += " (\(reason))"
      }
    }
    return [name(object), .string(service), .string(available), age(object, now)]
  }
}
