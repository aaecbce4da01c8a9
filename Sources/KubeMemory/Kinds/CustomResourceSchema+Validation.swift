import KubeCore

extension CustomResourceSchema {
  /// The maximum number of reported violations per object.
  static let maximumCauses = 10

  /// The violations of the schema by `object`.
  func problems(in object: JSONValue) -> [APIFailure.Cause] {
    var findings = Findings()
    check(object, at: "", isResource: true, into: &findings)
    return Array(findings.causes.prefix(CustomResourceSchema.maximumCauses))
  }

  /// The violations found so far, without duplicates.
  private struct Findings {
    private(set) var causes: [APIFailure.Cause] = []
    /// The number of checked values: of alternatives that all fail, the one with the most checks is
    /// reported, as by the API server.
    var checks = 0

    mutating func add(_ cause: APIFailure.Cause) {
      guard causes.count < CustomResourceSchema.maximumCauses, !causes.contains(cause) else { return }
      causes.append(cause)
    }

    mutating func add(_ other: Findings) {
      for cause in other.causes { add(cause) }
      checks += other.checks
    }
  }

  private func check(_ value: JSONValue, at path: String, isResource: Bool, into findings: inout Findings) {
    findings.checks += 1
    if value.isNull && isNullable { return }
    if !hasType(value) {
      let expected = isIntOrString ? "integer,string" : type ?? "object"
      findings.add(.typeInvalid(path, value: "\"\(typeName(value))\"", expected: expected))
      // The other keywords are applied to the existing value.
      if value.isNull {
        checkAllowed(value, at: path, into: &findings)
        return
      }
    }
    if let composition {
      check(value, at: path, isResource: isResource, composition: composition, into: &findings)
    }
    switch value {
    case .number(let number): check(value, number: number, at: path, into: &findings)
    case .string(let string): check(string, at: path, into: &findings)
    case .array(let elements): check(elements, at: path, into: &findings)
    case .null, .bool, .secret, .object: break
    }
    checkAllowed(value, at: path, into: &findings)
    if case .object(let object) = value { check(object, at: path, isResource: isResource, into: &findings) }
  }

  private func wrong(_ value: JSONValue, at path: String, rule: String) -> APIFailure.Cause {
    .invalid(path, value: CustomResourceSchema.shown(value), problem: "\(path) in body should \(rule)")
  }

  private func checkAllowed(_ value: JSONValue, at path: String, into findings: inout Findings) {
    guard !allowed.isEmpty, !allowed.contains(value) else { return }
    let names = allowed.map { JSONWriter().text($0) }.joined(separator: ", ")
    findings.add(
      APIFailure.Cause(
        reason: "FieldValueNotSupported",
        message: "Unsupported value: \(CustomResourceSchema.shown(value)): supported values: \(names)",
        field: path))
  }

  // MARK: Composition

  private func check(
    _ value: JSONValue, at path: String, isResource: Bool, composition: Composition,
    into findings: inout Findings
  ) {
    func result(_ schema: CustomResourceSchema) -> Findings {
      var findings = Findings()
      schema.check(value, at: path, isResource: isResource, into: &findings)
      return findings
    }
    func report(_ rule: String) {
      findings.add(.invalid("<nil>", value: "\"\"", problem: "\"\(path)\" must \(rule)"))
    }
    func reportBest(_ failures: [Findings]) {
      guard var best = failures.first else { return }
      for failure in failures.dropFirst() where failure.checks > best.checks { best = failure }
      findings.add(best)
    }
    if !composition.any.isEmpty {
      var failures: [Findings] = []
      let isValid = composition.any.contains { schema in
        let result = result(schema)
        failures.append(result)
        return result.causes.isEmpty
      }
      if !isValid {
        report("validate at least one schema (anyOf)")
        reportBest(failures)
      }
    }
    if !composition.one.isEmpty {
      let results = composition.one.map(result)
      let count = results.count { $0.causes.isEmpty }
      if count != 1 {
        let found = count == 0 ? "Found none valid" : "Found \(count) valid alternatives"
        report("validate one and only one schema (oneOf). \(found)")
        if count == 0 { reportBest(results) }
      }
    }
    if !composition.all.isEmpty {
      let results = composition.all.map(result)
      for result in results { findings.add(result) }
      let count = results.count { $0.causes.isEmpty }
      if count != results.count {
        report("validate all the schemas (allOf)" + (count == 0 ? ". None validated" : ""))
      }
    }
    if let not = composition.not, result(not).causes.isEmpty { report("not validate the schema (not)") }
  }

  // MARK: Scalars

