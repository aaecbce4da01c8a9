import KubeCore

/// What the server serves, as OpenAPI v3 documents: one per group and version, as far as clients need them to
/// check fields and to explain kinds (KEP-2896).
struct OpenAPIDocuments {
  var registry: KindRegistry

  /// `/openapi/v3`: where the documents are. An address changes with its document, so that clients may keep
  /// what they have read.
  var index: JSONValue {
    var paths = JSONObject()
    for (group, version) in groupVersions {
      let path = OpenAPIDocuments.path(group, version)
      let digest = SHA256.hexadecimal(JSONWriter().bytes(document(group: group, version: version)))
      paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(digest.uppercased())")]
    }
    return ["paths": .object(paths)]
  }

  /// `/openapi/v3/api/v1`, `/openapi/v3/apis/<group>/<version>`.
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
    var paths = JSONObject()
    var schemas = OpenAPISchemas()
    for rules in registry.kinds(group: group, version: version) {
      guard let served = rules.version(version) else { continue }
      let kind = schemas.add(rules, served)
      for (path, operations) in OpenAPIDocuments.paths(of: rules, served, kind) { paths[path] = operations }
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
    var inPath: [JSONValue] = [parameter("name", in: "path")]
    if rules.isNamespaced { inPath.append(parameter("namespace", in: "path")) }
    let object: JSONValue = ["$ref": .string("#/components/schemas/" + schema)]
    func operation(_ action: String, _ parameters: [String], body: [String] = []) -> JSONValue {
      .fields([
        "x-kubernetes-action": .string(action), "x-kubernetes-group-version-kind": gvk(type),
        "parameters": .array(parameters.map { parameter($0, in: "query") }),
        "requestBody": body.isEmpty
          ? nil : ["content": .object(JSONObject(body.map { ($0, ["schema": object]) }))],
        "responses": [
          "200": ["description": "OK", "content": ["application/json": ["schema": object]]]
        ],
      ])
    }
    let write = ["dryRun", "fieldManager", "fieldValidation"]
    var patches = [
      "application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml",
    ]
    if !rules.isCustom { patches.append(StrategicMergePatch.mediaType) }
    let item: JSONValue = [
      "parameters": .array(inPath), "get": operation("get", []),
      "put": operation("put", write, body: ["application/json"]),
      "patch": operation("patch", write + ["force"], body: patches),
    ]
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
