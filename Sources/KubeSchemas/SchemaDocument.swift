public import KubeCore

/// A document of facts about kinds, as text in the format of
/// `Tools/generate-kinds/Kubernetes.schema`, whose head explains it. Only the positions of kinds
/// and types are indexed at first; each is parsed on first use.
///
/// Invalid lines are skipped: the generator, which writes the document, validates it as a whole.
public struct SchemaDocument: Sendable {
  /// Whether the kinds are built into the API server; otherwise they are custom resources, which it
  /// stores as clients write them, empty values included.
  public let isBuiltIn: Bool
  /// A group and version, and the Swift module of its types.
  public struct Section: Sendable, Hashable {
    /// The section's name, such as `core`, which qualifies the names of its types.
    public var name: String
    /// The group and version, as in an object's `apiVersion`.
    public var apiVersion: String
    /// The Swift module of its types.
    public var module: String

    package init(name: String, apiVersion: String, module: String) {
      self.name = name
      self.apiVersion = apiVersion
      self.module = module
    }
  }

  /// The sections, in the document's order.
  public let sections: [Section]
  private let kindEntries: [Entry]
  private let kindIndex: [GroupKind: Int]
  private let kindOfType: [TypeName: Int]
  private let typeEntries: [TypeName: Entry]
  /// The names of all types, in the document's order.
  public let typeNames: [TypeName]
  // An array, since a struct can't contain itself.
  /// The document whose types this one also uses; at most one.
  private let base: [SchemaDocument]

  /// The lines of a kind or type, without continuation marks.
  private struct Entry {
    var section: Int
    var lines: [Substring]
  }

  /// Creates the document of built-in kinds from `text`.
  public init(_ text: String) { self.init(text, isBuiltIn: true, base: []) }

  /// Creates the document of custom resources from `text`, which also uses the types of `base`.
  public init(customResources text: String, base: SchemaDocument) {
    self.init(text, isBuiltIn: false, base: [base])
  }

