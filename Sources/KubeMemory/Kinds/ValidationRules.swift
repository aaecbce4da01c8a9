import KubeCore

/// The CEL rules (`x-kubernetes-validations`) of a schema's node and of the nodes below it that
/// have any.
final class ValidationRules: Sendable {
  private let schema: CustomResourceSchema
  private let isResource: Bool
  private let rules: [ValidationRule]
  private let properties: [String: ValidationRules]
  private let values: ValidationRules?
  private let items: ValidationRules?

  /// Compiles the rules of a schema that `node` was read from, and adds the parts that can't be
  /// evaluated to `unevaluated`; `nil` where there are no rules.
  init?(
    _ schema: JSONValue, node: CustomResourceSchema, at path: String = "", isResource: Bool = true,
    unevaluated: inout [String]
  ) {
    self.schema = node
    self.isResource = isResource
    var rules: [ValidationRule] = []
    for rule in schema["x-kubernetes-validations"]?.array ?? [] {
      let read = ValidationRule(
        rule, on: node, isResource: isResource, at: path, unevaluated: &unevaluated)
      if let read { rules.append(read) }
    }
    self.rules = rules
    func below(_ schema: JSONValue?, _ node: CustomResourceSchema?, _ place: String) -> ValidationRules? {
      guard let schema, let node else { return nil }
      return ValidationRules(
        schema, node: node, at: path + place, isResource: node.isEmbedded, unevaluated: &unevaluated)
    }
    var properties: [String: ValidationRules] = [:]
    for member in schema["properties"]?.object ?? [:] {
      properties[member.key] = below(member.value, node.properties[member.key], "." + member.key)
    }
    self.properties = properties
    values = below(schema["additionalProperties"], node.values, "[*]")
    items = below(schema["items"], node.items, "[*]")
    for keyword in ["allOf", "anyOf", "oneOf"] {
      for nested in schema[keyword]?.array ?? [] where ValidationRules.hasRules(nested) {
        unevaluated.append("\(path): x-kubernetes-validations in \(keyword)")
      }
    }
    if rules.isEmpty && properties.isEmpty && values == nil && items == nil { return nil }
  }

  private static func hasRules(_ schema: JSONValue) -> Bool {
    guard let object = schema.object else { return false }
    if object.contains("x-kubernetes-validations") { return true }
    return (object["properties"]?.object ?? [:]).contains { hasRules($0.value) }
      || [object["items"], object["additionalProperties"]].contains { $0.map(hasRules) ?? false }
  }

  /// The violations of the rules by `object`; `old` is its state before an update.
  func problems(in object: JSONValue, old: JSONValue?) -> [APIFailure.Cause] {
    var run = Run()
    check(object, old: old, at: "<nil>", isUnchanged: false, in: &run)
    return Array(run.causes.prefix(CustomResourceSchema.maximumCauses))
  }

  private struct Run {
    var causes: [APIFailure.Cause] = []
    var budget = CELEvaluation.objectBudget
    var isOver = false
  }

  /// Checks a value.
  ///
  /// - Parameter isUnchanged: Whether the value is in an unchanged part of the object.
  private func check(
    _ value: JSONValue, old: JSONValue?, at path: String, isUnchanged: Bool, in run: inout Run
  ) {
    guard !value.isNull, !run.isOver else { return }
    let old = old.flatMap { $0.isNull ? nil : $0 }
    // Unchanged values are refused by transition rules alone (API servers from 1.30 on).
    let isUnchanged = old.map { $0 == value } ?? isUnchanged
    evaluate(value, old: old, at: path, isUnchanged: isUnchanged, in: &run)
    switch value {
    case .object(let object):
      for member in object {
        let before = old?[member.key]
        if let rules = properties[member.key] {
          let place = path == "<nil>" ? member.key : path + "." + member.key
          rules.check(member.value, old: before, at: place, isUnchanged: isUnchanged, in: &run)
        } else if let values, schema.properties[member.key] == nil {
          let place = path == "<nil>" ? "[\(member.key)]" : path + "[\(member.key)]"
          values.check(member.value, old: before, at: place, isUnchanged: isUnchanged, in: &run)
        }
      }
    case .array(let elements):
      guard let items else { return }
      for (index, element) in elements.enumerated() {
        items.check(
          element, old: self.element(like: element, in: old), at: "\(path)[\(index)]",
          isUnchanged: isUnchanged, in: &run)
      }
    default: break
    }
  }

  /// The former element with the same keys in a keyed list; elements of other lists have no
  /// identity.
  private func element(like element: JSONValue, in old: JSONValue?) -> JSONValue? {
    guard case .map = schema.listKind, let elements = old?.array else { return nil }
    return elements.first { before in schema.listKeys.allSatisfy { before[$0] == element[$0] } }
  }

  private func evaluate(
    _ value: JSONValue, old: JSONValue?, at path: String, isUnchanged: Bool, in run: inout Run
  ) {
    let due = rules.filter { rule in
      if rule.isTransition { return old != nil || rule.hasOptionalOldSelf }
      return !isUnchanged
    }
    guard !due.isEmpty else { return }
    let hasTransition = due.contains { $0.isTransition }
    let subject = ValidationRule.Subject(
      json: value, value: schema.celValue(value, isResource: isResource),
      old: hasTransition ? old.map { schema.celValue($0, isResource: isResource) } : nil, schema: schema,
      path: path)
    for rule in due {
      guard run.budget > 0 else {
        run.causes.append(ValidationRule.outOfBudget(subject))
        run.isOver = true
        return
      }
      let (cause, isFinal) = rule.problem(with: subject, &run.budget)
      if let cause { run.causes.append(cause) }
      if isFinal {
        run.isOver = true
        return
      }
    }
  }
}
