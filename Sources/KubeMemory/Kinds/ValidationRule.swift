import KubeCore

/// A CEL rule of `x-kubernetes-validations`, compiled.
struct ValidationRule: Sendable {
  /// The rule's text.
  let rule: String
  /// The rule's own message for a violation, if any.
  let message: String
  let reason: String?
  /// The suffix of the reported path, where the rule names another field than its own.
  let fieldPath: String
  private let expression: CELExpression
  private let messageExpression: CELExpression?
  /// Whether the rule compares the value with the one before an update.
  let isTransition: Bool
  /// Whether the rule is evaluated with an empty `oldSelf` where there was no value.
  let hasOptionalOldSelf: Bool

  /// Compiles a rule on values of `schema`, and adds the parts that can't be evaluated to
  /// `unevaluated`; `nil` where that is the rule itself.
  init?(
    _ rule: JSONValue, on schema: CustomResourceSchema, isResource: Bool, at path: String,
    unevaluated: inout [String]
  ) {
    let text = ValidationRule.trimmed(rule["rule"]?.string)
    guard !text.isEmpty else { return nil }
    hasOptionalOldSelf = rule["optionalOldSelf"]?.bool == true
    let own = CELChecker.Kind.schema(schema, isResource: isResource)
    let variables: [(name: String, kind: CELChecker.Kind)] = [
      ("self", own), ("oldSelf", hasOptionalOldSelf ? .any : own),
    ]
    func parsed(_ text: String, _ what: String) -> (CELExpression, Set<String>)? {
      do throws(CELProblem) {
        var checker = CELChecker(variables: variables)
        let expression = try checker.checked(CELParser.parse(text))
        return (expression, checker.used)
      } catch {
        unevaluated.append("\(path): \(what) '\(text.prefix(120))' (\(error))")
        return nil
      }
    }
    guard let (expression, used) = parsed(text, "rule") else { return nil }
    self.expression = expression
    isTransition = used.contains("oldSelf")
    self.rule = text
    message = ValidationRule.trimmed(rule["message"]?.string)
    reason = rule["reason"]?.string
    let messageText = ValidationRule.trimmed(rule["messageExpression"]?.string)
    messageExpression = messageText.isEmpty ? nil : parsed(messageText, "messageExpression")?.0
    let field = rule["fieldPath"]?.string ?? ""
    if let normalized = ValidationRule.fieldPath(field, in: schema) {
      fieldPath = normalized
    } else {
      fieldPath = ""
      unevaluated.append("\(path): fieldPath '\(field.prefix(120))'")
    }
  }

  private static func trimmed(_ text: String?) -> String { CELEvaluation.trimmed(text ?? "") }

  /// A path such as `.spec['a b'].c` in the notation of error messages; `nil` for one that denotes
  /// no field of the schema.
  private static func fieldPath(_ text: String, in schema: CustomResourceSchema) -> String? {
    var rest = Substring(text)
    var node = schema
    var path = ""
    while let first = rest.popFirst() {
      var name = ""
      switch first {
      case ".": while let next = rest.first, next != ".", next != "[" { name.append(rest.removeFirst()) }
      case "[":
        guard rest.popFirst() == "'" else { return nil }
        while let next = rest.popFirst(), next != "'" {
          guard next == "\\" else {
            name.append(next)
            continue
          }
          guard let escaped = rest.popFirst() else { return nil }
          name.append(escaped)
        }
        guard rest.popFirst() == "]" else { return nil }
      default: return nil
      }
      guard !name.isEmpty else { return nil }
      if let property = node.properties[name] {
        path += (path.isEmpty ? "" : ".") + name
        node = property
      } else if node.properties.isEmpty, let values = node.values {
        path += "[\(name)]"
        node = values
      } else {
        return nil
      }
    }
    return path
  }

  // MARK: Evaluation

  /// A value that a rule is evaluated on.
  struct Subject {
    var json: JSONValue
    var value: CELValue
    var old: CELValue?
    var schema: CustomResourceSchema
    /// The path; `<nil>` for the root.
    var path: String
  }

