public import KubeCore

extension ClusterGatewayConfiguration {
  /// The violations of the CustomResourceDefinition's schema by a configuration's `spec` beyond
  /// those of ``problems(in:)``: bounds, required members and patterns, also of fields that the
  /// manager doesn't use or accepts in other spellings.
  ///
  /// It is for a manifest that will be sent to an API server. An object on an API server may be
  /// older than the definition, and works if ``validate()`` finds no problem.
  public static func definitionProblems(in document: JSONValue) -> [FieldError] {
    guard let spec = document["spec"], let schema = schema?["properties"]?["spec"] else { return [] }
    var check = DefinitionCheck()
    let path = FieldPath(dotted: "spec")
    check.value(spec, schema, at: path)
    check.permissions(spec["egress"]?["permissions"], at: path.field("egress").field("permissions"))
    return check.errors
  }
}

/// A check of a document by its schema, whose depth limits the recursion.
private struct DefinitionCheck {
  private(set) var errors: [FieldError] = []

  private mutating func add(_ path: FieldPath, problem: String, remedy: String) {
    errors.append(FieldError(path: path, problem: problem, remedy: remedy))
  }

  mutating func value(_ value: JSONValue, _ schema: JSONValue, at path: FieldPath) {
    switch value {
    case .string(let text): string(text, schema, at: path)
    case .number(let number):
      let least = schema["minimum"]?.int64 ?? .min
      let most = schema["maximum"]?.int64 ?? .max
      if number.int64.map({ (least...max(least, most)).contains($0) }) == false {
        add(path, problem: "\(number.text) is out of range", remedy: "use a number from \(least) to \(most)")
      }
    case .array(let elements): array(elements, schema, at: path)
    case .object(let object): self.object(object, schema, at: path)
    case .null, .bool, .secret: break
    }
  }

  private mutating func string(_ text: String, _ schema: JSONValue, at path: FieldPath) {
    let count = text.unicodeScalars.count
    if let names = schema["enum"]?.array, !names.contains(.string(text)) {
      let list = names.compactMap(\.string).joined(separator: ", ")
      add(path, problem: "\"\(text.prefix(80))\" is not a known value", remedy: "use one of: \(list)")
    } else if let most = schema["maxLength"]?.int64, count > most {
      add(path, problem: "is longer than \(most) characters", remedy: "shorten it")
    } else if let least = schema["minLength"]?.int64, count < least {
      add(path, problem: "is empty", remedy: "name it, or leave the field out where it isn't required")
    } else if let pattern = schema["pattern"]?.string, !SchemaPatterns.accepts(text, pattern: pattern) {
      add(
        path, problem: "\"\(text.prefix(80))\" does not match \(pattern)",
        remedy: "follow the pattern")
    }
  }

  private mutating func array(_ elements: [JSONValue], _ schema: JSONValue, at path: FieldPath) {
    bounds(elements.count, least: schema["minItems"], most: schema["maxItems"], at: path)
    guard let items = schema["items"] else { return }
    for (index, element) in elements.enumerated() { value(element, items, at: path.index(index)) }
  }

  private mutating func object(_ object: JSONObject, _ schema: JSONValue, at path: FieldPath) {
    bounds(object.count, least: schema["minProperties"], most: schema["maxProperties"], at: path)
    for name in (schema["required"]?.array ?? []).compactMap(\.string) where object[name]?.isNull != false {
      add(path.field(name), problem: "is required", remedy: "give it")
    }
    for member in object {
      if let property = schema["properties"]?[member.key] {
        value(member.value, property, at: path.field(member.key))
      } else if let values = schema["additionalProperties"], values.object != nil {
        value(member.value, values, at: path.key(member.key))
      }
    }
  }

  private mutating func bounds(_ count: Int, least: JSONValue?, most: JSONValue?, at path: FieldPath) {
    if let least = least?.int64, count < least {
      add(
        path, problem: "has fewer than \(least) entries",
        remedy: "add some, or leave the field out where it isn't required")
    }
    if let most = most?.int64, count > most {
      add(path, problem: "has more than \(most) entries", remedy: "remove some")
    }
  }

  /// The manager treats an empty list as absent, but the definition's rule does not.
  mutating func permissions(_ rules: JSONValue?, at path: FieldPath) {
    for (index, rule) in (rules?.array ?? []).enumerated() {
      guard let urls = rule["nonResourceURLs"], !urls.isNull else { continue }
      for field in ["apiGroups", "resources", "resourceNames"] {
        guard let list = rule[field], !list.isNull else { continue }
        add(
          path.index(index).field(field), problem: "can't stand beside nonResourceURLs",
          remedy: "remove it, even if it is empty")
      }
    }
  }
}
