import KubeCore
import KubeSchemas

extension BuiltInType {
  /// The schema violations of an object's desired state: missing required fields, and values that a
  /// field may not have.
  ///
  /// A missing number or boolean is zero, as in Go, and so isn't missing here. `metadata` and
  /// `status` are ignored: the former has rules of its own, the latter almost none.
  func problems(in object: JSONValue) -> [APIFailure.Cause] {
    guard hasRules else { return [] }
    var causes: [APIFailure.Cause] = []
    for field in fields where field.name != "metadata" && field.name != "status" {
      BuiltInType.check(object[field.name], field: field, of: self, at: field.name, into: &causes)
    }
    return causes
  }

  /// Fields that the API's documents require and that the server nevertheless accepts empty.
  private static let optional: Set<String> = [
    "CSINodeSpec.drivers", "Event.involvedObject", "HTTPHeader.value", "LimitRangeSpec.limits",
    "Sysctl.value",
    "TokenRequest.audience",
  ]
  /// Types of required fields that are pointers in Go: without a value they are absent.
  private static let pointers: Set<String> = [
    "LabelSelector", "LocalObjectReference", "ParentReference", "SecretReference",
  ]

  private static func check(
    _ value: JSONValue?, field: Field, of owner: BuiltInType, at path: String,
    into causes: inout [APIFailure.Cause]
  ) {
    let isNeeded = field.schema.isRequired && !optional.contains("\(owner.name.name).\(field.name)")
    switch (field.value, value ?? .null) {
    case (.object(let type), .null):
      guard isNeeded else { return }
      if pointers.contains(type.name.name) { return causes.append(.required(path)) }
      // A missing value of another type is present and empty.
      type.check([:], at: path, into: &causes)
    case (.list, .null) where isNeeded, (.map, .null) where isNeeded: causes.append(.required(path))
    case (.list, .array(let items)) where isNeeded && items.isEmpty: causes.append(.required(path))
    case (.scalar(let scalar), .null), (.scalar(let scalar), .string("")):
      if isNeeded, scalar.isText { causes.append(.required(path)) }
    default: check(value ?? .null, kind: field.value, values: field.schema.values, at: path, into: &causes)
    }
  }

  private func check(_ object: JSONValue, at path: String, into causes: inout [APIFailure.Cause]) {
    guard hasRules else { return }
    for field in fields {
      BuiltInType.check(
        object[field.name], field: field, of: self, at: path + "." + field.name, into: &causes)
    }
    // The documents leave it optional because of pods that are updated by other means.
    if name.description == "core.Container", (object["image"]?.string ?? "").isEmpty {
      causes.append(.required(path + ".image"))
    }
  }

  private static func check(
    _ value: JSONValue, kind: Value, values: [String]?, at path: String,
    into causes: inout [APIFailure.Cause]
  ) {
    switch (kind, value) {
    case (.object(let type), .object): type.check(value, at: path, into: &causes)
    case (.list(let items), .array(let elements)):
      guard values != nil || items.type?.hasRules == true else { return }
      for (index, element) in elements.enumerated() {
        check(element, kind: items, values: values, at: "\(path)[\(index)]", into: &causes)
      }
    case (.map(let entries), .object(let members)):
      guard entries.type?.hasRules == true else { return }
      for member in members {
        check(member.value, kind: entries, values: nil, at: "\(path)[\(member.key)]", into: &causes)
      }
    case (.scalar, .string(let text)):
      guard let values, !text.isEmpty, !values.contains(text) else { return }
      causes.append(.unsupported(path, value: JSONWriter().text(value), supported: values))
    default: break
    }
  }
}
