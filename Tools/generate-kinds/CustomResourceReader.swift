import KubeCore
import KubeSchemas

/// A reader of a CustomResourceDefinition: the types of its schema, their fields and descriptions.
///
/// The storage version is read. Members whose meaning follows from their names, such as conditions
/// and label selectors, get the types that these have everywhere.
struct CustomResourceReader {
  private let definition: JSONValue
  private let source: String
  private let module: String
  private let kind: String
  private let group: String
  private let version: JSONValue
  private var types: [TypeSchema] = []
  private var documentation: [TypeName: [String: String]] = [:]
  private var enumerations: [TypeName: [String: String]] = [:]
  private var bounds: [TypeName: [String: NumberBounds]] = [:]
  /// The names of types that are already used.
  private var names = SwiftName.takenTypes

  /// Creates a reader of `definition` from the file `source`, for types in `module`.
  init(_ definition: JSONValue, source: String, module: String) throws {
    self.definition = definition
    self.source = source
    self.module = module
    guard definition["kind"] == "CustomResourceDefinition",
      let kind = definition.value(at: "spec", "names", "kind")?.string,
      let group = definition.value(at: "spec", "group")?.string,
      let version = (definition.value(at: "spec", "versions")?.array ?? []).first(where: {
        $0["storage"]?.bool == true
      })
    else {
      throw KindModel.Problem(
        description:
          "\(source): expected a CustomResourceDefinition with spec.names.kind, spec.group and a stored version"
      )
    }
    self.kind = kind
    self.group = group
    names.insert(kind)
    self.version = version
  }

  private var section: SchemaDocument.Section {
    let version = version["name"]?.string ?? ""
    return SchemaDocument.Section(name: "crd", apiVersion: "\(group)/\(version)", module: module)
  }

  /// Builds the model of the kind.
  mutating func model() throws -> KindModel {
    guard let schema = version.value(at: "schema", "openAPIV3Schema") else {
      throw KindModel.Problem(description: "\(source): the stored version has no schema.openAPIV3Schema")
    }
    let name = TypeName(section: "crd", name: kind)
    let metadata = TypeName(section: "meta", name: "ObjectMeta")
    var fields = [FieldSchema(name: "metadata", type: .type(metadata), isAlwaysWritten: true)]
    documentation[name, default: [:]][""] = schema["description"]?.string ?? "The kind `\(kind)`."
    for member in schema["properties"]?.object ?? [:]
    where !["apiVersion", "kind", "metadata"].contains(member.key) {
      var field = try field(member.key, member.value, of: name, in: schema, at: "." + member.key)
      if case .type = field.type { field.isAlwaysWritten = ["spec", "status"].contains(field.name) }
      fields.append(field)
    }
    types.insert(TypeSchema(name: name, swiftName: kind, fields: fields), at: 0)
    let plural = definition.value(at: "spec", "names", "plural")?.string
    let isNamespaced = definition.value(at: "spec", "scope") == "Namespaced"
    let schemaOfKind = KindSchema(
      name: name, apiVersion: section.apiVersion, plural: plural,
      facts: [isNamespaced ? "namespaced" : "cluster"], rules: [], columns: [])
    return try KindModel(
      customResource: schemaOfKind, in: section, types: types, documentation: documentation,
      enumerations: enumerations, bounds: bounds, source: source)
  }

  /// The enumerations' files by name.
  func enumerationFiles(_ model: KindModel) -> [String: String] {
    var files: [String: String] = [:]
    for (type, fields) in model.enumerations {
      for (field, swiftName) in fields {
        let values = model.members(of: type).first { $0.name == field }?.values ?? []
        let writer = EnumerationWriter(
          swiftName: swiftName,
          documentation: model.documentation[type]?[field] ?? "The values of `\(field)`.",
          values: values, source: source)
        files[swiftName.replacing(".", with: "+") + ".swift"] = writer.file
      }
    }
    return files
  }

  /// The file of the definition itself.
  var definitionFile: (name: String, text: String) {
    let json = JSONWriter(style: .pretty).text(definition)
    // More number signs than the text has in a row, so that no part of it ends or escapes the
    // literal.
    let longest = json.split { $0 != "#" }.map(\.count).max() ?? 0
    let marks = String(repeating: "#", count: longest + 1)
    let text = """
      \(SourceTree.mark(source))
      public import KubeCore

      extension \(kind) {
        /// The CustomResourceDefinition of this kind, as it is applied.
        public static let definition = JSONValue(
          literal: \(marks)\"""
      \(json.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n"))
            \"""\(marks))

        /// The rules of the kind's fields.
        public static let fieldTable = FieldTable(openAPISchema: schema ?? [:])
      }

      """
    return ("\(kind)+Definition.swift", text)
  }

  // MARK: - Fields

  private mutating func field(
    _ name: String, _ schema: JSONValue, of owner: TypeName, in object: JSONValue, at path: String
  ) throws -> FieldSchema {
    var attributes: [FieldSchema.Attribute] = []
    if let values = schema["enum"]?.array?.compactMap(\.string), schema["type"] == "string" {
      attributes.append(.values(values))
      let parent = owner.name == kind ? "" : owner.name
      enumerations[owner, default: [:]][name] = "\(kind).\(uniqueName(parent + SwiftName.type(name)))"
    }
    if let value = schema["default"], !value.isNull { attributes.append(.default(.value(value))) }
    switch schema["x-kubernetes-list-type"]?.string {
    case "map":
      attributes.append(
        .listMap(keys: (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)))
    case "set": attributes.append(.set)
    default: break
    }
    if let limits = NumberBounds(schema) { bounds[owner, default: [:]][name] = limits }
    if let words = schema["description"]?.string { documentation[owner, default: [:]][name] = words }
    let isRequired = (object["required"]?.array ?? []).contains(.string(name))
    // An object whose members may all be absent means the same when it is absent itself.
    let isAlwaysThere =
      schema["properties"] != nil && (schema["required"]?.array ?? []).isEmpty
    let type = try type(schema, named: SwiftName.type(name), owner: owner, at: path)
    return FieldSchema(
      name: name, type: type, isRequired: isRequired, isAlwaysWritten: isAlwaysThere && !isRequired,
      attributes: attributes)
  }

