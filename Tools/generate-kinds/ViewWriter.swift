import KubeCore
import KubeSchemas

/// A writer of the file of one type: a view with a property for each field.
struct ViewWriter {
  let generator: Generator
  let type: TypeSchema
  /// The kind with these fields; `nil` for other types.
  let kind: KindSchema?
  let module: String
  private let properties: [Property]

  init(generator: Generator, type: TypeSchema, kind: KindSchema?, module: String) {
    self.generator = generator
    self.type = type
    self.kind = kind
    self.module = module
    // A type inside another one, and that one, refer to their neighbors by their own names.
    let outer = type.swiftName.split(separator: ".").dropLast().joined(separator: ".")
    var names: Set<String> = []
    properties = generator.model.members(of: type.name).map { field in
      let base = SwiftName.property(field.name)
      var (name, number) = (base, 2)
      while !names.insert(name).inserted {
        name = "\(base)\(number)"
        number += 1
      }
      return Property(
        field, of: type.name, kind: kind, isReported: generator.isReported(type.name), generator.model,
        outer: outer.isEmpty ? type.swiftName : outer, name: name)
    }
  }

  private var apiVersion: String {
    generator.model.sections.first { $0.name == type.name.section }?.apiVersion ?? ""
  }

  var file: String {
    let head = [SourceTree.mark(generator.model.source)]
    var imports: Set<String> = ["KubeCore"]
    for field in generator.model.members(of: type.name) {
      if let name = field.type.typeName, let other = generator.moduleToImport(for: name, in: module) {
        imports.insert(other)
      }
    }
    var lines = head + imports.sorted().map { "public import \($0)" }
    // A name with a dot belongs to a type inside another one.
    let names = type.swiftName.split(separator: ".").map { String($0) }
    lines.append("")
    guard names.count > 1 else {
      return (lines + declaration(named: type.swiftName) + [""]).joined(separator: "\n")
    }
    lines.append("extension \(names.dropLast().joined(separator: ".")) {")
    lines += declaration(named: names[names.count - 1]).map { $0.isEmpty ? "" : "  " + $0 }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private func declaration(named name: String) -> [String] {
    let width = columns - 16
    var lines = Words.wrapped(title, width: width + 2).map { "/// " + $0 }
    let protocols =
      kind?.resourceType == nil
      ? "JSONView" : generator.model.isLenient ? "CustomResource, JSONView" : "KubeObject, JSONView"
    lines.append("public struct \(name): \(protocols) {")
    lines += typeProperty + shape
    lines += [
      "  /// The members, as they were read or set.",
      "  public var fields: JSONObject",
      "",
      "  /// A view over `fields`, unchecked.",
      "  public init(unchecked fields: JSONObject) { self.fields = fields }",
    ]
    // The metadata of a kind are a protocol's.
    for property in properties where !(isKubeObject && property.name == "metadata") {
      lines.append("")
      lines += property.declaration(width: width, isLinked: isInModule(property.field))
    }
    for property in properties {
      guard let bounds = generator.model.bounds[type.name]?[property.field.name] else { continue }
      lines += [""] + property.declaration(of: bounds)
    }
    return lines + initializer + ["}"]
  }

  /// Whether the type of a field's objects is generated in the same module.
  private func isInModule(_ field: FieldSchema) -> Bool {
    guard let name = field.type.typeName else { return true }
    return Vocabulary(name, generator.model) == nil && generator.moduleToImport(for: name, in: module) == nil
  }

  /// The columns of a line, less the indentation of a nested type.
  private var columns: Int { type.swiftName.contains(".") ? 108 : 110 }

  private var isKubeObject: Bool { kind?.resourceType != nil }

  private var title: String {
    if let words = generator.model.documentation[type.name]?[""] { return words }
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
    ] + Words.wrapped(arguments, separator: ", ", indent: "    ", end: ")", width: columns) + [""]
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
      + Words.wrapped(words, separator: " ", indent: "    ", end: "", width: columns)
      + (arguments.isEmpty
        ? ["    \"\"\")"]
        : Words.wrapped(["\"\"\""] + arguments, separator: ", ", indent: "    ", end: ")", width: columns))
      + [""]
  }

  private var initializer: [String] {
    let sorted =
      generator.model.isLenient
      ? properties.filter(\.isArgumentRequired) + properties.filter { !$0.isArgumentRequired } : properties
    let parameters = sorted.map(\.parameter)
    var lines = ["", "  /// A value of the given fields."]
    if parameters.isEmpty {
      lines.append("  public init() {")
    } else {
      lines.append("  public init(")
      lines += Words.wrapped(parameters, separator: ", ", indent: "    ", end: "", width: columns)
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
      lines.append("    " + property.assignment)
    }
    return lines + ["  }"]
  }
}
