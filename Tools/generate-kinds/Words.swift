/// Text in lines.
enum Words {
  /// The `text` in lines of at most `width` columns; a longer word has a line of its own.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(whereSeparator: \.isWhitespace) {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count > width {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] += " " + word
      }
    }
    return lines
  }

  /// The `parts` in as few lines of at most `width` columns as possible, with `end` after the last.
  static func wrapped(
    _ parts: [String], separator: String, indent: String, end: String, width: Int = 110
  ) -> [String] {
    var lines: [String] = []
    var line = ""
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      let piece = part + (isLast ? end : separator.contains(",") ? "," : "")
      if line.isEmpty {
        line = indent + piece
      } else if line.utf8.count + 1 + piece.utf8.count > width {
        lines.append(line)
        line = indent + piece
      } else {
        line += " " + piece
      }
    }
    return lines + [line]
  }
}