  private init(_ text: String, isBuiltIn: Bool, base: [SchemaDocument]) {
    self.isBuiltIn = isBuiltIn
    self.base = base
    var sections: [Section] = []
    var kinds: [Entry] = []
    var types: [(TypeName, Entry)] = []
    var isKind = false
    for line in text.split(separator: "\n") where line.first != "#" {
      if line.first == "@" {
        let words = line.dropFirst().split(separator: " ").map { String($0) }
        guard words.count == 3 else { continue }
        sections.append(Section(name: words[0], apiVersion: words[1], module: words[2]))
      } else if line.hasPrefix("  ") {
        if isKind, !kinds.isEmpty { kinds[kinds.count - 1].lines.append(line.dropFirst(2)) }
        if !isKind, !types.isEmpty { types[types.count - 1].1.lines.append(line.dropFirst(2)) }
      } else if let section = sections.last {
        isKind = line.hasPrefix("kind ")
        let entry = Entry(section: sections.count - 1, lines: [isKind ? line.dropFirst(5) : line])
        if isKind {
          kinds.append(entry)
        } else {
          let name = line.prefix { $0 != " " && $0 != ";" }
          types.append((TypeName(section: section.name, name: String(name)), entry))
        }
      }
    }
    self.sections = sections
    kindEntries = kinds
    typeEntries = Dictionary(types, uniquingKeysWith: { first, _ in first })
    typeNames = types.map(\.0)
    kindIndex = Dictionary(
      kinds.indices.map { index in
        let entry = kinds[index]
        let name = entry.lines.first?.prefix { $0 != " " } ?? ""
        return (GroupKind(apiVersion: sections[entry.section].apiVersion, kind: String(name)), index)
      }, uniquingKeysWith: { first, _ in first })
    kindOfType = Dictionary(
      kinds.indices.map { index in
        let name = kinds[index].lines.first?.prefix { $0 != " " } ?? ""
        return (TypeName(section: sections[kinds[index].section].name, name: String(name)), index)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// All kinds, in the document's order.
  public var kinds: [KindSchema] { kindEntries.compactMap { kind($0) } }

  /// The kind's schema; `nil` where the document has none of this group and name.
  public func kind(_ kind: GroupKind) -> KindSchema? {
    kindIndex[kind].flatMap { self.kind(kindEntries[$0]) }
  }

  /// The kind whose objects are of this type; `nil` where there is none.
  package func kind(of type: TypeName) -> KindSchema? {
    kindOfType[type].flatMap { kind(kindEntries[$0]) }
  }

  /// The resource type for an object's `apiVersion` and `kind`; `nil` for unknown ones.
  public func resourceType(apiVersion: String, kind: String) -> ResourceType? {
    let schema = self.kind(GroupKind(apiVersion: apiVersion, kind: kind))
    return schema?.apiVersion == apiVersion ? schema?.resourceType : nil
  }

  /// The type's schema; `nil` where the document has none of this name.
  public func type(_ name: TypeName) -> TypeSchema? {
    guard let entry = typeEntries[name] else { return base.first?.type(name) }
    var words = entry.lines.filter { !$0.hasPrefix("///") }.flatMap { $0.split(separator: " ") }[...]
    let marks = words.popFirst()?.split(separator: ";").dropFirst() ?? []
    let swift = marks.first { $0.hasPrefix("swift=") }.map { String($0.dropFirst(6)) }
    return TypeSchema(
      name: name, isAtomic: marks.contains("atomic"), swiftName: swift ?? name.name,
      fields: words.compactMap { word in FieldSchema(word) { resolve($0, in: name.section) } })
  }

  /// The type that `text` denotes in a section: one of its own, of `meta`, or of the section before
  /// the dot.
  private func resolve(_ text: Substring, in section: String) -> TypeName {
    let parts = text.split(separator: ".", maxSplits: 1)
    if parts.count == 2 { return TypeName(section: String(parts[0]), name: String(parts[1])) }
    let own = TypeName(section: section, name: String(text))
    return typeEntries[own] == nil ? TypeName(section: "meta", name: own.name) : own
  }

  /// The members of a type in JSON: those of a field `*` take its place.
  public func members(of name: TypeName) -> [FieldSchema] {
    (type(name)?.fields ?? []).flatMap { field -> [FieldSchema] in
      guard field.name == "*", case .type(let inner) = field.type else { return [field] }
      return members(of: inner)
    }
  }

  /// The types that `name` contains at any depth, itself included, each once.
  public func closure(of name: TypeName) -> [TypeName: TypeSchema] {
    var result: [TypeName: TypeSchema] = [:]
    var rest = [name]
    while let next = rest.popLast() {
      guard result[next] == nil, let type = type(next) else { continue }
      result[next] = type
      rest += type.fields.compactMap(\.type.typeName)
    }
    return result
  }

  private func kind(_ entry: Entry) -> KindSchema? {
    guard let first = entry.lines.first else { return nil }
    let section = sections[entry.section]
    var facts: [Substring] = []
    var rules: [KindSchema.Rule] = []
    var columns: [KindSchema.Column] = []
    for (index, line) in entry.lines.enumerated() {
      if index > 0, line.hasPrefix("at ") {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3 else { continue }
        rules.append(
          KindSchema.Rule(path: String(words[1]), attribute: FieldSchema.Attribute(words[2])))
      } else if index > 0, line.hasPrefix("columns ") {
        columns += line.dropFirst(8).split(separator: "|").map { KindSchema.Column($0) }
      } else {
        facts += line.split(separator: " ")
      }
    }
    guard facts.count >= 2, !first.isEmpty else { return nil }
    return KindSchema(
      name: TypeName(section: section.name, name: String(facts[0])), apiVersion: section.apiVersion,
      plural: facts[1] == "-" ? nil : String(facts[1]), facts: facts.dropFirst(2), rules: rules,
      columns: columns)
  }
}
