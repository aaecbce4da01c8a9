import KubeCore

/// Pieces of a structural schema (API reference JSONSchemaProps v1).
enum Schema {
  /// A rule in CEL, with the message of its violation.
  static func rule(_ rule: String, _ message: String) -> JSONValue {
    ["rule": .string(rule), "message": .string(message)]
  }

  /// An object of the given members.
  static func object(
    _ description: String, required: [String] = [], rules: [JSONValue] = [],
    _ properties: KeyValuePairs<String, JSONValue>
  ) -> JSONValue {
    .fields([
      "type": "object",
      "description": .string(description),
      "required": required.jsonUnlessEmpty,
      "x-kubernetes-validations": rules.jsonUnlessEmpty,
      "properties": .object(JSONObject(properties.map { ($0.key, $0.value) })),
    ])
  }

  /// An object whose members the API server doesn't look at.
  static func anyObject(_ description: String? = nil) -> JSONValue {
    .fields([
      "type": "object", "description": description.map { .string($0) },
      "x-kubernetes-preserve-unknown-fields": true,
    ])
  }

  /// An object with free keys.
  static func map(_ description: String, of values: JSONValue, maximum: Int = 64) -> JSONValue {
    [
      "type": "object", "description": .string(description), "additionalProperties": values,
      "maxProperties": .integer(maximum),
    ]
  }

  /// A list that is replaced as a whole.
  static func list(_ description: String, of items: JSONValue, minimum: Int? = nil, maximum: Int = 64)
    -> JSONValue
  {
    .fields([
      "type": "array", "description": .string(description), "items": items, "minItems": minimum?.json,
      "maxItems": .integer(maximum), "x-kubernetes-list-type": "atomic",
    ])
  }

  /// A text.
  static func string(
    _ description: String? = nil, minimum: Int? = nil, maximum: Int? = nil, pattern: String? = nil,
    default value: String? = nil, enumeration: [String] = []
  ) -> JSONValue {
    .fields([
      "type": "string", "description": description.map { .string($0) }, "minLength": minimum?.json,
      "maxLength": maximum?.json, "pattern": pattern?.json, "default": value?.json,
      "enum": enumeration.jsonUnlessEmpty,
    ])
  }

  /// One of an enumeration's names.
  static func enumeration<Name: OpenEnumeration>(
    _ description: String, _ type: Name.Type, default value: Name? = nil
  ) -> JSONValue {
    string(description, default: value?.name, enumeration: type.known.map(\.name))
  }

  /// A namespace's name.
  static func namespace(_ description: String) -> JSONValue {
    string(description, minimum: 1, maximum: 63, pattern: labelPattern)
  }

  /// An object's name.
  static func name(_ description: String, default value: String? = nil) -> JSONValue {
    string(
      description, minimum: 1, maximum: 253, pattern: subdomainPattern, default: value)
  }

  /// A duration in Go's notation.
  static func duration(_ description: String, default value: String? = nil) -> JSONValue {
    string(
      description, minimum: 1, maximum: 32, pattern: durationPattern, default: value)
  }

  // MARK: Patterns

  static let imagePattern = "^\\S+$"
  static let labelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
  static let subdomainPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
  static let durationPattern = "^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"
  static let quantityPattern =
    "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"

  /// Whether `text` matches one of the patterns above; any text matches another.
  static func accepts(_ text: String, pattern: String) -> Bool {
    switch pattern {
    case imagePattern: !text.isEmpty && !text.utf8.contains { [0x09, 0x0A, 0x0C, 0x0D, 0x20].contains($0) }
    case labelPattern: NameRules.dnsLabelProblem(text) == nil
    case subdomainPattern: NameRules.dnsSubdomainProblem(text) == nil
    case durationPattern: isDuration(text)
    case quantityPattern: Quantity(text) != nil
    default: true
    }
  }

  /// Whether it is a sequence of numbers with units, without a sign.
  private static func isDuration(_ text: String) -> Bool {
    var rest = Substring(text)
    func skipDigits() -> Bool {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return !digits.isEmpty
    }
    repeat {
      guard skipDigits() else { return false }
      if rest.first == "." {
        rest.removeFirst()
        guard skipDigits() else { return false }
      }
      guard let unit = ["ns", "us", "µs", "ms", "s", "m", "h"].first(where: { rest.hasPrefix($0) }) else {
        return false
      }
      rest = rest.dropFirst(unit.count)
    } while !rest.isEmpty
    return true
  }

  /// Quantities by resource.
  static func quantities(_ description: String) -> JSONValue {
    map(
      description,
      of: [
        "anyOf": [["type": "integer"], ["type": "string"]],
        "x-kubernetes-int-or-string": true,
        "pattern": .string(quantityPattern),
      ])
  }

  /// Conditions, a list with one element for each type.
  static func conditions(_ description: String) -> JSONValue {
    [
      "type": "array", "description": .string(description),
      "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
      "items": object(
        "One aspect of the state.",
        required: ["lastTransitionTime", "message", "reason", "status", "type"],
        [
          "type": string(minimum: 1, maximum: 316),
          "status": string(enumeration: ["True", "False", "Unknown"]),
          "reason": string(minimum: 1, maximum: 1024, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
          "message": string(maximum: 32_768),
          "lastTransitionTime": ["type": "string", "format": "date-time"],
          "observedGeneration": ["type": "integer", "format": "int64", "minimum": 0],
        ]),
    ]
  }

  /// A label selector.
  static func labelSelector(_ description: String) -> JSONValue {
    object(
      description,
      [
        "matchLabels": map("Labels that must be there with these values.", of: string(maximum: 63)),
        "matchExpressions": list(
          "Further requirements; all must hold.",
          of: object(
            "A requirement on one label.", required: ["key", "operator"],
            rules: [
              rule(
                "self.operator in ['Exists', 'DoesNotExist'] ? !has(self.values) || size(self.values) == 0 : "
                  + "has(self.values) && size(self.values) > 0",
                "In and NotIn need values; Exists and DoesNotExist take none")
            ],
            [
              "key": string("The label.", minimum: 1, maximum: 317),
              "operator": string(
                "How it is compared.",
                enumeration: LabelSelector.Requirement.Operator.allCases.map(\.rawValue)),
              "values": list("The values.", of: string(maximum: 63)),
            ]), maximum: 32),
      ])
  }

  /// Permissions.
  static func policyRules(_ description: String) -> JSONValue {
    let texts = string(maximum: 253)
    return list(
      description,
      of: object(
        "What is permitted on which resources or paths.", required: ["verbs"],
        rules: [
          rule(
            "has(self.nonResourceURLs) ? !has(self.apiGroups) && !has(self.resources) && !has(self.resourceNames)"
              + " : has(self.apiGroups) && has(self.resources)",
            "a rule is either for resources (apiGroups and resources) or for paths (nonResourceURLs)")
        ],
        [
          "verbs": list("What may be done; * for all.", of: texts, minimum: 1),
          "apiGroups": list("The resources' groups; * for all.", of: texts, minimum: 1),
          "resources": list("The resources; * for all.", of: texts, minimum: 1),
          "resourceNames": list("Objects' names, where not all are meant.", of: texts),
          "nonResourceURLs": list("Paths that aren't resources.", of: texts, minimum: 1),
        ]))
  }
}
