/// A piece of an HTML page; its text is escaped.
enum HTML: ExpressibleByStringLiteral {
  case text(String)
  /// An element; its name may be followed by constant attributes.
  indirect case element(name: String, attributes: [(String, String)], content: [HTML])

  init(stringLiteral value: String) { self = .text(value) }

  /// An element with a class, and a style of its own.
  static func tag(
    _ name: String, class classes: String? = nil, style: String? = nil, _ content: [HTML]
  ) -> HTML {
    let attributes = [("class", classes), ("style", style)].compactMap { name, value in
      value.map { (name, $0) }
    }
    return .element(name: name, attributes: attributes, content: content)
  }

  /// The piece as text of the page.
  var rendered: String {
    switch self {
    case .text(let text): return HTML.escaped(text)
    case .element(let name, let attributes, let content):
      let head = name + attributes.map { " \($0.0)=\"\(HTML.escaped($0.1))\"" }.joined()
      let end = name.prefix { $0 != " " }
      return "<\(head)>" + content.map(\.rendered).joined() + "</\(end)>"
    }
  }

  /// The text without characters that have a meaning in HTML or for a terminal.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default:
        if scalar.properties.generalCategory == .control, scalar != "\n" {
          result += "\u{FFFD}"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
