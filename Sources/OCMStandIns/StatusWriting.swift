import KubeCore
import KubeTransport

import struct Foundation.Date

extension KubeRequest {
  /// A merge patch of `object`'s status that holds for the version that was read alone; `nil` where it would
  /// change nothing.
  static func status(
    _ fields: JSONValue, of object: DynamicObject, type: ResourceType, by manager: String
  ) -> KubeRequest? {
    let isSo = (fields.object ?? [:]).allSatisfy { object.json.value(at: "status", $0.key) == $0.value }
    guard !isSo, let version = object.metadata.resourceVersion else { return nil }
    return .mergePatch(
      ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name),
      ["metadata": ["resourceVersion": .string(version)], "status": fields], subresource: "status",
      options: WriteOptions(fieldManager: manager))
  }

  /// A merge patch of `object`'s metadata that holds for the version that was read alone.
  static func metadata(
    _ fields: JSONValue, of object: DynamicObject, type: ResourceType, by manager: String
  ) -> KubeRequest {
    var metadata = fields
    metadata["resourceVersion"] = object.metadata.resourceVersion.map { .string($0) }
    return .mergePatch(
      ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name),
      ["metadata": metadata],
      options: WriteOptions(fieldManager: manager))
  }
}

/// Conditions as a controller writes them: the time moves with the status alone.
struct ConditionWriter {
  let time: Date
  private(set) var conditions: [Condition]

  init(_ conditions: [Condition], at time: Date) {
    self.conditions = conditions
    self.time = Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down))
  }

  mutating func set(
    _ type: String, _ status: Condition.Status, _ reason: String, _ message: String,
    observedGeneration: Int64? = nil
  ) {
    var condition = Condition(
      type: type, status: status, reason: reason, message: message, lastTransitionTime: time,
      observedGeneration: observedGeneration)
    if let place = conditions.firstIndex(where: { $0.type == type }) {
      if conditions[place].status == status {
        condition.lastTransitionTime = conditions[place].lastTransitionTime ?? time
      }
      conditions[place] = condition
    } else {
      conditions.append(condition)
    }
  }

  var json: JSONValue { conditions.json }
}
