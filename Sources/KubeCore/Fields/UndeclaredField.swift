/// A field of a document that a structural schema doesn't declare.
package struct UndeclaredField: Sendable, Hashable {
  /// The field.
  package var path: FieldPath
  /// The names of the declared fields beside it.
  package var known: [String]

  /// The error with the field that was probably intended.
  package func error(kind: String) -> FieldError {
    var name = ""
    if case .field(let last)? = path.steps.last { name = last }
    return FieldError(
      path: path, problem: "is not a field of \(kind)",
      remedy: Suggestion.closest(to: name, among: known).map { "did you mean \"\($0)\"?" }
        ?? (known.isEmpty ? "remove it" : "use one of: \(known.joined(separator: ", "))"))
  }
}

extension JSONValue {
  /// Returns the fields of the document that a structural schema doesn't declare. An API server
  /// drops them from an object, and refuses a server-side apply that has any.
  ///
  /// - Parameters:
  ///   - schema: The `openAPIV3Schema` of a whole object, or its part for the value at `path`.
  ///   - path: The path of the value in the object.
  package func undeclaredFields(in schema: JSONValue, at path: FieldPath = FieldPath()) -> [UndeclaredField] {
    // The schema's depth limits the recursion.
    if schema["x-kubernetes-preserve-unknown-fields"]?.bool == true { return [] }
    if let members = object, let known = schema["properties"]?.object {
      let isRoot = path.steps.isEmpty || schema["x-kubernetes-embedded-resource"]?.bool == true
      return members.flatMap { member -> [UndeclaredField] in
        let path = path.field(member.key)
        if let next = known[member.key] { return member.value.undeclaredFields(in: next, at: path) }
        // Every object has these, whether its schema declares them or not.
        if isRoot, ["apiVersion", "kind", "metadata"].contains(member.key) { return [] }
        return [UndeclaredField(path: path, known: Array(known.keys))]
      }
    }
    if let members = object, let entries = schema["additionalProperties"] {
      return members.flatMap { $0.value.undeclaredFields(in: entries, at: path.key($0.key)) }
    }
    guard let elements = array, let items = schema["items"] else { return [] }
    return elements.enumerated().flatMap { index, element in
      element.undeclaredFields(in: items, at: path.index(index))
    }
  }
}
