public import KubeCore

extension MemoryAPIServer {
  // MARK: CustomResourceDefinitions

  /// The rules of the kind that a CustomResourceDefinition defines; `nil` where its spec is
  /// invalid.
  func rules(ofDefinition definition: JSONValue) -> KindRules? {
    guard let spec = definition["spec"], let groupKind = groupKind(ofDefinition: definition),
      let plural = spec.value(at: "names", "plural")?.string, !plural.isEmpty
    else { return nil }
    var versions: [KindRules.Version] = []
    var storage: String?
    for version in spec["versions"]?.array ?? [] {
      guard let name = version["name"]?.string else { continue }
      if version["storage"]?.bool == true { storage = name }
      guard version["served"]?.bool == true else { continue }
      let schema = schema(ofVersion: version, of: groupKind)
      versions.append(
        KindRules.Version(
          name: name, table: schema?.table ?? FieldTable(), schema: schema,
          hasStatus: version.value(at: "subresources", "status") != nil,
          scale: ScalePaths(version.value(at: "subresources", "scale")),
          printerColumns: [PrinterColumn](ofVersion: version)))
    }
    versions.sort { KindRegistry.precedes($0.name, $1.name) }
    guard let first = versions.first else { return nil }
    return KindRules(
      groupKind: groupKind, plural: plural,
      singular: spec.value(at: "names", "singular")?.string ?? groupKind.kind.lowercased(),
      shortNames: (spec.value(at: "names", "shortNames")?.array ?? []).compactMap(\.string),
      categories: (spec.value(at: "names", "categories")?.array ?? []).compactMap(\.string),
      isNamespaced: spec["scope"]?.string == "Namespaced", versions: versions,
      storageVersion: storage ?? first.name, hasGeneration: true, allowsUnconditionalUpdate: false,
      isCustom: true)
  }

  /// The kind that a CustomResourceDefinition names.
  func groupKind(ofDefinition definition: JSONValue) -> GroupKind? {
    guard let spec = definition["spec"], let group = spec["group"]?.string, !group.isEmpty,
      let kind = spec.value(at: "names", "kind")?.string, !kind.isEmpty
    else { return nil }
    return GroupKind(group: group, kind: kind)
  }

  /// The schema of a definition's version: the served one where it is the same.
  func schema(ofVersion version: JSONValue, of kind: GroupKind?) -> VersionSchema? {
    guard let schema = version.value(at: "schema", "openAPIV3Schema") else { return nil }
    if let kind, let name = version["name"]?.string, let served = registry[kind]?.version(name)?.schema,
      served.json == schema
    {
      return served
    }
    return VersionSchema(schema)
  }

  /// The kind that a stored definition defines.
  func definedKind(_ definition: StoredObject) -> KindRules? {
    groupKind(ofDefinition: definition.json).flatMap { registry[$0] }
  }

  /// Serves the kind of a definition that was stored.
  mutating func defineKind(_ definition: StoredObject) {
    guard let rules = rules(ofDefinition: definition.json),
      registry[rules.groupKind]?.isCustom != false
    else { return }
    registry.register(rules)
    establish(definition, rules)
  }

  mutating func undefineKind(_ definition: StoredObject) {
    guard let kind = groupKind(ofDefinition: definition.json), registry[kind]?.isCustom == true else {
      return
    }
    registry.unregister(kind)
  }

  /// Sets the conditions that the server's own controllers write into a new definition: names
  /// accepted and established.
  private mutating func establish(_ definition: StoredObject, _ rules: KindRules) {
    let conditions = definition.json.value(at: "status", "conditions")?.array ?? []
    let isEstablished = conditions.contains { $0["type"] == "Established" && $0["status"] == "True" }
    guard !isEstablished, !definition.isBeingDeleted,
      let definitions = registry[KindRules.customResourceDefinition]
    else { return }
    let time = definition.metadata["creationTimestamp"] ?? .null
    func condition(_ type: JSONValue, _ reason: JSONValue, _ message: JSONValue) -> JSONValue {
      [
        "type": type, "status": "True", "reason": reason, "message": message, "lastTransitionTime": time,
      ]
    }
    var json = definition.json
    json.set(
      .array([
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ]), at: ["status", "conditions"])
    json.set(definition.json.value(at: "spec", "names"), at: ["status", "acceptedNames"])
    json.set([.string(rules.storageVersion)], at: ["status", "storedVersions"])
    var finalizers = definition.finalizers
    if !finalizers.contains(Finalizer.customResources) { finalizers.append(Finalizer.customResources) }
    json.set(.array(finalizers.map { .string($0) }), at: ["metadata", "finalizers"])
    commit(json, definitions, replacing: definition)
  }

