import KubeCore

/// What a list or watch keeps: requirements on labels, and on a few fields.
struct ObjectSelector: Sendable {
  private enum Requirement: Sendable {
    case isOneOf(String, Set<String>)
    case isNoneOf(String, Set<String>)
    case exists(String)
    case isAbsent(String)
  }

  private var labels: [Requirement] = []
  private var fields: [(path: [String], value: String, isEqual: Bool)] = []

  /// Whether everything is kept.
  var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

  /// The selector that the two query parameters say; throws 400 where they can't be read or a field isn't selectable.
  init(labels labelText: String?, fields fieldText: String?, selectable: Set<String>) throws(APIFailure) {
    if let labelText { labels = try ObjectSelector.parse(labelText) }
    for part in (fieldText ?? "").split(separator: ",") {
      let isEqual = !part.contains("!=")
      let pieces = part.split(
        separator: isEqual ? "=" : "!=", omittingEmptySubsequences: true)
      let name = pieces.first.map { ObjectSelector.trimmed($0) } ?? ""
      guard part.contains("="), pieces.count <= 2, !name.isEmpty else {
        throw .badRequest("invalid selector: '\(part)'; can't understand '\(part)'")
      }
      guard selectable.contains(name) else {
        throw .badRequest("field label not supported: \(name)")
      }
      let value = pieces.count == 2 ? ObjectSelector.trimmed(pieces[1]) : ""
      fields.append((name.split(separator: ".").map { String($0) }, value, isEqual))
    }
  }

  /// This selector and one more condition: the name.
  func requiring(name: String) -> ObjectSelector {
    var selector = self
    selector.fields.append((["metadata", "name"], name, true))
    return selector
  }

  func matches(_ object: StoredObject) -> Bool {
    let objectLabels = object.metadata["labels"]
    return labels.allSatisfy { requirement in
      switch requirement {
      case .isOneOf(let key, let values): objectLabels?[key]?.string.map(values.contains) ?? false
      case .isNoneOf(let key, let values): !(objectLabels?[key]?.string.map(values.contains) ?? false)
      case .exists(let key): objectLabels?[key] != nil
      case .isAbsent(let key): objectLabels?[key] == nil
      }
    }
      && fields.allSatisfy { ((object.json.value(at: $0.path)?.string ?? "") == $0.value) == $0.isEqual }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// Label selectors in Kubernetes' notation: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
  private static func parse(_ text: String) throws(APIFailure) -> [Requirement] {
    var requirements: [Requirement] = []
    for part in try split(text) {
      func failure() -> APIFailure {
        .badRequest(
          "unable to parse requirement: found '\(part)', expected: a label selector such as a=b or a in (b,c)"
        )
      }
      if let open = part.firstIndex(of: "(") {
        let words = part[..<open].split(separator: " ")
        guard words.count == 2, part.last == ")" else { throw failure() }
        let inside = part[part.index(after: open)...].dropLast()
        let values = Set(inside.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) })
        switch words[1] {
        case "in": requirements.append(.isOneOf(String(words[0]), values))
        case "notin": requirements.append(.isNoneOf(String(words[0]), values))
        default: throw failure()
        }
        continue
      }
      let name: String
      if let range = part.firstRange(of: "!=") {
        name = trimmed(part[..<range.lowerBound])
        requirements.append(.isNoneOf(name, [trimmed(part[range.upperBound...])]))
      } else if let range = part.firstRange(of: "==") ?? part.firstRange(of: "=") {
        name = trimmed(part[..<range.lowerBound])
        requirements.append(.isOneOf(name, [trimmed(part[range.upperBound...])]))
      } else if part.hasPrefix("!") {
        name = trimmed(part.dropFirst())
        requirements.append(.isAbsent(name))
      } else {
        name = part
        requirements.append(.exists(part))
      }
      guard !name.isEmpty, !name.contains(" ") else { throw failure() }
    }
    return requirements
  }

  /// The parts between the commas that aren't inside parentheses.
  private static func split(_ text: String) throws(APIFailure) -> [String] {
    var parts: [String] = []
    var part = ""
    var depth = 0
    for character in text {
      switch character {
      case "(": depth += 1
      case ")": depth -= 1
      default: break
      }
      guard depth >= 0, depth <= 1 else {
        throw .badRequest("unable to parse requirement: unbalanced parentheses in '\(text)'")
      }
      if character == "," && depth == 0 {
        parts.append(trimmed(part[...]))
        part = ""
      } else {
        part.append(character)
      }
    }
    guard depth == 0 else {
      throw .badRequest("unable to parse requirement: unbalanced parentheses in '\(text)'")
    }
    parts.append(trimmed(part[...]))
    return parts.filter { !$0.isEmpty }
  }
}
