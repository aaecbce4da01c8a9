import KubeCore

extension TablePrinter {
  /// The table of Pods, with their state as one word.
  static let pod = TablePrinter(
    columns: [.name]
      + [
        ("Ready", 0), ("Status", 0), ("Restarts", 0), ("Age", 0), ("IP", 1), ("Node", 1),
        ("Nominated Node", 1), ("Readiness Gates", 1),
      ].map { TableColumn(name: $0.0, type: "string", description: "", priority: $0.1) }
  ) { pod, now in
    let status = pod["status"] ?? [:]
    let summary = PodSummary(pod, at: now)
    func orNone(_ value: JSONValue?) -> JSONValue {
      value?.string.flatMap { $0.isEmpty ? nil : .string($0) } ?? "<none>"
    }
    return [
      name(pod), .string("\(summary.ready)/\(summary.total)"), .string(summary.reason),
      .string(summary.restartText), age(pod, now),
      orNone(status["podIPs"]?.array?.first?["ip"] ?? status["podIP"]),
      orNone(pod.value(at: "spec", "nodeName")), orNone(status["nominatedNodeName"]),
      readinessGates(pod),
    ]
  }

  private static func readinessGates(_ pod: JSONValue) -> JSONValue {
    let gates = pod.value(at: "spec", "readinessGates")?.array ?? []
    guard !gates.isEmpty else { return "<none>" }
    let conditions = pod.value(at: "status", "conditions")?.array ?? []
    let met = gates.filter { gate in
      conditions.contains { $0["type"] == gate["conditionType"] && $0["status"] == "True" }
    }
    return .string("\(met.count)/\(gates.count)")
  }

  /// The conditions of a row: whether a pod has completed.
  static func rowConditions(_ object: JSONValue) -> JSONValue? {
    guard object["kind"] == "Pod", object["apiVersion"] == "v1" else { return nil }
    switch object.value(at: "status", "phase")?.string {
    case "Succeeded":
      return [
        [
          "type": "Completed", "status": "True", "reason": "Succeeded",
          "message": "The pod has completed successfully.",
        ]
      ]
    case "Failed":
      return [
        ["type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."]
      ]
    default: return nil
    }
  }
}

/// A summary of a Pod's containers.
private struct PodSummary {
  var ready = 0
  var total = 0
  var restarts: Int64 = 0
  var reason: String
  private var lastRestart: String?

  /// The number of container restarts and the time of the last one.
  var restartText: String {
    restarts > 0 && lastRestart != nil ? "\(restarts) (\(lastRestart ?? "") ago)" : "\(restarts)"
  }

  init(_ pod: JSONValue, at now: Date) {
    let status = pod["status"] ?? [:]
    total = pod.value(at: "spec", "containers")?.array?.count ?? 0
    reason = status["reason"]?.string ?? status["phase"]?.string ?? ""
    if let gate = (status["conditions"]?.array ?? []).first(where: {
      $0["type"] == "PodScheduled" && $0["reason"] == "SchedulingGated"
    }) {
      reason = gate["reason"]?.string ?? reason
    }
    let isInitializing = readInitContainers(pod, status)
    if !isInitializing { readContainers(status, at: now) }
    guard pod.value(at: "metadata", "deletionTimestamp") != nil else { return }
    if status["reason"] == "NodeLost" {
      reason = "Unknown"
    } else if !["Succeeded", "Failed"].contains(status["phase"]?.string) {
      reason = "Terminating"
    }
  }

  private static func ending(_ state: JSONValue) -> String {
    if let reason = state["reason"]?.string, !reason.isEmpty { return reason }
    if let signal = state["signal"]?.int64, signal != 0 { return "Signal:\(signal)" }
    return "ExitCode:\(state["exitCode"]?.int64 ?? 0)"
  }

  /// Whether an init container is still running.
  private mutating func readInitContainers(_ pod: JSONValue, _ status: JSONValue) -> Bool {
    let specs = pod.value(at: "spec", "initContainers")?.array ?? []
    let sidecars = Set(specs.filter { $0["restartPolicy"] == "Always" }.compactMap { $0["name"]?.string })
    total += sidecars.count
    for (index, container) in (status["initContainerStatuses"]?.array ?? []).enumerated() {
      restarts += container["restartCount"]?.int64 ?? 0
      let state = container["state"] ?? [:]
      let isSidecar = sidecars.contains(container["name"]?.string ?? "")
      if let end = state["terminated"], end["exitCode"]?.int64 == 0 { continue }
      if isSidecar, container["started"]?.bool == true {
        if container["ready"]?.bool == true { ready += 1 }
        continue
      }
      if let end = state["terminated"] {
        reason = "Init:" + PodSummary.ending(end)
      } else if let waiting = state["waiting"]?["reason"]?.string, !waiting.isEmpty,
        waiting != "PodInitializing"
      {
        reason = "Init:" + waiting
      } else {
        reason = "Init:\(index)/\(specs.count)"
      }
      return true
    }
    return false
  }

  private mutating func readContainers(_ status: JSONValue, at now: Date) {
    var isRunning = false
    restarts = 0
    var newest: String?
    for container in (status["containerStatuses"]?.array ?? []).reversed() {
      restarts += container["restartCount"]?.int64 ?? 0
      if let end = container.value(at: "lastState", "terminated", "finishedAt")?.string {
        newest = max(newest ?? end, end)
      }
      let state = container["state"] ?? [:]
      if let waiting = state["waiting"]?["reason"]?.string, !waiting.isEmpty {
        reason = waiting
      } else if let end = state["terminated"] {
        reason = PodSummary.ending(end)
      } else if container["ready"]?.bool == true, state["running"] != nil {
        isRunning = true
        ready += 1
      }
    }
    lastRestart = newest.map { HumanDuration.since(.string($0), at: now) }
    if reason == "Completed", isRunning {
      let isReady = (status["conditions"]?.array ?? []).contains {
        $0["type"] == "Ready" && $0["status"] == "True"
      }
      reason = isReady ? "Running" : "NotReady"
    }
  }
}
