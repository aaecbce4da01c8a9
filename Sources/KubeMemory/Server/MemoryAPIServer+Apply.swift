import KubeCore
import KubeTransport

extension MemoryAPIServer {
  /// Executes a server-side apply (KEP-555).
  mutating func apply(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    guard let manager = request.request.queryValue("fieldManager"), !manager.isEmpty else {
      throw APIFailure(
        code: 422, reason: "Invalid",
        message:
          "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        details: [
          "group": "meta.k8s.io", "kind": "PatchOptions",
          "causes": [
            [
              "reason": "FieldValueRequired", "message": "Required value: is required for apply patch",
              "field": "fieldManager",
            ]
          ],
        ])
    }
    let config = try configuration(request)
    let metadata = config["metadata"]
    let fields = fieldManager(request)
    let force = request.flag("force")
    let uid = metadata?["uid"]?.string ?? ""

    guard let live = store.object(request.kind, request.slot) else {
      guard request.subresource == nil else { throw .notFound(request.type, request.slot.name) }
      guard uid.isEmpty else {
        throw .conflict(
          request.type, name: request.slot.name,
          problem: "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
      }
      let applied = try fields.apply(
        live: [:], config: config, entries: [], manager: manager, force: force,
        resettable: resettable(config, request), time: request.now)
      var object = applied.object
      object.set(.string(request.slot.name), at: ["metadata", "name"])
      let stored = try insert(prepared(object, request), for: request, entries: applied.entries)
      return response(stored, request, code: 201)
    }

    let isStatusOfCustom = request.subresource == "status" && request.rules.isCustom
    if !uid.isEmpty, uid != live.uid, !isStatusOfCustom {
      throw .invalid(
        request.type, name: live.name,
        causes: [
          .invalid("metadata.uid", value: JSONWriter().text(.string(uid)), problem: "field is immutable")
        ])
    }
    if let version = metadata?["resourceVersion"]?.string, !version.isEmpty, version != "0",
      version != String(live.resourceVersion)
    {
      throw .modified(request.type, live.name)
    }
    let current = LiveObject(live, as: request.type)
    let entries = request.scale.map { scaleEntries(current, $0, for: request) } ?? current.entries
    let applied = try fields.apply(
      live: current.untracked, config: config, entries: entries, manager: manager, force: force,
      resettable: resettable(config, request), time: request.now)
    let object = writable(
      prepared(applied.object, request, known: current.untracked), before: current.untracked, request)
    // Not one expression: `response` would be called on a copy of the whole server, made before the
    // change, and force the store to copy itself.
    let stored = try finish(current, as: object, entries: applied.entries, for: request)
    return response(stored, request)
  }

  private func prepared(_ object: JSONValue, _ request: ResourceRequest, known: JSONValue? = nil)
    -> JSONValue
  {
    Preparation(served: request.served).prepared(object, known: known).object
  }

  /// The applied configuration, validated.
  private func configuration(_ request: ResourceRequest) throws(APIFailure) -> JSONValue {
    var config: JSONValue
    do {
      config = try MemoryAPIServer.parse(request.request.body ?? SecretBytes([]))
    } catch {
      throw .unsupportedMediaType(
        "this in-memory server takes the body of an apply as JSON only (every JSON document is YAML, not the reverse): \(error)"
      )
    }
    guard config.object != nil else {
      throw .badRequest("the applied configuration is \(config.kindName), not an object")
    }
    if let paths = request.scale { config = try configuration(ofScale: config, paths, request) }
    guard config["kind"]?.string == request.kind.kind else {
      throw .badRequest(
        "the kind in the data (\(config["kind"]?.string ?? "")) does not match the expected kind (\(request.kind.kind))"
      )
    }
    let apiVersion = config["apiVersion"]?.string ?? ""
    guard apiVersion == request.type.apiVersion else {
      throw .badRequest(
        "Incorrect version specified in apply patch. Specified patch version: \(apiVersion), expected: \(request.type.apiVersion)"
      )
    }
    let metadata = config["metadata"] ?? .null
    guard metadata.object != nil || metadata.isNull else {
      throw .badRequest("metadata is \(metadata.kindName), not an object")
    }
    if let entries = metadata["managedFields"], !entries.isNull {
      throw .badRequest("metadata.managedFields must be nil")
    }
    if let name = metadata["name"]?.string, !name.isEmpty, name != request.slot.name {
      throw .badRequest(
        "the name of the object (\(name)) does not match the name on the URL (\(request.slot.name))")
    }
    if let namespace = metadata["namespace"]?.string, !namespace.isEmpty, namespace != request.namespace {
      throw .badRequest(
        "the namespace of the provided object does not match the namespace sent on the request")
    }
    let preparation = Preparation(served: request.served)
    if let problem = preparation.undeclared(in: config)
      ?? FieldMerge.duplicate(in: config, request.version.table.root)
    {
      let who = request.slot.path
      throw .unclassified(
        "failed to create typed patch object (\(who); \(request.type.apiVersion), Kind=\(request.kind.kind)): \(problem)"
      )
    }
    return config
  }

  /// The fields that this kind of apply ignores, ownership included.
  private func resettable(_ config: JSONValue, _ request: ResourceRequest) -> FieldSet {
    guard request.subresource == "status" else {
      return request.version.hasStatus ? FieldSet([[.field("status")]]) : FieldSet()
    }
    let others = (config.object ?? [:]).keys.filter { !["apiVersion", "kind", "status"].contains($0) }
    return FieldSet(others.map { [.field($0)] })
  }
}
