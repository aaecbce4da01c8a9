import KubeCore

/// The server's OpenAPI v3 documents: one per group and version, in the extent that clients need to
/// check fields and to explain kinds (KEP-2896).
struct OpenAPIDocuments {
  var registry: KindRegistry

  /// The index at `/openapi/v3` with the documents' addresses. An address changes with its
  /// document, so that clients may cache it.
  var index: JSONValue {
    var paths = JSONObject()
    for (group, version) in groupVersions {
      let path = OpenAPIDocuments.path(group, version)
      let digest =
        builtIn(group, version)?.digest ?? OpenAPIDocuments.digest(made(group: group, version: version))
      paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(digest.uppercased())")]
    }
    return ["paths": .object(paths)]
  }

  /// The document at `/openapi/v3/api/v1` or `/openapi/v3/apis/<group>/<version>`.
  func document(at path: ArraySlice<String>) throws(APIFailure) -> JSONValue {
    let name = path.joined(separator: "/")
    for (group, version) in groupVersions where OpenAPIDocuments.path(group, version) == name {
      return document(group: group, version: version)
    }
    throw .pathNotFound
  }

  private var groupVersions: [(group: String, version: String)] {
    ([""] + registry.groups).flatMap { group in registry.versions(of: group).map { (group, $0) } }
  }

  private static func path(_ group: String, _ version: String) -> String {
    group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)"
  }

  private func document(group: String, version: String) -> JSONValue {
    builtIn(group, version)?.document ?? made(group: group, version: version)
  }

  /// The documents of groups that are completely built in, created once per process.
  private func builtIn(_ group: String, _ version: String) -> (document: JSONValue, digest: String)? {
    guard registry.kinds(group: group, version: version).allSatisfy({ !$0.isCustom }) else { return nil }
    return OpenAPIDocuments.builtIn[OpenAPIDocuments.path(group, version)]
  }

  private static let builtIn: [String: (document: JSONValue, digest: String)] = {
    let documents = OpenAPIDocuments(registry: KindRegistry(KindRules.builtIn))
    return Dictionary(
      documents.groupVersions.map { group, version in
        let document = documents.made(group: group, version: version)
        return (path(group, version), (document, digest(document)))
      }, uniquingKeysWith: { first, _ in first })
  }()

  private static func digest(_ document: JSONValue) -> String {
    SHA256.hexadecimal(JSONWriter().bytes(document))
  }

  private func made(group: String, version: String) -> JSONValue {
    var paths = JSONObject()
    var schemas = OpenAPISchemas()
    for rules in registry.kinds(group: group, version: version) {
      guard let served = rules.version(version) else { continue }
      let kind = schemas.add(rules, served)
      for (path, operations) in OpenAPIDocuments.paths(of: rules, served, kind) { paths[path] = operations }
      if served.scale != nil {
        let (path, operations) = OpenAPIDocuments.scalePath(of: rules, served, schemas.addScale())
        paths[path] = operations
      }
    }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "v1.36.2"], "paths": .object(paths),
      "components": ["schemas": .object(schemas.components)],
    ]
  }

  // MARK: Paths

  private static func paths(of rules: KindRules, _ version: KindRules.Version, _ schema: String)
    -> [(String, JSONValue)]
  {
    let root = "/" + path(rules.groupKind.group, version.name)
    let collection = root + (rules.isNamespaced ? "/namespaces/{namespace}/" : "/") + rules.plural
    let type = rules.type(version.name)
    let inPath = OpenAPIDocuments.inPath(rules)
    func operation(_ action: String, _ parameters: [String], body: [String] = []) -> JSONValue {
      OpenAPIDocuments.operation(action, type: type, schema: schema, parameters: parameters, body: body)
    }
    let item = OpenAPIDocuments.item(rules, type: type, schema: schema, parameters: inPath)
    var itemWithDelete = item
    itemWithDelete["delete"] = operation("delete", ["dryRun", "propagationPolicy"])
    var result: [(String, JSONValue)] = [
      (
        collection,
        [
          "parameters": .array(Array(inPath.dropFirst())),
          "get": operation("list", ["labelSelector", "fieldSelector", "limit", "continue", "watch"]),
          "post": operation("post", write, body: ["application/json"]),
        ]
      ), (collection + "/{name}", itemWithDelete),
    ]
    if version.hasStatus { result.append((collection + "/{name}/status", item)) }
    return result
  }

  private static func scalePath(of rules: KindRules, _ version: KindRules.Version, _ schema: String)
    -> (String, JSONValue)
  {
    let root = "/" + path(rules.groupKind.group, version.name)
    let collection = root + (rules.isNamespaced ? "/namespaces/{namespace}/" : "/") + rules.plural
    return (
      collection + "/{name}/" + MemoryAPIServer.scaleSubresource,
      item(rules, type: MemoryAPIServer.scale, schema: schema, parameters: inPath(rules))
    )
  }

  /// The operations on one object of a kind, or on a part of it, that `type` describes.
  private static func item(
    _ rules: KindRules, type: ResourceType, schema: String, parameters: [JSONValue]
  ) -> JSONValue {
    var patches = [
      "application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml",
    ]
    if !rules.isCustom { patches.append(StrategicMergePatch.mediaType) }
    return [
      "parameters": .array(parameters), "get": operation("get", type: type, schema: schema, parameters: []),
      "put": operation("put", type: type, schema: schema, parameters: write, body: ["application/json"]),
      "patch": operation("patch", type: type, schema: schema, parameters: write + ["force"], body: patches),
    ]
  }

  /// The query parameters of every write.
  private static let write = ["dryRun", "fieldManager", "fieldValidation"]

  private static func operation(
    _ action: String, type: ResourceType, schema: String, parameters: [String], body: [String] = []
  ) -> JSONValue {
    let object = OpenAPISchemas.reference(schema)
    return .fields([
      "x-kubernetes-action": .string(action), "x-kubernetes-group-version-kind": gvk(type),
      "parameters": .array(parameters.map { parameter($0, in: "query") }),
      "requestBody": body.isEmpty
        ? nil : ["content": .object(JSONObject(body.map { ($0, ["schema": object]) }))],
      "responses": [
        "200": ["description": "OK", "content": ["application/json": ["schema": object]]]
      ],
    ])
  }

  private static func inPath(_ rules: KindRules) -> [JSONValue] {
    let name = parameter("name", in: "path")
    return rules.isNamespaced ? [name, parameter("namespace", in: "path")] : [name]
  }

  private static func parameter(_ name: String, in place: String) -> JSONValue {
    .fields([
      "name": .string(name), "in": .string(place), "schema": ["type": "string"],
      "required": place == "path" ? true : nil,
    ])
  }

  static func gvk(_ type: ResourceType) -> JSONValue {
    ["group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind)]
  }
}