  private mutating func type(
    _ schema: JSONValue, named name: String, owner: TypeName, at path: String
  ) throws -> FieldSchema.Kind {
    if schema["x-kubernetes-int-or-string"]?.bool == true {
      return .scalar(schema["pattern"]?.string == Quantity.schemaPattern ? .quantity : .intstr)
    }
    switch schema["type"]?.string {
    case "string":
      switch schema["format"]?.string {
      case "date-time": return .scalar(.time)
      case "byte": return .scalar(.bytes)
      case "duration": return .scalar(.duration)
      default: return .scalar(.string)
      }
    case "integer": return .scalar(schema["format"] == "int32" ? .int32 : .int64)
    case "number": return .scalar(.double)
    case "boolean": return .scalar(.bool)
    case "array":
      guard let items = schema["items"] else {
        throw KindModel.Problem(description: "\(source): \(path): a list without items")
      }
      let inner = try type(items, named: name.singular, owner: owner, at: path + "[]")
      return CustomResourceReader.isReadInLists(inner) ? .list(inner) : .scalar(.any)
    case "object":
      if let values = schema["additionalProperties"], values.object != nil {
        let inner = try type(values, named: name.singular, owner: owner, at: path + "{}")
        return CustomResourceReader.isReadInMaps(inner) ? .map(inner) : .scalar(.any)
      }
      guard let properties = schema["properties"]?.object, !properties.isEmpty else { return .scalar(.any) }
      if let known = CustomResourceReader.knownType(Set(properties.keys), schema) { return .type(known) }
      return .type(try object(schema, properties, named: name, owner: owner, at: path))
    case nil where schema["x-kubernetes-preserve-unknown-fields"]?.bool == true: return .scalar(.any)
    case let type:
      throw KindModel.Problem(
        description: "\(source): \(path): the type \(type ?? "is missing, and") has no equivalent in Swift")
    }
  }

  private mutating func object(
    _ schema: JSONValue, _ properties: JSONObject, named name: String, owner: TypeName, at path: String
  ) throws -> TypeName {
    // A name alone refers to another object.
    let isReference = Array(properties.keys) == ["name"]
    let typeName = TypeName(
      section: "crd", name: uniqueName(isReference ? name + "Reference" : name, in: owner))
    documentation[typeName, default: [:]][""] = schema["description"]?.string ?? "The object at `\(path)`."
    let index = types.count
    types.append(TypeSchema(name: typeName, swiftName: "\(kind).\(typeName.name)"))
    for member in properties {
      let field = try field(member.key, member.value, of: typeName, in: schema, at: path + "." + member.key)
      types[index].fields.append(field)
    }
    return typeName
  }

  /// Whether views have an accessor for lists of the type; others are JSON.
  private static func isReadInLists(_ type: FieldSchema.Kind) -> Bool {
    switch type {
    case .type, .scalar(.string), .scalar(.quantity), .scalar(.duration), .scalar(.int32), .scalar(.int64),
      .scalar(.bool), .scalar(.intstr), .scalar(.any):
      true
    case .scalar, .list, .map: false
    }
  }

  /// Whether views have an accessor for maps of the type; others are JSON.
  private static func isReadInMaps(_ type: FieldSchema.Kind) -> Bool {
    switch type {
    case .list(.scalar(.string)), .scalar(.time), .scalar(.bytes): true
    case .list, .map: false
    case .type, .scalar: isReadInLists(type)
    }
  }

  /// The `name`, with the owner's name or a number added if it is already used.
  private mutating func uniqueName(_ name: String, in owner: TypeName? = nil) -> String {
    var candidates = [name] + (owner.map { [$0.name + name] } ?? [])
    candidates += (2...99).map { name + "\($0)" }
    let free = candidates.first { !names.contains($0) } ?? name
    names.insert(free)
    return free
  }

  /// The type of an object that follows from its members' names.
  private static func knownType(_ names: Set<String>, _ schema: JSONValue) -> TypeName? {
    if names.isSuperset(of: ["type", "status", "reason", "message", "lastTransitionTime"]) {
      return TypeName(section: "meta", name: "Condition")
    }
    switch names {
    case ["matchLabels", "matchExpressions"]: return TypeName(section: "meta", name: "LabelSelector")
    case ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"]:
      return TypeName(section: "rbac", name: "PolicyRule")
    case ["requests", "limits"], ["claims", "requests", "limits"]:
      return TypeName(section: "core", name: "ResourceRequirements")
    case ["name"] where schema.value(at: "properties", "name", "default") == nil:
      return TypeName(section: "core", name: "LocalObjectReference")
    default: return nil
    }
  }
}

extension String {
  /// The singular of a plural name.
  fileprivate var singular: String {
    if hasSuffix("ies") { return dropLast(3) + "y" }
    if hasSuffix("sses") || hasSuffix("xes") { return String(dropLast(2)) }
    return hasSuffix("s") && !hasSuffix("ss") ? String(dropLast()) : self
  }
}