  private func check(_ value: JSONValue, number: JSONNumber, at path: String, into findings: inout Findings) {
    if let factor = bounds.multipleOf {
      if factor < 0 {
        findings.add(
          .invalid(
            path, value: CustomResourceSchema.shown(value),
            problem: "factor MultipleOf declared for \(path) must be positive: \(text(factor))"))
      } else if !isMultiple(number, of: factor) {
        findings.add(wrong(value, at: path, rule: "be a multiple of \(text(factor))"))
      }
    }
    let amount = number.double
    if let most = bounds.maximum, bounds.excludesMaximum ? amount >= most : amount > most {
      findings.add(
        wrong(
          value, at: path, rule: "be less than \(bounds.excludesMaximum ? "" : "or equal to ")\(text(most))"))
    }
    if let least = bounds.minimum, bounds.excludesMinimum ? amount <= least : amount < least {
      findings.add(
        wrong(
          value, at: path,
          rule: "be greater than \(bounds.excludesMinimum ? "" : "or equal to ")\(text(least))"))
    }
  }

  private func isMultiple(_ number: JSONNumber, of factor: Double) -> Bool {
    if let integer = number.int64, let factor = Int64(exactly: factor), factor > 0 {
      return integer % factor == 0
    }
    // As by the API server, a quotient that is as near to a whole number as a floating-point one
    // can be counts as whole.
    let quotient = factor < 1 ? 1 / factor * number.double : number.double / factor
    guard quotient.isFinite, quotient.magnitude < 9_007_199_254_740_991 else { return false }
    let distance = (quotient - quotient.rounded()).magnitude
    return distance == 0 || distance / (quotient.magnitude + quotient.rounded().magnitude) < 1e-9
  }

  /// Reports the first string rule that doesn't hold, and the format.
  private func check(_ string: String, at path: String, into findings: inout Findings) {
    let value = JSONValue.string(string)
    let length = bounds.maxLength != nil || bounds.minLength != nil ? Int64(string.unicodeScalars.count) : 0
    if let most = bounds.maxLength, length > most {
      findings.add(.tooLong(path, Int(clamping: most)))
    } else if let least = bounds.minLength, length < least {
      findings.add(wrong(value, at: path, rule: "be at least \(least) chars long"))
    } else if let pattern, !pattern.matches(string) {
      findings.add(wrong(value, at: path, rule: "match '\(pattern.text)'"))
    }
    if let format, !format.format.accepts(string) {
      findings.add(.typeInvalid(path, value: CustomResourceSchema.shown(value), expected: format.name))
    }
  }

  // MARK: Lists and objects

  private func check(_ elements: [JSONValue], at path: String, into findings: inout Findings) {
    if let items {
      for (index, element) in elements.enumerated() {
        items.check(element, at: "\(path)[\(index)]", isResource: items.isEmbedded, into: &findings)
      }
    }
    if let least = bounds.minItems, elements.count < least {
      findings.add(wrong(.integer(elements.count), at: path, rule: "have at least \(least) items"))
    }
    if let most = bounds.maxItems, elements.count > most {
      findings.add(.tooMany(path, count: elements.count, maximum: most))
    }
    if bounds.hasUniqueItems, Set(elements).count < elements.count {
      findings.add(.invalid(path, value: "\"\"", problem: "\(path) in body shouldn't contain duplicates"))
    }
  }

  private func check(_ object: JSONObject, at path: String, isResource: Bool, into findings: inout Findings) {
    if let least = bounds.minProperties, object.count < least {
      findings.add(wrong(.integer(least), at: path, rule: "have at least \(least) properties"))
      return
    }
    if let most = bounds.maxProperties, object.count > most {
      findings.add(.tooMany(path, count: object.count, maximum: most))
      return
    }
    for name in required where !object.contains(name) {
      if isResource && ["apiVersion", "kind", "metadata"].contains(name) { continue }
      findings.add(.required(path.isEmpty ? name : path + "." + name))
    }
    for member in object {
      if isResource && ["apiVersion", "kind", "metadata"].contains(member.key) { continue }
      guard let schema = properties[member.key] ?? values else { continue }
      let place = path.isEmpty ? member.key : path + "." + member.key
      schema.check(member.value, at: place, isResource: schema.isEmbedded, into: &findings)
    }
  }

  // MARK: Types

  private func hasType(_ value: JSONValue) -> Bool {
    if isIntOrString { return value.int64 != nil || value.string != nil }
    switch type {
    case "object": return value.object != nil
    case "array": return value.array != nil
    case "string": return value.string != nil
    case "boolean": return value.bool != nil
    case "integer":
      guard case .number(let number) = value else { return false }
      return number.int64 != nil || number.double.rounded() == number.double
    case "number":
      if case .number = value { return true }
      return false
    default: return true
    }
  }

  private func typeName(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .number(let number): number.int64 == nil ? "number" : "integer"
    case .string, .secret: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private func text(_ bound: Double) -> String { Int64(exactly: bound).map { String($0) } ?? String(bound) }

  /// A value as it is shown in messages.
  static func shown(_ value: JSONValue) -> String { JSONWriter().text(value) }
}
