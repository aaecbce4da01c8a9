import KubeCore
import KubeTransport

extension MemoryAPIServer {
  // MARK: Bodies

  /// The JSON document in the request's body.
  func document(_ request: ResourceRequest) throws(APIFailure) -> JSONValue {
    guard let body = request.request.body, !body.isEmpty else {
      throw .badRequest("the request has no body")
    }
    do {
      return try MemoryAPIServer.parse(body)
    } catch {
      throw .badRequest("couldn't get version/kind; json parse error: \(error)")
    }
  }

  /// Parses the document of a body in place.
  static func parse(_ body: SecretBytes) throws(JSONParseError) -> JSONValue {
    try body.withExposedBytes { bytes throws(JSONParseError) in try JSONParser().parse(bytes) }
  }

  /// The document of a body in JSON or, if it is of a built-in kind, in protobuf.
  func document(_ request: ResourceRequest, of type: BuiltInType?) throws(APIFailure) -> JSONValue {
    if request.mediaType == "application/json" { return try document(request) }
    guard request.mediaType == ProtobufBody.mediaType, let type else {
      throw .unsupportedMediaType(
        "the body of the request was in an unknown format (\(request.mediaType)) - accepted media types include: application/json"
      )
    }
    do throws(ProtobufBody.Problem) {
      return try ProtobufBody.object(request.request.body?.exposed() ?? [], type)
    } catch {
      throw .badRequest(error.description)
    }
  }

  /// The object in the body of a POST or PUT, after its kind is compared with the path's.
  func object(_ request: ResourceRequest) throws(APIFailure) -> JSONValue {
    var object = try document(request, of: request.version.type)
    guard object.object != nil else { throw .badRequest("the body is \(object.kindName), not an object") }
    if !request.rules.isCustom {
      // The path determines a built-in kind.
      if (object["kind"]?.string ?? "").isEmpty { object["kind"] = .string(request.kind.kind) }
      if (object["apiVersion"]?.string ?? "").isEmpty {
        object["apiVersion"] = .string(request.type.apiVersion)
      }
    }
    guard let kind = object["kind"]?.string, !kind.isEmpty else {
      throw .badRequest("Object 'Kind' is missing in the request's body")
    }
    guard let apiVersion = object["apiVersion"]?.string, apiVersion == request.type.apiVersion else {
      throw .badRequest(
        "the API version in the data (\(object["apiVersion"]?.string ?? "")) does not match the expected API version (\(request.type.apiVersion))"
      )
    }
    guard kind == request.kind.kind else {
      throw .badRequest(
        "the kind in the data (\(kind)) does not match the expected kind (\(request.kind.kind))")
    }
    return object
  }

  func checkNamespace(_ object: JSONValue, _ request: ResourceRequest) throws(APIFailure) {
    guard let named = object.value(at: "metadata", "namespace")?.string, !named.isEmpty,
      named != request.namespace
    else { return }
    throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }

  mutating func prepare(_ object: JSONValue, _ request: ResourceRequest) throws(APIFailure) -> JSONValue {
    guard object["metadata"] == nil || object["metadata"]?.object != nil || object["metadata"] == .null else {
      throw .badRequest("metadata is \(object["metadata"]?.kindName ?? "missing"), not an object")
    }
    for field in ["labels", "annotations"] {
      // The Go types can't decode these at all, so the status isn't 422.
      for entry in object.value(at: "metadata", field)?.object ?? [:]
      where entry.value.string == nil && !entry.value.isNull {
        throw .badRequest(
          "json: cannot unmarshal \(entry.value.kindName) into Go struct field ObjectMeta.metadata.\(field) of type string"
        )
      }
    }
    if let problem = request.version.type?.mismatch(in: object) {
      let kind = request.kind.kind
      throw .badRequest(
        "\(kind) in version \"\(request.version.name)\" cannot be handled as a \(kind): \(problem)")
    }
    if let problem = Preparation.unreadableData(in: object, request.kind) { throw .badRequest(problem) }
    let preparation = Preparation(served: request.served).prepared(object)
    let unknown = preparation.unknown
    var prepared = preparation.object
    if let owners = prepared.value(at: "metadata", "ownerReferences")?.array, owners.count > 1 {
      var seen: Set<JSONValue> = []
      prepared.set(.array(owners.filter { seen.insert($0).inserted }), at: ["metadata", "ownerReferences"])
    }
    if !unknown.isEmpty {
      let problems = unknown.map { "unknown field \"\($0)\"" }
      switch request.request.queryValue("fieldValidation") {
      case "Strict": throw .badRequest("strict decoding error: \(problems.joined(separator: ", "))")
      case "Ignore": break
      default: warnings += problems
      }
    }
    return prepared
  }

