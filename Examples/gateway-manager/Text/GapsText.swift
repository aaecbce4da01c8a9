import GatewayDemo
import GatewayReconcile
import KubeCore
import KubeReconcile

/// The rights that the reader of a hub lacks, and what is therefore not shown.
enum GapsText {
  static func lines(_ gaps: ReaderGaps) -> [StyledLine] {
    guard !gaps.isEmpty else { return [] }
    return [StyledLine("You may not", .busy)] + gaps.gaps.map { StyledLine("  \($0)") }
      + [StyledLine("  not shown: \(gaps.hidden.joined(separator: "; "))")]
  }
}

/// The same for programs.
enum GapsDocument {
  /// One object for each right; `nil` if the reader lacks none.
  static func json(_ gaps: ReaderGaps) -> JSONValue? {
    gaps.isEmpty
      ? nil
      : .array(
        gaps.gaps.map { gap in
          let group = gap.selection.type.group
          return .fields([
            "verb": .string(gap.verb), "group": group.isEmpty ? nil : .string(group),
            "resource": .string(gap.selection.type.plural),
            "namespace": gap.selection.namespace.map { .string($0) },
            "name": gap.selection.name.map { .string($0) }, "notShown": .string(gap.hidden),
          ])
        })
  }
}
