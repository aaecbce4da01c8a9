import KubeCore
import KubeSchemas

/// Writes the file of one type: a view with a property for each field.
struct ViewWriter {
  let generator: Generator
  let type: TypeSchema
  /// The kind whose fields these are; `nil` for other types.
  let kind: KindSchema?
  let module: String
  private let properties: [Property]

  init(generator: Generator, type: TypeSchema, kind: KindSchema?, module: String) {
    self.generator = generator
    self.type = type
    self.kind = kind
    self.module = module
    properties = generator.document.members(of: type.name).map { field in
      Property(field, kind: kind, isReported: generator.isReported(type.name), generator.document)
    }
  }

  private var apiVersion: String {
    generator.document.sections.first { $0.name == type.name.section }?.apiVersion ?? ""
  }

  var file: String {
    var lines = [SourceTree.mark]
    var imports: Set<String> = ["KubeCore"]
    for field in generator.document.members(of: type.name) {
      if let name = field.type.typeName, let other = generator.moduleToImport(for: name, in: module) {
        imports.insert(other)
      }
    }
    lines += imports.sorted().map { "public import \($0)" }
    if properties.contains(where: { $0.swiftType.contains("Date") }) {
      lines += ["", "public import struct Foundation.Date"]
    }
    lines += ["", "/// \(title)"]
    let protocols = kind?.resourceType == nil ? "JSONView" : "KubeObject, JSONView"
    lines.append("public struct \(type.swiftName): \(protocols) {")
    lines += typeProperty + shape
    lines += [
      "  /// The members, as they were read or set.",
      "  public var fields: JSONObject",
      "",
      "  /// A view over `fields`, unchecked.",
      "  public init(unchecked fields: JSONObject) { self.fields = fields }",
    ]
    // A kind's metadata is a protocol's.
    for property in properties where !(isKubeObject && property.name == "metadata") {
      lines.append("")
      lines += property.declaration
    }
    lines += initializer + ["}", ""]
    return lines.joined(separator: "\n")
  }

  private var isKubeObject: Bool { kind?.resourceType != nil }

  private var title: String {
    guard let kind else { return "The type `\(type.name.name)` of \(apiVersion)." }
    let since = kind.since.map { ", since Kubernetes \($0)" } ?? ""
    return "The kind `\(kind.kind)` of \(apiVersion)\(since)."
  }

  private var typeProperty: [String] {
    guard let type = kind?.resourceType else { return [] }
    let arguments = [
      "group: \"\(type.group)\"", "version: \"\(type.version)\"", "kind: \"\(type.kind)\"",
      "plural: \"\(type.plural)\"", "isNamespaced: \(type.isNamespaced)",
    ]
    return [
      "  /// How the API serves this kind.",
      "  public static let type = ResourceType(",
    ] + wrap(arguments, separator: ", ", indent: "    ", end: ")") + [""]
  }

  private var shape: [String] {
    var types: [String] = []
    let words = properties.map { property in
      property.shape { name in
        if let index = types.firstIndex(of: name) { return index }
        types.append(name)
        return types.count - 1
      }
    }.sorted()
    let arguments = types.map { "\($0).self" }
    return ["  /// What the members must be.", "  public static let shape = ObjectShape(", "    \"\"\""]
      + wrap(words, separator: " ", indent: "    ", end: "")
      + (arguments.isEmpty
        ? ["    \"\"\")"]
        : wrap(["\"\"\""] + arguments, separator: ", ", indent: "    ", end: ")")) + [""]
  }

  private var initializer: [String] {
    let parameters = properties.map(\.parameter)
    var lines = ["", "  /// A value of the given fields."]
    if parameters.isEmpty {
      lines.append("  public init() {")
    } else {
      lines.append("  public init(")
      lines += wrap(parameters, separator: ", ", indent: "    ", end: "")
      lines.append("  ) {")
    }
    if isKubeObject {
      lines.append("    fields = JSONObject(Self.type, metadata: metadata)")
    } else if let kind {
      lines.append("    fields = [\"apiVersion\": \"\(kind.apiVersion)\", \"kind\": \"\(kind.kind)\"]")
    } else {
      lines.append("    fields = [:]")
    }
    for property in properties where !(isKubeObject && property.name == "metadata") {
      lines.append("    self.\(property.name) = \(property.escaped)")
    }
    return lines + ["  }"]
  }

  /// `parts` in as few lines as have room for them.
  private func wrap(_ parts: [String], separator: String, indent: String, end: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      let piece = part + (isLast ? end : separator.contains(",") ? "," : "")
      if line.isEmpty {
        line = indent + piece
      } else if line.utf8.count + 1 + piece.utf8.count > 110 {
        lines.append(line)
        line = indent + piece
      } else {
        line += " " + piece
      }
    }
    return lines + [line]
  }
}
