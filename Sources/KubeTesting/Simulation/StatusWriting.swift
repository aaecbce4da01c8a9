package import KubeCore
package import KubeTransport

extension KubeRequest {
  /// A merge patch of `object`'s status that is conditional on its resourceVersion; `nil` where it
  /// would change nothing.
  package static func status(
    _ fields: JSONValue, of object: DynamicObject, type: ResourceType, by manager: String
  ) -> KubeRequest? {
    let isUnchanged = (fields.object ?? [:]).allSatisfy { member in
      let now = object.json.value(at: "status", member.key)
      // In a merge patch null removes a member: an absent one needs no removal.
      return member.value.isNull ? now == nil : now == member.value
    }
    guard !isUnchanged, let version = object.metadata.resourceVersion else { return nil }
    return .mergePatch(
      ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name),
      ["metadata": ["resourceVersion": .string(version)], "status": fields], subresource: "status",
      options: WriteOptions(fieldManager: manager))
  }

  /// A merge patch of `object`'s metadata that is conditional on its resourceVersion.
  package static func metadata(
    _ fields: JSONValue, of object: DynamicObject, type: ResourceType, by manager: String
  ) -> KubeRequest {
    var metadata = fields
    metadata["resourceVersion"] = object.metadata.resourceVersion.map { .string($0) }
    return .mergePatch(
      ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name),
      ["metadata": metadata],
      options: WriteOptions(fieldManager: manager))
  }

  /// A merge patch of the counts and other fields of a workload's status, where a count of zero is
  /// omitted as in Kubernetes; `nil` where it would change nothing.
  static func workloadStatus(
    _ object: DynamicObject, type: ResourceType, counts: KeyValuePairs<String, Int>,
    others: KeyValuePairs<String, JSONValue?> = [:]
  ) -> KubeRequest? {
    var fields: [(String, JSONValue)] = [
      ("observedGeneration", .integer(object.metadata.generation ?? 0))
    ]
    fields += counts.map { ($0, $1 == 0 ? .null : .integer($1)) }
    fields += others.map { ($0, $1 ?? .null) }
    let changes = fields.filter { name, value in
      let now = object.json.value(at: "status", name)
      return value.isNull ? now != nil : now != value
    }
    guard !changes.isEmpty else { return nil }
    return .status(.object(JSONObject(changes)), of: object, type: type, by: Workload.manager)
  }
}

/// A writer of conditions that works like a controller's: the transition time changes only with the
/// status.
package struct ConditionWriter {
  package let time: Date
  package private(set) var conditions: [Condition]

  package init(_ conditions: [Condition], at time: Date) {
    self.conditions = conditions
    self.time = Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down))
  }

  package mutating func set(
    _ type: String, _ status: Condition.Status, reason: String, message: String,
    observedGeneration: Int64? = nil
  ) {
    set(
      Condition(
        type: type, status: status, reason: reason, message: message, lastTransitionTime: time,
        observedGeneration: observedGeneration))
  }

  /// Sets `condition`, with the writer's time unless the status is unchanged.
  package mutating func set(_ condition: Condition) {
    var condition = condition
    condition.lastTransitionTime = time
    if let place = conditions.firstIndex(where: { $0.type == condition.type }) {
      if conditions[place].status == condition.status {
        condition.lastTransitionTime = conditions[place].lastTransitionTime ?? time
      }
      conditions[place] = condition
    } else {
      conditions.append(condition)
    }
  }

  package var json: JSONValue { conditions.json }
}
