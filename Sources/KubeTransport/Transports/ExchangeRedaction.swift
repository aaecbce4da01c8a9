import KubeCore

/// The redaction of recorded bodies.
///
/// The data of Secrets, wherever they are (lists, watch events, ManifestWorks), become a
/// placeholder that is still Base64. Members with names of tokens, passwords and private keys,
/// environment variables with such names, PEM private keys and JSON web tokens become plain text.
/// Bodies that aren't JSON can't be redacted and are omitted.
///
/// A ConfigMap, for example, may contain secrets under any name: check a recording before sharing
/// it.
enum ExchangeRedaction {
  static let placeholder: JSONValue = "redacted"
  /// The placeholder `redacted` in the encoding of a Secret's data.
  static let encodedPlaceholder: JSONValue = "cmVkYWN0ZWQ="

  /// The body without secrets: a JSON document, or one per line. `nil` for any other body.
  static func redacted(_ body: [UInt8], path: [String], isComplete: Bool) -> [UInt8]? {
    let parser = JSONParser(maximumBytes: max(body.count, 1))
    // Everything below a Secret's path is as confidential as a Secret.
    let isSecret = path.contains("secrets")
    if let json = try? parser.parse(body) {
      // The newline that ends an event is part of it.
      let end = body.last == UInt8(ascii: "\n") ? body.suffix(1) : []
      return JSONWriter(secrets: .redacted).bytes(redacted(json, isSecret)) + end
    }
    var result: [UInt8] = []
    let lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where !line.isEmpty {
      guard let json = try? parser.parse(line) else {
        // A stream that was still open, or was truncated, may end inside a line.
        guard number == lines.count - 1, !isComplete else { return nil }
        break
      }
      result += JSONWriter(secrets: .redacted).bytes(redacted(json, isSecret)) + [UInt8(ascii: "\n")]
    }
    return result
  }

  private static func redacted(_ json: JSONValue, _ isSecret: Bool) -> JSONValue {
    switch json {
    case .string(let text): return isCredential(text) ? placeholder : json
    case .array(let elements): return .array(elements.map { redacted($0, isSecret) })
    case .object(let object): return redacted(object, isSecret)
    default: return json
    }
  }

  private static func redacted(_ object: JSONObject, _ isInherited: Bool) -> JSONValue {
    let json = JSONValue.object(object)
    let kind = json["kind"]?.string
    let isSecret = isInherited || kind == "Secret" || kind == "SecretList"
    let isNamedSo = json["name"]?.string.map(isCredentialName) ?? false
    var result: [(String, JSONValue)] = []
    for member in object {
      let value: JSONValue
      switch member.key {
      case "data" where isSecret: value = blank(member.value, encodedPlaceholder)
      case "stringData" where isSecret: value = blank(member.value, placeholder)
      // A value that a JSON patch sets in a Secret; in a list of environment variables, one named
      // like a credential.
      case "value" where isInherited || isNamedSo: value = blank(member.value, encodedPlaceholder)
      case "kubectl.kubernetes.io/last-applied-configuration": value = "{}"
      // Some servers' decoders quote the request.
      case "message" where isInherited: value = placeholder
      case "metadata", "items", "object": value = redacted(member.value, isSecret)
      default:
        value =
          member.value.string != nil && isCredentialName(member.key)
          ? placeholder : redacted(member.value, isInherited)
      }
      result.append((member.key, value))
    }
    return .object(JSONObject(result))
  }

  /// The value with every text in it replaced, in the same shape.
  private static func blank(_ json: JSONValue, _ placeholder: JSONValue) -> JSONValue {
    switch json {
    case .object(let object):
      return .object(JSONObject(object.map { ($0.key, blank($0.value, placeholder)) }))
    case .array(let elements): return .array(elements.map { blank($0, placeholder) })
    case .null: return .null
    default: return placeholder
    }
  }

  private static func isCredential(_ text: String) -> Bool {
    text.hasPrefix("eyJ") || text.contains("PRIVATE KEY-----")
  }

  private static func isCredentialName(_ name: String) -> Bool {
    let letters = name.lowercased().filter(\.isLetter)
    return ["token", "password", "passwd", "secret", "privatekey", "keydata", "apikey"].contains {
      letters.hasSuffix($0)
    }
  }
}
