import KubeCore
import KubeSchemas

/// The kinds of one source, with their properties in Swift.
struct KindModel {
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  /// The path of the source file from the repository's root.
  let source: String
  /// Whether the kinds are built into the API server.
  let isBuiltIn: Bool
  /// Whether an object may be older than its definition: then a missing required member reads as
  /// its zero, and one with a default as the default.
  let isLenient: Bool
  private(set) var sections: [SchemaDocument.Section] = []
  private(set) var kinds: [KindSchema] = []
  private(set) var typeNames: [TypeName] = []
  private var types: [TypeName: TypeSchema] = [:]
  /// The types of another source that these use.
  private let base: SchemaDocument?
  /// The documentation of a type's fields and, under the empty name, of the type.
  var documentation: [TypeName: [String: String]] = [:]
  /// The Swift enumerations of a type's fields.
  private(set) var enumerations: [TypeName: [String: String]] = [:]
  /// The minimum and maximum of a type's numbers.
  private(set) var bounds: [TypeName: [String: NumberBounds]] = [:]

  /// Creates the model of a schema file.
  init(_ document: SchemaDocument, text: String, source: String, base: SchemaDocument? = nil) throws {
    self.source = source
    self.base = base
    isBuiltIn = document.isBuiltIn
    isLenient = false
    sections = document.sections
    kinds = document.kinds
    for name in document.typeNames { try add(document.type(name), named: name) }
    try readDocumentation(text)
    // The parser skips invalid lines: they are detected by counting.
    let words = text.split(separator: "\n").filter { line in
      !["#", "@", "kind ", "  at ", "  columns ", "  ///"].contains { line.hasPrefix($0) }
    }.flatMap { $0.split(separator: " ") }.filter { $0.contains(":") }
    let read = typeNames.reduce(0) { $0 + (type($1)?.fields.count ?? 0) }
    guard words.count == read else {
      throw Problem(description: "\(words.count) fields are written down, \(read) can be read")
    }
    try check()
  }

  /// Creates the model of a CustomResourceDefinition.
  init(
    customResource kind: KindSchema, in section: SchemaDocument.Section, types: [TypeSchema],
    documentation: [TypeName: [String: String]], enumerations: [TypeName: [String: String]],
    bounds: [TypeName: [String: NumberBounds]], source: String
  ) throws {
    self.source = source
    self.documentation = documentation
    self.enumerations = enumerations
    self.bounds = bounds
    base = KubernetesSchema.document
    isBuiltIn = false
    isLenient = true
    sections = [section]
    kinds = [kind]
    for type in types { try add(type, named: type.name) }
    try check()
  }

  private mutating func add(_ type: TypeSchema?, named name: TypeName) throws {
    guard let type else { throw Problem(description: "\(name) can't be read") }
    guard types.updateValue(type, forKey: name) == nil else {
      throw Problem(description: "there are two types \(name)")
    }
    typeNames.append(name)
  }

  /// Reads the lines `/// …` of a type itself and `/// .field …` of its fields.
  private mutating func readDocumentation(_ text: String) throws {
    var section = ""
    var type: TypeName?
    for line in text.split(separator: "\n") {
      if line.first == "@" {
        section = line.dropFirst().split(separator: " ").first.map { String($0) } ?? ""
      } else if line.hasPrefix("  /// ") {
        guard let type else { throw Problem(description: "documentation of no type: \(line)") }
        var words = line.dropFirst(6)
        var field = ""
        if words.first == "." {
          field = String(words.dropFirst().prefix { $0 != " " })
          words = words.dropFirst(field.count + 2)
          guard members(of: type).contains(where: { $0.name == field }) else {
            throw Problem(description: "\(type) has no field \(field)")
          }
        }
        documentation[type, default: [:]][field] = String(words)
      } else if !line.hasPrefix("  "), !line.hasPrefix("kind "), line.first != "#" {
        type = TypeName(section: section, name: String(line.prefix { $0 != " " && $0 != ";" }))
      }
    }
  }

  /// The type, of this source or of its base.
  func type(_ name: TypeName) -> TypeSchema? { types[name] ?? base?.type(name) }

  /// Whether the type is this source's own.
  func owns(_ name: TypeName) -> Bool { types[name] != nil }

  /// The Swift module of a type that isn't this source's own.
  func foreignModule(of name: TypeName) -> String? {
    guard !owns(name) else { return nil }
    return base?.sections.first { $0.name == name.section }?.module
  }

  /// The members of a type in JSON: those of a field `*` take its place.
  func members(of name: TypeName) -> [FieldSchema] {
    (type(name)?.fields ?? []).flatMap { field -> [FieldSchema] in
      guard field.name == "*", case .type(let inner) = field.type else { return [field] }
      return members(of: inner)
    }
  }

  /// The types that `name` contains at any depth, itself included.
  func closure(of name: TypeName) -> Set<TypeName> {
    var result: Set<TypeName> = []
    var rest = [name]
    while let next = rest.popLast() {
      guard result.insert(next).inserted else { continue }
      rest += members(of: next).compactMap(\.type.typeName)
    }
    return result
  }

  /// Throws for the first inconsistent entry.
  private func check() throws {
    guard !kinds.isEmpty else { throw Problem(description: "there are no kinds") }
    for kind in kinds where type(kind.name) == nil {
      throw Problem(description: "the kind \(kind.name) has no fields")
    }
    for name in typeNames {
      guard let type = type(name) else { throw Problem(description: "\(name) can't be read") }
      var names: Set<String> = []
      for field in members(of: name) {
        guard names.insert(field.name).inserted else {
          throw Problem(description: "\(name).\(field.name) is there twice")
        }
      }
      for field in type.fields {
        if let inner = field.type.typeName, self.type(inner) == nil {
          throw Problem(description: "\(name).\(field.name): there is no type \(inner)")
        }
        for case .other(let attribute) in field.attributes {
          throw Problem(description: "\(name).\(field.name): \(attribute) isn't known")
        }
      }
    }
  }
}
