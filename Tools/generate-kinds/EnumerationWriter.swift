import KubeCore
import KubeSchemas

/// Writes the enumeration of a field's values.
struct EnumerationWriter {
  let swiftName: String
  let documentation: String
  let values: [String]
  let source: String

  /// The name of a value's case: its first capital letters in lower case, but for one that begins a word.
  static func caseName(of value: String) -> String {
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
    let word = name.filter { $0.isLetter || $0.isNumber || $0 == "_" }
    return word.first?.isLetter == true ? word : "value" + word.prefix(1).uppercased() + word.dropFirst()
  }

  var file: String {
    let outer = swiftName.split(separator: ".").dropLast().joined(separator: ".")
    let name = String(swiftName.split(separator: ".").last ?? "")
    let cases = values.map { (EnumerationWriter.caseName(of: $0), $0) }
    var lines = [SourceTree.mark(source), "public import KubeCore", "", "extension \(outer) {"]
    lines += Words.wrapped(documentation, width: 94).map { "  /// " + $0 }
    lines.append("  public enum \(name): OpenEnumeration {")
    for (word, value) in cases { lines += ["    /// `\(value)`.", "    case \(Property.escaped(word))"] }
    lines += [
      "    /// A value that isn't known here.", "    case unknown(String)", "",
      "    /// The values that are known.", "    public static let known: [\(name)] = [",
    ]
    lines += Words.wrapped(cases.map { "." + $0.0 }, separator: ", ", indent: "      ", end: ",")
    lines += [
      "    ]", "", "    /// The value as it is written.", "    public var name: String {",
      "      switch self {",
    ]
    for (word, value) in cases { lines.append("      case .\(word): \"\(value)\"") }
    lines += ["      case .unknown(let name): name", "      }", "    }", "  }", "}", ""]
    return lines.joined(separator: "\n")
  }
}
