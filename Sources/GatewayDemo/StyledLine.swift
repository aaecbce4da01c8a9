import KubeCore

/// A line for the terminal: pieces of text, each with its style.
package struct StyledLine: Sendable, ExpressibleByStringInterpolation {
  /// The style of a piece; its raw value is the parameter of the terminal's command SGR (ECMA-48).
  package enum Style: String, Sendable {
    case plain = ""
    case dim = "2"
    case bold = "1"
    case good = "32"
    case bad = "31"
    case busy = "33"
    case accent = "36"
  }

  /// The pieces, in their order.
  package private(set) var pieces: [(text: String, style: Style)] = []

  /// An empty line.
  package init() {}

  /// A line of one piece.
  package init(_ text: String, _ style: Style = .plain) { pieces = [(text, style)] }

  /// A line of one plain piece.
  package init(stringLiteral value: String) { self.init(value) }

  /// The pieces of both.
  package static func + (left: StyledLine, right: StyledLine) -> StyledLine {
    var line = left
    line.pieces += right.pieces
    return line
  }

  /// The line as text, cut to `width` characters, with or without colors. An object's text in it
  /// can't begin another line, or command the terminal.
  package func text(width: Int = .max, usesColor: Bool) -> String {
    var room = width
    var text = ""
    for (raw, style) in pieces where room > 0 {
      let piece = raw.onOneLine
      let shown = piece.count > room ? piece.prefix(max(0, room - 1)) + "…" : piece[...]
      room -= shown.count
      text += usesColor && style != .plain ? "\u{1B}[\(style.rawValue)m\(shown)\u{1B}[0m" : shown
    }
    return text
  }

  /// The number of characters.
  package var count: Int { pieces.reduce(0) { $0 + $1.text.count } }
}
