public import KubeCore

extension ClusterGatewayConfiguration {
  /// The unknown fields in a configuration's document, usually misspelled ones. The API server
  /// drops such fields silently; a manifest in a file still has them.
  public static func unknownFields(in document: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    collectUnknownFields(in: document, schema: schema ?? [:], at: FieldPath(), into: &errors)
    return errors
  }

  /// The name of the CustomResourceDefinition.
  package static let definitionName = type.qualifiedPlural

  /// The fields of a configuration's document that an API server with this
  /// CustomResourceDefinition drops, such as another release's.
  package static func fields(of document: JSONValue, droppedBy definition: JSONValue) -> [FieldPath] {
    let version = definition.value(at: "spec", "versions")?.array?.first {
      $0["name"]?.string == type.version
    }
    guard let schema = version?.value(at: "schema", "openAPIV3Schema") else { return [] }
    var errors: [FieldError] = []
    collectUnknownFields(in: document, schema: schema, at: FieldPath(), into: &errors)
    return errors.map(\.path)
  }

  /// All problems of a configuration's document: unknown fields, the first field of a wrong JSON
  /// type, or else all problems that ``validate()`` finds.
  public static func problems(in document: JSONValue) -> [FieldError] {
    let unknown = unknownFields(in: document)
    do throws(FieldError) {
      return unknown + (try ClusterGatewayConfiguration(from: FieldReader(document))).validate()
    } catch {
      return unknown + [error]
    }
  }

  /// The schema's depth limits the recursion.
  private static func collectUnknownFields(
    in value: JSONValue, schema: JSONValue, at path: FieldPath, into errors: inout [FieldError]
  ) {
    if schema["x-kubernetes-preserve-unknown-fields"]?.bool == true { return }
    if let members = value.object, let known = schema["properties"]?.object {
      for member in members {
        if let next = known[member.key] {
          collectUnknownFields(in: member.value, schema: next, at: path.field(member.key), into: &errors)
        } else {
          errors.append(unknown(member.key, at: path, known: Array(known.keys)))
        }
      }
    } else if let elements = value.array, let items = schema["items"] {
      for (index, element) in elements.enumerated() {
        collectUnknownFields(in: element, schema: items, at: path.index(index), into: &errors)
      }
    }
  }

  private static func unknown(_ name: String, at path: FieldPath, known: [String]) -> FieldError {
    FieldError(
      path: path.field(name), problem: "is not a field of \(type.kind)",
      remedy: Suggestion.closest(to: name, among: known).map { "did you mean \"\($0)\"?" }
        ?? "use one of: \(known.joined(separator: ", "))")
  }
}

/// A search for the name that was probably intended.
enum Suggestion {
  /// The candidate with the fewest edits from `name`, if they are few; case is ignored.
  static func closest(to name: String, among candidates: [String]) -> String? {
    let wanted = Array(name.lowercased().utf8.prefix(64))
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let distance = editDistance(wanted, Array(candidate.lowercased().utf8))
      if distance <= max(2, candidate.utf8.count / 3), distance < best?.distance ?? .max {
        best = (candidate, distance)
      }
    }
    return best?.candidate
  }

  /// The Levenshtein distance.
  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (row, a) in left.enumerated() {
      var current = [row + 1]
      for (column, b) in right.enumerated() {
        current.append(
          min(previous[column] + (a == b ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous.last ?? 0
  }
}
