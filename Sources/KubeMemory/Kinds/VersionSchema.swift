import KubeCore

/// The schema of one version of a custom resource (`openAPIV3Schema`), compiled once when its
/// definition is written.
final class VersionSchema: Sendable {
  /// The schema as it was given.
  let json: JSONValue
  /// The keyed lists and the defaults.
  let table: FieldTable
  let fields: CustomResourceSchema
  /// The CEL rules; `nil` where there are none.
  let rules: ValidationRules?
  /// The parts of the schema that can't be evaluated, with their paths.
  let unevaluated: [String]

  init(_ json: JSONValue) {
    self.json = json
    table = FieldTable(openAPISchema: json)
    var unevaluated: [String] = []
    let fields = CustomResourceSchema(json, unevaluated: &unevaluated)
    self.fields = fields
    rules = ValidationRules(json, node: fields, unevaluated: &unevaluated)
    self.unevaluated = unevaluated
  }

  /// Reasons for which rules aren't evaluated, because they rely on values of the right type and
  /// size.
  private static let blocking: Set<String> = [
    "FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany",
    "FieldValueTypeInvalid",
  ]

  /// The violations of the schema and its rules by `object`; `old` is its state before an update.
  func problems(in object: JSONValue, old: JSONValue?) -> [APIFailure.Cause] {
    let causes = fields.problems(in: object)
    guard let rules else { return causes }
    if causes.contains(where: { VersionSchema.blocking.contains($0.reason) }) {
      return causes + [
        .invalid(
          "<nil>", value: "null",
          problem:
            "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
        )
      ]
    }
    return causes + rules.problems(in: object, old: old)
  }
}
