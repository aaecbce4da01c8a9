extension String {
  /// The text in one line, with every control character escaped, and every one that changes the
  /// direction of text.
  package var onOneLine: String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text.append(contentsOf: scalar.escaped)
      default: text.append(scalar)
      }
    }
    return String(text)
  }
}

extension Unicode.Scalar {
  /// The scalar as Swift's literals write it: `\u{1b}`.
  package var escaped: String.UnicodeScalarView {
    "\\u{\(String(value, radix: 16))}".unicodeScalars
  }
}
