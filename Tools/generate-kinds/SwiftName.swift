/// Names in Swift for names in JSON.
enum SwiftName {
  /// Words that aren't names without back-ticks.
  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
    "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if",
    "import",
    "in", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol",
    "public", "repeat", "rethrows", "return", "static", "struct", "subscript", "super", "switch", "throw",
    "throws", "true", "try", "typealias", "var", "where", "while",
  ]
  /// Names with another meaning in views or in Swift itself.
  private static let taken: Set<String> = [
    "fields", "shape", "json", "init", "self", "hashValue",
  ]
  /// Types that generated code uses, and names that can't be a type's.
  static let takenTypes: Set<String> = [
    "Any", "Type", "Protocol", "Self", "Array", "Bool", "ClosedRange", "Condition", "CustomResource", "Date",
    "Dictionary", "Double", "FieldTable", "Int", "Int32", "Int64", "IntOrString", "JSONObject", "JSONValue",
    "JSONView", "LabelSelector", "LocalObjectReference", "ObjectMeta", "ObjectShape", "OpenEnumeration",
    "Optional", "PartialRangeFrom", "PartialRangeThrough", "PolicyRule", "ResourceRequirements",
    "ResourceType", "SecretBytes", "Set", "StaticString", "String", "TemplateMeta", "UInt8",
  ]

  /// The `name` in the form of a declaration.
  static func escaped(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

  /// The property for a member: only letters and digits, the first in lower case.
  static func property(_ member: String) -> String {
    let words = member.split { !$0.isASCII || !($0.isLetter || $0.isNumber || $0 == "_") }
    guard let first = words.first else { return "value" }
    let name = first.prefix(1).lowercased() + first.dropFirst() + words.dropFirst().map(capitalized).joined()
    if taken.contains(name) { return name + "Value" }
    return name.first?.isNumber == true ? "_" + name : name
  }

  /// The type for a member.
  static func type(_ member: String) -> String {
    let name = property(member).filter { $0 != "_" }
    return name.first?.isNumber == true ? "Type" + name : capitalized(name)
  }

  /// The text with its first letter in upper case.
  static func capitalized(_ text: some StringProtocol) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// A literal of a string.
  static func literal(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