  // MARK: Loading

  /// Loads objects unchanged, for example from a dump of a real cluster: uids, resourceVersions,
  /// managedFields and status are kept.
  ///
  /// Definitions are loaded first, whatever the order. A kind without a definition is registered
  /// with guesses from its objects: namespaced if one of them has a namespace, the plural from the
  /// kind's name. An object replaces another of its kind and name. The server's resourceVersion
  /// advances beyond the highest loaded one. Objects without a uid, a resourceVersion or a creation
  /// time get one. The history before the load is dropped: watches from before it end with 410.
  public mutating func load(_ objects: [DynamicObject], at time: Date) {
    let definitions = objects.filter { $0.groupKind == KindRules.customResourceDefinition }
    let others = objects.filter { $0.groupKind != KindRules.customResourceDefinition }
    for definition in definitions {
      if let rules = rules(ofDefinition: definition.json), registry[rules.groupKind]?.isCustom != false {
        registry.register(rules)
      }
    }
    for object in others { learn(object) }
    for object in definitions + others {
      guard let rules = registry[object.groupKind] else { continue }
      var json = MemoryAPIServer.inTheOpen(object.json)
      if object.metadata.uid == nil { json.set(.string(nextUID()), at: ["metadata", "uid"]) }
      if object.metadata.creationTimestamp == nil {
        json.set(Timestamp(time).json, at: ["metadata", "creationTimestamp"])
      }
      let version: UInt64
      if let given = object.metadata.resourceVersion.flatMap({ UInt64($0) }), given > 0 {
        // No real version is beyond the range of arithmetic on versions.
        version = min(given, UInt64(Int64.max))
      } else {
        version = resourceVersion + 1
      }
      json.set(.string(String(version)), at: ["metadata", "resourceVersion"])
      resourceVersion = max(resourceVersion, version)
      store.set(StoredObject(json, resourceVersion: version, store.trees), rules.groupKind)
    }
    history.compact(through: resourceVersion)
    mayHaveGarbage = true
  }

  /// Registers the kind of an object that no definition defines.
  private mutating func learn(_ object: DynamicObject) {
    let version = object.apiVersion.split(separator: "/").last.map { String($0) } ?? object.apiVersion
    if let rules = registry[object.groupKind] {
      guard rules.isCustom, rules.version(version) == nil else { return }
      register(rules.type(version))
      return
    }
    register(
      ResourceType(
        group: object.groupKind.group, version: version, kind: object.kind,
        plural: MemoryAPIServer.plural(of: object.kind), isNamespaced: object.metadata.namespace != nil))
  }

  /// The most likely plural of a kind's name in URLs.
  static func plural(of kind: String) -> String {
    let name = kind.lowercased()
    if name.hasSuffix("y"), let before = name.dropLast().last, !"aeiou".contains(before) {
      return name.dropLast() + "ies"
    }
    if ["s", "x", "ch", "sh"].contains(where: name.hasSuffix) { return name + "es" }
    return name + "s"
  }

  /// The value with concealed strings revealed: stored objects must be served.
  private static func inTheOpen(_ value: JSONValue) -> JSONValue {
    switch value {
    case .secret(let secret): return .string(secret.exposedText() ?? "")
    case .array(let elements): return .array(elements.map(inTheOpen))
    case .object(let object):
      return .object(JSONObject(object.lazy.map { ($0.key, inTheOpen($0.value)) }))
    case .null, .bool, .number, .string: return value
    }
  }
}
