import GatewayDemo

/// A line with its child lines, drawn as a tree.
struct TextTree {
  var line: StyledLine
  var children: [TextTree]

  init(_ line: StyledLine, _ children: [TextTree] = []) {
    self.line = line
    self.children = children
  }

  /// The lines of the tree; the root has no branch.
  var lines: [StyledLine] { [line] + branches(stem: "") }

  private func branches(stem: String) -> [StyledLine] {
    children.enumerated().flatMap { index, child -> [StyledLine] in
      let isLast = index == children.count - 1
      return [StyledLine(stem + (isLast ? "└── " : "├── "), .dim) + child.line]
        + child.branches(stem: stem + (isLast ? "    " : "│   "))
    }
  }
}

extension [StyledLine] {
  /// The lines as text, without terminal commands. None is cut: a remedy is there to be copied.
  func text(usesColor: Bool = StandardStreams.usesColor) -> String {
    Invocation.inUsersWords(map { $0.text(usesColor: usesColor) + "\n" }.joined()).withoutTerminalCommands
  }
}

extension StyledLine {
  /// The line, padded with spaces to `width` characters.
  func padded(to width: Int) -> StyledLine {
    self + StyledLine(String(repeating: " ", count: max(0, width - count)))
  }
}
