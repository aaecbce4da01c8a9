/// A line for the terminal: pieces of text, each with its style.
struct StyledLine: ExpressibleByStringInterpolation {
  enum Style: String {
    case plain = ""
    case dim = "2"
    case bold = "1"
    case good = "32"
    case bad = "31"
    case busy = "33"
    case accent = "36"
  }

  private(set) var pieces: [(text: String, style: Style)] = []

  init() {}

  init(_ text: String, _ style: Style = .plain) { pieces = [(text, style)] }

  init(stringLiteral value: String) { self.init(value) }

  static func + (left: StyledLine, right: StyledLine) -> StyledLine {
    var line = left
    line.pieces += right.pieces
    return line
  }

  /// The line as text, cut to `width` characters, with or without colours.
  func text(width: Int = .max, usesColor: Bool) -> String {
    var room = width
    var text = ""
    for (piece, style) in pieces where room > 0 {
      let shown = piece.count > room ? piece.prefix(max(0, room - 1)) + "…" : piece[...]
      room -= shown.count
      text += usesColor && style != .plain ? "\u{1B}[\(style.rawValue)m\(shown)\u{1B}[0m" : shown
    }
    return text
  }
}
