import GatewayReconcile
import KubeCore
import KubeReconcile

/// The manager's rights as a table for people: each rule, and its reason.
struct RightsTable {
  let rights: [RequiredRight]

  /// The table in Markdown.
  var markdown: String {
    var lines = ["| where | resources | names | verbs | what needs it |", "|---|---|---|---|---|"]
    for right in rights {
      let group = right.rule.apiGroups.joined(separator: ", ")
      let resources = right.rule.resources.map { group.isEmpty ? $0 : "\($0).\(group)" }
      let cells = [
        right.namespace ?? "the cluster", RightsTable.code(resources),
        RightsTable.code(right.rule.resourceNames),
        right.rule.verbs.joined(separator: ", "), right.reasons.joined(separator: "; "),
      ]
      lines.append("| " + cells.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func code(_ words: [String]) -> String {
    words.isEmpty ? "any" : words.map { "`\($0)`" }.joined(separator: ", ")
  }
}