  func fieldManager(_ request: ResourceRequest) -> FieldManager {
    FieldManager(
      table: request.version.table, apiVersion: request.type.apiVersion, subresource: request.subresource,
      skeleton: request.rules.skeleton)
  }

  // MARK: Replace

  /// Refuses a body that identifies another object than the request's URL.
  func checkIdentity(
    _ metadata: JSONValue?, of live: StoredObject, _ request: ResourceRequest
  ) throws(APIFailure) {
    if let name = metadata?["name"]?.string, !name.isEmpty, name != live.name {
      throw .badRequest(
        "the name of the object (\(name)) does not match the name on the URL (\(live.name))")
    }
    if let uid = metadata?["uid"]?.string, !uid.isEmpty, uid != live.uid {
      throw .conflict(
        request.type, name: live.name,
        problem: "Precondition failed: UID in precondition: \(uid), UID in object meta: \(live.uid)")
    }
  }

  mutating func replace(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    let object = try object(request)
    try checkNamespace(object, request)
    if request.rules.createsOnUpdate, store.object(request.kind, request.slot) == nil {
      var object = object
      object.set(.string(request.slot.name), at: ["metadata", "name"])
      return try create(object, request)
    }
    let live = try existing(request)
    let metadata = object["metadata"]
    try checkIdentity(metadata, of: live, request)
    let version = metadata?["resourceVersion"]?.string ?? ""
    if version.isEmpty || version == "0" {
      guard request.rules.allowsUnconditionalUpdate else {
        throw .invalid(
          request.type, name: live.name,
          causes: [
            .invalid("metadata.resourceVersion", value: "0x0", problem: "must be specified for an update")
          ])
      }
    }
    return try change(live, to: object, request)
  }

  /// Replaces the parts of `live` that the request may write by those of `object`, which is in the
  /// request's version.
  mutating func change(_ live: StoredObject, to object: JSONValue, _ request: ResourceRequest)
    throws(APIFailure) -> MemoryResponse
  {
    if let version = object.value(at: "metadata", "resourceVersion")?.string, !version.isEmpty,
      version != "0",
      version != String(live.resourceVersion)
    {
      throw .modified(request.type, live.name)
    }
    let live = LiveObject(live, as: request.type)
    // Before the preparation, which leaves an empty list out.
    let entries = entries(of: object, live, request)
    var object = try prepare(object, request)
    object.set(nil, at: ["metadata", "managedFields"])
    object = writable(object, before: live.untracked, request)
    let owners = fieldManager(request).update(
      live: live.untracked, new: object, entries: entries, manager: request.manager, isCreation: false,
      resettable: FieldSet(), time: request.now)
    let stored = try finish(live, as: object, entries: owners, for: request)
    return response(stored, request)
  }

  /// The entries before an update: those that the writer sent in the object, if any.
  private func entries(of object: JSONValue, _ live: LiveObject, _ request: ResourceRequest)
    -> [ManagedFieldsEntry]
  {
    let own = live.entries
    guard request.subresource == nil, let given = object.value(at: "metadata", "managedFields")?.array else {
      return own
    }
    // An empty list and a single empty entry reset the owners of all fields.
    if given.isEmpty || given == [[:]] { return [] }
    // An undecodable list counts as absent; undecodable fields reset all entries.
    let isDecodable = given.allSatisfy {
      $0["fieldsType"] == "FieldsV1" && $0["fieldsV1"]?.object != nil
        && ["Apply", "Update"].contains($0["operation"])
    }
    guard isDecodable else { return own }
    return (try? FieldReader(.array(given)).list()) ?? []
  }

