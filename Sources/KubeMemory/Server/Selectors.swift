import KubeCore

/// The selection of a list or watch: requirements on labels and on a few fields.
struct ObjectSelector: Sendable {
  private var labels = LabelSelector()
  private var fields = FieldSelector()
  private var name: String?
  private var comparisons: [NumberComparison] = []

  /// Whether everything is selected.
  var isEmpty: Bool { labels.isEmpty && comparisons.isEmpty && fields.terms.isEmpty && name == nil }

  /// Parses the two query parameters; throws 400 where one is invalid or a field isn't selectable.
  init(labels labelText: String?, fields fieldText: String?, selectable: Set<String>) throws(APIFailure) {
    do throws(FieldError) {
      if let labelText {
        let (rest, comparisons) = NumberComparison.split(labelText)
        self.comparisons = comparisons
        labels = try LabelSelector(query: rest)
      }
      if let fieldText { fields = try FieldSelector(query: fieldText) }
    } catch {
      throw .badRequest("unable to parse requirement: \(error)")
    }
    if let other = fields.terms.first(where: { !selectable.contains($0.field) }) {
      throw .badRequest("field label not supported: \(other.field)")
    }
  }

  /// This selector with another condition: the name.
  func requiring(name: String) -> ObjectSelector {
    var selector = self
    selector.name = name
    return selector
  }

  func matches(_ object: StoredObject) -> Bool {
    if let name, name != object.name { return false }
    if !fields.terms.isEmpty && !fields.matches(object.json) { return false }
    if labels.isEmpty && comparisons.isEmpty { return true }
    var found: [String: String] = [:]
    for label in object.metadata["labels"]?.object ?? [:] { found[label.key] = label.value.string }
    return labels.matches(found) && comparisons.allSatisfy { $0.matches(found) }
  }
}

/// A requirement that no `LabelSelector` object can express: `key>1` or `key<1`.
private struct NumberComparison: Sendable {
  var key: String
  var isGreater: Bool
  var bound: Int64

  /// The comparisons in a selector, and the selector without them.
  static func split(_ text: String) -> (rest: String, comparisons: [NumberComparison]) {
    guard text.contains(where: { $0 == "<" || $0 == ">" }) else { return (text, []) }
    var rest: [Substring] = []
    var comparisons: [NumberComparison] = []
    // A comma within parentheses leaves pieces that are not comparisons; they are joined again.
    for term in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = term.split(omittingEmptySubsequences: false) { $0 == "<" || $0 == ">" }
        .map { $0.filter { $0 != " " } }
      if parts.count == 2, NameRules.labelKeyProblem(parts[0]) == nil, let bound = Int64(parts[1]) {
        comparisons.append(
          NumberComparison(key: parts[0], isGreater: term.contains(">"), bound: bound))
      } else {
        rest.append(term)
      }
    }
    return (rest.joined(separator: ","), comparisons)
  }

  func matches(_ labels: [String: String]) -> Bool {
    guard let number = labels[key].flatMap({ Int64($0) }) else { return false }
    return isGreater ? number > bound : number < bound
  }
}