  /// The violation of the rule by the value, and whether no further rule is evaluated; deducts its
  /// cost from `budget`.
  func problem(with subject: Subject, _ budget: inout Int) -> (cause: APIFailure.Cause?, isFinal: Bool) {
    let limit = min(budget, CELEvaluation.ruleBudget)
    var evaluation = CELEvaluation(variables(subject), budget: limit)
    let type = "\"\(subject.schema.type ?? "")\""
    do throws(CELError) {
      let result = try evaluation.value(expression)
      budget -= limit - evaluation.budget
      if result == .bool(true) { return (nil, false) }
      return (failure(subject, &budget), false)
    } catch {
      budget -= limit - max(evaluation.budget, 0)
      let name = message.isEmpty ? rule : message
      if error == .noOverload {
        return (
          .invalid(
            subject.path, value: type,
            problem:
              "'\(error)': call arguments did not match a supported operator, function or macro signature for rule: \(name)"
          ), false
        )
      }
      guard error.isFinal else {
        return (.invalid(subject.path, value: type, problem: "\(error) evaluating rule: \(name)"), false)
      }
      if limit < CELEvaluation.ruleBudget { return (ValidationRule.outOfBudget(subject), true) }
      return (
        .invalid(
          subject.path, value: type,
          problem:
            "'\(error)': no further validation rules will be run due to call cost exceeds limit for rule: \(name)"
        ),
        true
      )
    }
  }

  /// The error that all rules of the object together cost too much.
  static func outOfBudget(_ subject: Subject) -> APIFailure.Cause {
    .invalid(
      subject.path, value: "\"\(subject.schema.type ?? "")\"",
      problem: "validation failed due to running out of cost budget, no further validation rules will be run")
  }

  private func variables(_ subject: Subject) -> [(name: String, value: CELValue)] {
    var variables = [(name: "self", value: subject.value)]
    if hasOptionalOldSelf {
      variables.append(("oldSelf", .optional(subject.old)))
    } else if let old = subject.old {
      variables.append(("oldSelf", old))
    }
    return variables
  }

  private func failure(_ subject: Subject, _ budget: inout Int) -> APIFailure.Cause {
    let detail =
      evaluatedMessage(subject, &budget) ?? (message.isEmpty ? "failed rule: \(rule)" : message)
    var field = subject.path
    if !fieldPath.isEmpty {
      field = field == "<nil>" ? fieldPath : field + (fieldPath.hasPrefix("[") ? "" : ".") + fieldPath
    }
    // Objects and lists aren't shown.
    let isWhole = subject.schema.type == "object" || subject.schema.type == "array"
    let shown = isWhole ? "" : ": " + CustomResourceSchema.shown(subject.json)
    switch reason {
    case "FieldValueForbidden": return .forbidden(field, detail)
    case "FieldValueRequired": return .required(field, detail)
    case "FieldValueDuplicate":
      return APIFailure.Cause(
        reason: "FieldValueDuplicate", message: "Duplicate value" + shown, field: field)
    default:
      return APIFailure.Cause(
        reason: "FieldValueInvalid", message: "Invalid value\(shown): \(detail)", field: field)
    }
  }

  /// The maximum length of a text from `messageExpression`, in bytes.
  private static let maximumMessageBytes = 5 * 1024

  /// The text from `messageExpression`; `nil` where it can't be shown.
  private func evaluatedMessage(_ subject: Subject, _ budget: inout Int) -> String? {
    guard let messageExpression else { return nil }
    let limit = min(budget, CELEvaluation.ruleBudget)
    var evaluation = CELEvaluation(variables(subject), budget: limit)
    let result = try? evaluation.value(messageExpression)
    budget -= limit - max(evaluation.budget, 0)
    guard case .string(let text)? = result else { return nil }
    let message = ValidationRule.trimmed(text)
    guard !message.isEmpty, !message.contains("\n"), message.utf8.count <= ValidationRule.maximumMessageBytes
    else { return nil }
    return message
  }
}