  /// The `object` with the fields restored that this kind of write can't change.
  func writable(_ object: JSONValue, before: JSONValue, _ request: ResourceRequest) -> JSONValue {
    var result = object
    if let paths = request.scale {
      result = before
      result.set(object.value(at: paths.replicas), at: paths.replicas)
      return result
    }
    if let subresource = request.subresource {
      // Only this part is written.
      let part = subresource == "finalize" ? "spec" : subresource
      result = before
      result[part] = object[part]
      return result
    }
    if request.version.hasStatus { result["status"] = before["status"] }
    if request.kind.group.isEmpty, request.kind.kind == "Service" {
      for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
      where object.value(at: "spec", field) == nil {
        result.set(before.value(at: "spec", field), at: ["spec", field])
      }
    }
    if request.kind == KindRules.namespace {
      result.set(before.value(at: "spec", "finalizers"), at: ["spec", "finalizers"])
    }
    let old = before["metadata"]?.object ?? [:]
    var metadata = result["metadata"]?.object ?? [:]
    if metadata == old { return result }
    for field in MemoryAPIServer.serverFields { metadata[field] = old[field] }
    result["metadata"] = .object(metadata)
    return result
  }

  /// Members of `metadata` that no write changes.
  private static let serverFields = [
    "uid", "name", "namespace", "generateName", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "generation", "resourceVersion", "selfLink",
  ]

  /// Validates and stores the new state of `live`; an unchanged state isn't stored.
  mutating func finish(
    _ live: LiveObject, as object: JSONValue, entries: [ManagedFieldsEntry], for request: ResourceRequest
  ) throws(APIFailure) -> StoredObject {
    let (stored, before) = (live.stored, live.untracked)
    var object = object
    try checkEscalation(object, from: before, request)
    if stored.isBeingDeleted {
      let known = stored.finalizers
      let finalizers = object.value(at: "metadata", "finalizers")?.array?.compactMap(\.string) ?? []
      let added = finalizers.filter { !known.contains($0) }
      if !added.isEmpty {
        let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
        throw .invalid(
          request.type, name: stored.name,
          causes: [
            .forbidden(
              "metadata.finalizers",
              "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"
            )
          ])
      }
    }
    let isSame = before == object
    let table = request.version.table
    if !isSame {
      let fixed = Validation.immutableFields(from: before, to: object, table, request.kind)
      guard fixed.isEmpty else { throw .invalid(request.type, name: stored.name, causes: fixed) }
    }
    try validate(object, for: request, name: stored.name, known: before)
    try checkOwnerReferences(object, from: before, request: request, name: stored.name)
    warnOfUnevaluatedRules(object, request)

    func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
      request.rules.isCustom ? left == right : table.equal(left, right)
    }
    if !isSame, let generation = live.json["metadata"]?["generation"]?.int64,
      request.subresource == nil || request.scale != nil,
      !same(desired(before, request), desired(object, request))
    {
      object.set(.integer(generation + 1), at: ["metadata", "generation"])
    }
    // Entries that differ only in their times, of an unchanged object, are kept.
    var entries = entries
    if live.hasOwnership(entries), isSame || same(before, object) {
      if isSame { return stored }
      entries = live.entries
      object.set(live.json["metadata"]?["managedFields"], at: ["metadata", "managedFields"])
    } else {
      object.set(live.json(of: entries), at: ["metadata", "managedFields"])
    }
    // Set here, where the metadata have been changed already and need no further copy.
    object.set(.string(String(resourceVersion + 1)), at: ["metadata", "resourceVersion"])
    let changed = StoredObject(
      object, entries: entries, resourceVersion: resourceVersion + 1, replacing: stored, store.trees)
    try requireSize(changed, request)
    if stored.isBeingDeleted, isReleased(object, request.kind) {
      return erase(stored, as: object, request.rules)
    }
    return commit(changed, request.rules, replacing: stored)
  }

  /// The part of an object whose changes its generation counts.
  private func desired(_ object: JSONValue, _ request: ResourceRequest) -> JSONValue {
    var object = object
    for field in ["apiVersion", "kind", "metadata"] { object[field] = nil }
    if request.version.hasStatus { object["status"] = nil }
    return object
  }

  /// Whether no finalizer holds an object whose deletion was requested.
  func isReleased(_ object: JSONValue, _ kind: GroupKind) -> Bool {
    let finalizers = object.value(at: "metadata", "finalizers")?.array ?? []
    let held = kind == KindRules.namespace ? object.value(at: "spec", "finalizers")?.array ?? [] : []
    return finalizers.isEmpty && held.isEmpty
  }
}
