import Foundation
import KubeCore
import KubeSchemas

/// Makes the source files of the typed kinds, and of the literal with the facts, from the text of the facts.
struct Generator {
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  let document: SchemaDocument
  private let text: String
  /// Of each section, its Swift module.
  private let modules: [String: String]
  /// What is generated for each type: the modules that it is in.
  private var owners: [TypeName: Set<String>] = [:]
  /// The types that a client writes; the others are parts of a kind's status alone.
  private var written: Set<TypeName> = []

  init(_ text: String) throws {
    self.text = text
    document = SchemaDocument(text)
    modules = Dictionary(uniqueKeysWithValues: document.sections.map { ($0.name, $0.module) })
    try check()
    for kind in document.kinds {
      own(kind.name, in: modules[kind.name.section] ?? "")
      written.insert(kind.name)
      for field in document.members(of: kind.name) where field.name != "status" {
        if let name = field.type.typeName { written.formUnion(document.closure(of: name).keys) }
      }
    }
  }

  /// Whether only servers write objects of the type. What they left out, as older ones do, is no error.
  func isReported(_ name: TypeName) -> Bool { !written.contains(name) }

  /// The files by path.
  func files() throws -> [String: String] {
    var files = ["Sources/KubeSchemas/KubernetesSchema+Text.swift": literal]
    for (name, modules) in owners {
      guard let type = document.type(name) else { continue }
      for module in modules {
        let kind = document.kinds.first { $0.name == name }
        let view = ViewWriter(generator: self, type: type, kind: kind, module: module)
        files["Sources/\(module)/\(type.swiftName).swift"] = view.file
      }
    }
    files["Tests/KubeKindsTests/AllKinds.swift"] = allKinds
    return files
  }

  /// The module whose file uses a type has to import; `nil` for one of its own.
  func moduleToImport(for name: TypeName, in module: String) -> String? {
    guard let owners = owners[name], !owners.contains(module) else { return nil }
    return owners.sorted().first
  }

  /// Notes the types that `name` reaches, each in its section's module; those of `meta` in the module that uses them.
  private mutating func own(_ name: TypeName, in user: String) {
    guard Vocabulary(name, document) == nil, let type = document.type(name) else { return }
    let module = name.section == "meta" ? user : modules[name.section] ?? user
    guard owners[name, default: []].insert(module).inserted else { return }
    for field in document.members(of: type.name) {
      if let inner = field.type.typeName { own(inner, in: module) }
    }
  }

  /// Throws at the first entry that doesn't hold together.
  private func check() throws {
    let kinds = document.kinds
    guard !kinds.isEmpty else { throw Problem(description: "there are no kinds") }
    for kind in kinds where document.type(kind.name) == nil {
      throw Problem(description: "the kind \(kind.name) has no fields")
    }
    for name in document.typeNames {
      guard let type = document.type(name) else { throw Problem(description: "\(name) can't be read") }
      var names: Set<String> = []
      for field in document.members(of: name) {
        guard names.insert(field.name).inserted, field.name != "fields", field.name != "shape" else {
          throw Problem(description: "\(name).\(field.name) is there twice, or has a name that views use")
        }
      }
      for field in type.fields {
        if let inner = field.type.typeName, document.type(inner) == nil {
          throw Problem(description: "\(name).\(field.name): there is no type \(inner)")
        }
        for case .other(let attribute) in field.attributes {
          throw Problem(description: "\(name).\(field.name): \(attribute) isn't known")
        }
      }
    }
    // What can't be read is skipped by the parser: count.
    let words = text.split(separator: "\n").filter { line in
      !line.hasPrefix("#") && !line.hasPrefix("@") && !line.hasPrefix("kind ") && !line.hasPrefix("  at ")
        && !line.hasPrefix("  columns ")
    }.flatMap { $0.split(separator: " ") }.filter { $0.contains(":") }
    let read = document.typeNames.reduce(0) { $0 + (document.type($1)?.fields.count ?? 0) }
    guard words.count == read else {
      throw Problem(description: "\(words.count) fields are written down, \(read) can be read")
    }
  }

  private var literal: String {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    return """
      \(SourceTree.mark)
      extension KubernetesSchema {
        /// The facts, in the format that the head of the schema file explains.
        static let text = \"""
      \(lines.map { "    " + $0 }.joined(separator: "\n"))
          \"""
      }

      """
  }

  /// All typed kinds, for the tests.
  private var allKinds: String {
    let kinds = document.kinds.compactMap { kind -> (String, String)? in
      guard kind.plural != nil, let module = modules[kind.name.section] else { return nil }
      return (module, kind.kind)
    }
    let imports = Set(kinds.map(\.0)).sorted().map { "import \($0)" }
    return """
      \(SourceTree.mark)
      import KubeCore
      \(imports.joined(separator: "\n"))

      /// Every kind as a typed value.
      let allKinds: [any (KubeObject & JSONView).Type] = [
      \(kinds.map { "  \($0.0).\($0.1).self," }.joined(separator: "\n"))
      ]

      """
  }
}

/// A type that KubeCore has by hand, because more than one kind's module or the library itself needs it.
struct Vocabulary {
  var swiftName: String
  /// Whether it is a view; otherwise it is read and written as a whole.
  var isView: Bool

  init?(_ name: TypeName, _ document: SchemaDocument) {
    switch name.description {
    case "meta.ObjectMeta": self.init("ObjectMeta")
    case "meta.OwnerReference": self.init("OwnerReference")
    case "meta.Condition": self.init("Condition")
    case "core.ObjectReference": self.init("ObjectReference")
    case "core.LocalObjectReference": self.init("LocalObjectReference")
    case "meta.LabelSelector": self.init("LabelSelector", isView: false)
    case "meta.LabelSelectorRequirement": self.init("LabelSelector.Requirement", isView: false)
    case "rbac.PolicyRule": self.init("PolicyRule", isView: false)
    default:
      // The kinds' own conditions are what all conditions are, with one more time.
      let fields = document.type(name)?.fields ?? []
      let required = Set(fields.filter(\.isRequired).map(\.name))
      guard name.name.hasSuffix("Condition"), required.isSuperset(of: ["type", "status"]),
        fields.contains(where: { $0.name == "reason" })
      else { return nil }
      self.init("Condition")
    }
  }

  private init(_ swiftName: String, isView: Bool = true) {
    self.swiftName = swiftName
    self.isView = isView
  }
}
