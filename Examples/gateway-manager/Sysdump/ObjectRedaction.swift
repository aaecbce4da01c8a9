import KubeCore

/// An object without what a reader of a bug report must not see: the content of Secrets, also of
/// those inside other objects, the copies of objects in annotations, and the values of environment
/// variables.
enum ObjectRedaction {
  /// The object without confidential content; field names stay.
  static func redacted(_ object: JSONValue) -> JSONValue { redacted(object, isNested: false) }

  private static func redacted(_ value: JSONValue, isNested: Bool) -> JSONValue {
    switch value {
    case .null, .bool, .number, .string, .secret: return value
    case .array(let items): return .array(items.map { redacted($0, isNested: true) })
    case .object(let object):
      let isObject = object["kind"]?.string != nil && object["apiVersion"]?.string != nil
      let isSecret = object["kind"] == "Secret"
      var members: [(String, JSONValue)] = []
      for each in object {
        let (name, member) = (each.key, each.value)
        switch name {
        case DynamicObject.lastAppliedAnnotation: continue
        case "data", "stringData", "binaryData":
          // What a ManifestWork carries to a cluster may be confidential, whatever its kind.
          members.append((name, isSecret || isObject && isNested ? concealed(member) : member))
        case "env": members.append((name, environment(member)))
        default: members.append((name, redacted(member, isNested: true)))
        }
      }
      return .object(JSONObject(members))
    }
  }

  private static func concealed(_ value: JSONValue) -> JSONValue {
    guard case .object(let object) = value else { return value.isNull ? value : hidden }
    return .object(JSONObject(object.map { ($0.key, hidden) }))
  }

  /// The variables of a container without their values.
  private static func environment(_ value: JSONValue) -> JSONValue {
    guard case .array(let variables) = value else { return redacted(value, isNested: true) }
    return .array(
      variables.map { variable in
        guard variable["value"] != nil else { return variable }
        var variable = variable
        variable["value"] = hidden
        return variable
      })
  }

  private static let hidden = JSONValue.secret(SecretBytes([]))
}
