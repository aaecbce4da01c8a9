import KubeCore
import KubeSchemas

/// A writer of the enumeration of a field's values.
struct EnumerationWriter {
  let swiftName: String
  let documentation: String
  let values: [String]
  let source: String

  /// The values with the names of their cases: leading capital letters in lower case, except for
  /// one that begins a word.
  static func cases(of values: [String]) -> [(name: String, value: String)] {
    // The other members of the enumeration.
    var taken: Set<String> = ["unknown", "known", "name", "json", "description", "isKnown", "init", "self"]
    return values.map { value in
      var name = caseName(of: value)
      if taken.contains(name) { name += "Value" }
      let base = name
      var number = 2
      while taken.contains(name) {
        name = "\(base)\(number)"
        number += 1
      }
      taken.insert(name)
      return (name, value)
    }
  }

  private static func caseName(of value: String) -> String {
    let letters = Array(value)
    var name = ""
    for index in letters.indices {
      let isFirstOfWord =
        index > 0 && index + 1 < letters.count && letters[index].isUppercase
        && letters[index + 1].isLowercase
      guard letters[index].isUppercase, !isFirstOfWord else {
        name += String(letters[index...])
        break
      }
      name += letters[index].lowercased()
    }
    let word = SwiftName.property(name)
    return word.first == "_" ? "value" + word : word
  }

  var file: String {
    let outer = swiftName.split(separator: ".").dropLast().joined(separator: ".")
    let name = String(swiftName.split(separator: ".").last ?? "")
    let cases = EnumerationWriter.cases(of: values)
    var lines = [SourceTree.mark(source), "public import KubeCore", "", "extension \(outer) {"]
    lines += Words.wrapped(documentation, width: 94).map { "  /// " + $0 }
    lines.append("  public enum \(name): OpenEnumeration {")
    for (word, value) in cases {
      let shown = value.split(whereSeparator: \.isNewline).joined(separator: " ")
      lines += ["    /// `\(shown)`.", "    case \(SwiftName.escaped(word))"]
    }
    lines += [
      "    /// A value that isn't known here.", "    case unknown(String)", "",
      "    /// The values that are known.", "    public static let known: [\(name)] = [",
    ]
    lines += Words.wrapped(cases.map { "." + $0.name }, separator: ", ", indent: "      ", end: ",")
    lines += [
      "    ]", "", "    /// The value as it is written.", "    public var name: String {",
      "      switch self {",
    ]
    for (word, value) in cases { lines.append("      case .\(word): \(SwiftName.literal(value))") }
    lines += ["      case .unknown(let name): name", "      }", "    }", "  }", "}", ""]
    return lines.joined(separator: "\n")
  }
}
