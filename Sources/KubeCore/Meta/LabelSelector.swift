/// Chooses objects by their labels; all of its requirements must hold (API reference LabelSelector v1).
public struct LabelSelector: JSONConvertible {
  /// A requirement on one label.
  public struct Requirement: JSONConvertible {
    /// How the label is compared.
    public enum Operator: String, CaseIterable, JSONConvertible {
      /// The label is there with one of the values.
      case `in` = "In"
      /// The label is missing or has none of the values.
      case notIn = "NotIn"
      /// The label is there.
      case exists = "Exists"
      /// The label is missing.
      case doesNotExist = "DoesNotExist"
    }

    /// The label.
    public var key: String
    /// How it is compared.
    public var `operator`: Operator
    /// The values, for `In` and `NotIn`.
    public var values: [String]

    /// A requirement.
    public init(key: String, operator: Operator, values: [String] = []) {
      self.key = key
      self.operator = `operator`
      self.values = values
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      key = try reader["key"].string()
      `operator` = try reader["operator"].required()
      values = try reader["values"].list()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields(["key": .string(key), "operator": `operator`.json, "values": values.jsonUnlessEmpty])
    }

    /// Whether `labels` meet the requirement.
    public func matches(_ labels: [String: String]) -> Bool {
      switch `operator` {
      case .in: labels[key].map(values.contains) ?? false
      case .notIn: !(labels[key].map(values.contains) ?? false)
      case .exists: labels[key] != nil
      case .doesNotExist: labels[key] == nil
      }
    }
  }

  /// Labels that must be there with these values.
  public var matchLabels: [String: String]
  /// Further requirements.
  public var matchExpressions: [Requirement]

  /// A selector; without requirements it chooses everything.
  public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    matchLabels = try reader["matchLabels"].map()
    matchExpressions = try reader["matchExpressions"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "matchLabels": matchLabels.jsonUnlessEmpty, "matchExpressions": matchExpressions.jsonUnlessEmpty,
    ])
  }

  /// Whether an object with these labels is chosen.
  public func matches(_ labels: [String: String]) -> Bool {
    matchLabels.allSatisfy { labels[$0.key] == $0.value }
      && matchExpressions.allSatisfy { $0.matches(labels) }
  }
}
