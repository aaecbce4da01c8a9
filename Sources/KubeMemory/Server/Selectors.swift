import KubeCore

/// What a list or watch keeps: requirements on labels, and on a few fields.
struct ObjectSelector: Sendable {
  private var labels = LabelSelector()
  private var fields = FieldSelector()
  private var name: String?

  /// Whether everything is kept.
  var isEmpty: Bool { labels.isEmpty && fields.terms.isEmpty && name == nil }

  /// The selector that the two query parameters say; throws 400 where they can't be read or a field isn't selectable.
  init(labels labelText: String?, fields fieldText: String?, selectable: Set<String>) throws(APIFailure) {
    do throws(FieldError) {
      if let labelText { labels = try LabelSelector(query: labelText) }
      if let fieldText { fields = try FieldSelector(query: fieldText) }
    } catch {
      throw .badRequest("unable to parse requirement: \(error)")
    }
    if let other = fields.terms.first(where: { !selectable.contains($0.field) }) {
      throw .badRequest("field label not supported: \(other.field)")
    }
  }

  /// This selector and one more condition: the name.
  func requiring(name: String) -> ObjectSelector {
    var selector = self
    selector.name = name
    return selector
  }

  func matches(_ object: StoredObject) -> Bool {
    if let name, name != object.name { return false }
    if !fields.terms.isEmpty && !fields.matches(object.json) { return false }
    if labels.isEmpty { return true }
    var found: [String: String] = [:]
    for label in object.metadata["labels"]?.object ?? [:] { found[label.key] = label.value.string }
    return labels.matches(found)
  }
}
