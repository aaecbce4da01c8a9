import KubeCore
import KubeSchemas

/// A generator of the typed kinds' source files from a model.
struct Generator {
  let model: KindModel
  /// The folder of a module's generated files.
  private let folder: (String) -> String
  /// The Swift module of each section.
  private let modules: [String: String]
  /// The modules in which each type is generated.
  private var owners: [TypeName: Set<String>] = [:]
  /// The types that clients write; the others occur only in a kind's status.
  private var written: Set<TypeName> = []

  init(_ model: KindModel, folder: @escaping (String) -> String = { "Sources/" + $0 }) {
    self.model = model
    self.folder = folder
    modules = Dictionary(uniqueKeysWithValues: model.sections.map { ($0.name, $0.module) })
    for kind in model.kinds {
      own(kind.name, in: modules[kind.name.section] ?? "")
      written.insert(kind.name)
      for field in model.members(of: kind.name) where field.name != "status" {
        if let name = field.type.typeName { written.formUnion(model.closure(of: name)) }
      }
    }
  }

  /// Whether only servers write objects of the type. Members that older servers omit are no error.
  func isReported(_ name: TypeName) -> Bool { !written.contains(name) }

  /// The types' files by path.
  var files: [String: String] {
    var files: [String: String] = [:]
    for (name, modules) in owners {
      guard let type = model.type(name) else { continue }
      let file = type.swiftName.replacing(".", with: "+") + ".swift"
      for module in modules {
        let kind = model.kinds.first { $0.name == name }
        files["\(folder(module))/\(file)"] =
          ViewWriter(generator: self, type: type, kind: kind, module: module).file
      }
    }
    return files
  }

  /// The module to import in a file that uses a type; `nil` for one of its own.
  func moduleToImport(for name: TypeName, in module: String) -> String? {
    if Vocabulary(name, model) != nil { return nil }
    if let foreign = model.foreignModule(of: name) { return foreign }
    guard let owners = owners[name], !owners.contains(module) else { return nil }
    return owners.sorted().first
  }

  /// Records the types that `name` contains, each in its section's module; those of `meta` in the
  /// module that uses them.
  private mutating func own(_ name: TypeName, in user: String) {
    guard Vocabulary(name, model) == nil, model.owns(name) else { return }
    let module = name.section == "meta" ? user : modules[name.section] ?? user
    guard owners[name, default: []].insert(module).inserted else { return }
    for field in model.members(of: name) {
      if let inner = field.type.typeName { own(inner, in: module) }
    }
  }
}

extension KindModel {
  /// The extension of `type` with the literal of `text`, the facts without comments and
  /// documentation.
  func literal(of text: String, in type: String) -> String {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix("  ///") }
    return """
      \(SourceTree.mark(source))
      extension \(type) {
        /// The facts, in the format that the head of `Tools/generate-kinds/Kubernetes.schema` explains.
        static let text = \"""
      \(lines.map { "    " + $0 }.joined(separator: "\n"))
          \"""
      }

      """
  }

  /// The list of all typed kinds, for the tests.
  var listOfKinds: String {
    let modules = Dictionary(uniqueKeysWithValues: sections.map { ($0.name, $0.module) })
    let kinds = kinds.compactMap { kind -> (String, String)? in
      guard kind.plural != nil, let module = modules[kind.name.section] else { return nil }
      return (module, kind.kind)
    }
    let imports = Set(kinds.map(\.0)).sorted().map { "import \($0)" }
    return """
      \(SourceTree.mark(source))
      import KubeCore
      \(imports.joined(separator: "\n"))

      /// Every kind as a typed value.
      let allKinds: [any (KubeObject & JSONView).Type] = [
      \(kinds.map { "  \($0.0).\($0.1).self," }.joined(separator: "\n"))
      ]

      """
  }
}

/// A type that KubeCore defines by hand, because several kinds' modules or the library itself need
/// it.
struct Vocabulary {
  var swiftName: String
  /// Whether it is a view; otherwise it is decoded and encoded as a whole.
  var isView: Bool

  init?(_ name: TypeName, _ model: KindModel) {
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
      // The kinds' own conditions are like all conditions, with one additional time.
      let fields = model.type(name)?.fields ?? []
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
