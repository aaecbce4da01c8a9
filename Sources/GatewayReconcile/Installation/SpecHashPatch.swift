import GatewayAPI
import KubeCore

/// The change that writes the hash of a configuration's spec to the status of the
/// ClusterManagementAddOn.
///
/// The lists there are atomic, and have entries of OCM and other configurations. So a JSON patch
/// changes one value, after tests of its entry; the rest stays unchanged.
struct SpecHashPatch {
  /// The configuration's name.
  let name: String
  /// The hash of its spec.
  let hash: String

  private var type: ResourceType { ClusterGatewayConfiguration.type }

  /// The operations on an add-on with this status; none if every place has the hash already.
  func operations(status: JSONValue?) -> [JSONPatchOperation] {
    var operations: [JSONPatchOperation] = []
    let references = "/status/defaultConfigReferences"
    let list = status?["defaultConfigReferences"]?.array
    if let index = list?.firstIndex(where: isOurs) {
      operations += set(in: list?[index], at: "\(references)/\(index)")
    } else if status?.object == nil {
      operations.append(.add(path: "/status", ["defaultConfigReferences": [entry]]))
    } else {
      operations.append(
        list == nil ? .add(path: references, [entry]) : .add(path: references + "/-", entry))
    }
    // With Placements OCM creates the entries, one list for each placement.
    for (place, progression) in (status?["installProgressions"]?.array ?? []).enumerated() {
      for (index, reference) in (progression["configReferences"]?.array ?? []).enumerated()
      where isOurs(reference) {
        operations += set(
          in: reference, at: "/status/installProgressions/\(place)/configReferences/\(index)")
      }
    }
    return operations
  }

  private var entry: JSONValue {
    [
      "group": .string(type.group), "resource": .string(type.plural),
      "desiredConfig": ["name": .string(name), "specHash": .string(hash)],
    ]
  }

  /// Whether an entry is about the configuration.
  private func isOurs(_ reference: JSONValue) -> Bool {
    reference["group"]?.string == type.group && reference["resource"]?.string == type.plural
      && reference.value(at: "desiredConfig", "name")?.string == name
  }

  private func set(in reference: JSONValue?, at path: String) -> [JSONPatchOperation] {
    guard reference?.value(at: "desiredConfig", "specHash")?.string != hash else { return [] }
    return [
      .test(path: path + "/group", .string(type.group)),
      .test(path: path + "/resource", .string(type.plural)),
      .test(path: path + "/desiredConfig/name", .string(name)),
      .add(path: path + "/desiredConfig/specHash", .string(hash)),
    ]
  }
}
