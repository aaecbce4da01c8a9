import KubeCore
import KubeTransport

extension MemoryAPIServer {
  func get(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    response(try existing(request), request)
  }

  /// The object that the request names; throws 404 where there is none.
  func existing(_ request: ResourceRequest) throws(APIFailure) -> StoredObject {
    guard let object = store.object(request.kind, request.slot) else {
      throw .notFound(request.type, request.name ?? "")
    }
    return object
  }

  func selector(_ request: ResourceRequest) throws(APIFailure) -> ObjectSelector {
    var selectable: Set<String> = ["metadata.name"]
    if request.rules.isNamespaced { selectable.insert("metadata.namespace") }
    switch request.kind.kind {
    case "Secret" where request.kind.group.isEmpty: selectable.insert("type")
    case "Namespace" where request.kind.group.isEmpty: selectable.insert("status.phase")
    case "Pod" where request.kind.group.isEmpty:
      selectable.formUnion(["spec.nodeName", "status.phase", "status.podIP", "spec.restartPolicy"])
    case "Event":
      selectable.formUnion([
        "involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid",
        "reason", "type",
      ])
    default: break
    }
    let selector = try ObjectSelector(
      labels: request.request.queryValue("labelSelector"),
      fields: request.request.queryValue("fieldSelector"), selectable: selectable)
    guard let name = request.name else { return selector }
    return selector.requiring(name: name)
  }

  func list(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    let selector = try selector(request)
    let query = request.request
    try checkListOptions(query)
    var start: Slot?
    var version = resourceVersion
    var page: ContinueToken?
    if let token = query.queryValue("continue"), !token.isEmpty {
      let token = try ContinueToken(token)
      version = token.resourceVersion ?? resourceVersion
      start = token.slot
      page = token
    } else if query.queryValue("resourceVersionMatch") == "Exact",
      let text = query.queryValue("resourceVersion")
    {
      version = try parseVersion(text)
    } else if let text = query.queryValue("resourceVersion"), !text.isEmpty, text != "0" {
      try requireNotInFuture(try parseVersion(text))
    }
    try requireNotInFuture(version)
    var objects: [StoredObject]
    do throws(APIFailure) {
      objects = try self.objects(request, at: version, isContinued: page != nil)
    } catch {
      var error = error
      // The rest is available in its current state.
      error.continueToken = page.map { ContinueToken(resourceVersion: nil, slot: $0.slot).text }
      throw error
    }
    if let start { objects = Array(objects.drop { !(start < $0.slot) }) }
    objects = objects.filter(selector.matches)

    var metadata: JSONValue = ["resourceVersion": .string(String(version))]
    let limit = min(
      query.queryValue("limit").flatMap { Int($0) }.map { $0 > 0 ? $0 : .max } ?? .max, limits.pageSize)
    if objects.count > limit {
      let rest = objects.count - limit
      objects.removeLast(rest)
      if let last = objects.last {
        metadata["continue"] = .string(ContinueToken(resourceVersion: version, slot: last.slot).text)
        if selector.isEmpty { metadata["remainingItemCount"] = .integer(rest) }
      }
    }
    return list(objects, for: request, metadata: metadata)
  }

  /// Refuses options that must be numbers and aren't.
  func checkNumbers(_ query: KubeRequest) throws(APIFailure) {
    for name in ["limit", "timeoutSeconds"] {
      guard let text = query.queryValue(name), !text.isEmpty, Int64(text) == nil else { continue }
      throw .badRequest("\(name): parsing \"\(text)\": invalid syntax")
    }
  }

  private func checkListOptions(_ query: KubeRequest) throws(APIFailure) {
    try checkNumbers(query)
    let version = query.queryValue("resourceVersion") ?? ""
    if query.queryValue("continue")?.isEmpty == false, !version.isEmpty, version != "0" {
      throw .badRequest("specifying resource version is not allowed when using continue")
    }
    guard let match = query.queryValue("resourceVersionMatch"), !match.isEmpty else { return }
    let field = "resourceVersionMatch"
    if version.isEmpty {
      throw .invalidOption(
        "ListOptions", .forbidden(field, "\(field) is forbidden unless resourceVersion is provided"))
    }
    if !["Exact", "NotOlderThan"].contains(match) {
      throw .invalidOption(
        "ListOptions",
        .unsupported(field, value: JSONWriter().text(.string(match)), supported: ["Exact", "NotOlderThan"]))
    }
    if match == "Exact", version == "0" {
      throw .invalidOption(
        "ListOptions", .forbidden(field, "\(field) \"Exact\" is forbidden for resourceVersion \"0\""))
    }
  }

  /// The response with a list of `objects`.
  func list(_ objects: [StoredObject], for request: ResourceRequest, metadata: JSONValue) -> MemoryResponse {
    switch request.representation {
    case .object: break
    case .table(let apiVersion, let rowObject):
      return .json(
        MemoryAPIServer.table(
          of: objects.lazy.map { visible($0, request.type) }, .of(request.rules, request.version),
          apiVersion: apiVersion, rowObject: rowObject, metadata: metadata, at: request.time))
    case .partialMetadata:
      return .json([
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "items": .array(objects.map { MemoryAPIServer.partial(visible($0, request.type)) }),
      ])
    }
    // The objects' stored bytes are copied. The items of typed lists omit their kind; those of
    // custom resources don't.
    let itemType = request.rules.isCustom ? request.type : nil
    let writer = JSONWriter()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(objects.reduce(256) { $0 + $1.byteCount(as: request.type) + 1 })
    bytes.append(contentsOf: #"{"apiVersion":"#.utf8)
    writer.append(request.type.apiVersion, to: &bytes)
    bytes.append(contentsOf: #","items":["#.utf8)
    for (index, object) in objects.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      object.append(to: &bytes, as: itemType)
    }
    bytes.append(contentsOf: #"],"kind":"#.utf8)
    writer.append(request.rules.listKind, to: &bytes)
    bytes.append(contentsOf: #","metadata":"#.utf8)
    writer.append(metadata, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
    return .json(bytes)
  }

  func parseVersion(_ text: String) throws(APIFailure) -> UInt64 {
    guard let version = UInt64(text) else {
      throw .badRequest(
        "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing: invalid syntax")
    }
    return version
  }

  private func requireNotInFuture(_ version: UInt64) throws(APIFailure) {
    guard version > resourceVersion else { return }
    throw APIFailure(
      code: 504, reason: "Timeout",
      message: "Timeout: Too large resource version: \(version), current: \(resourceVersion)",
      details: [
        "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
        "retryAfterSeconds": 1,
      ])
  }

  /// The objects of the request's kind and namespace as they were at `version`.
  private func objects(_ request: ResourceRequest, at version: UInt64, isContinued: Bool)
    throws(APIFailure) -> [StoredObject]
  {
    let current = store.objects(request.kind, namespace: request.namespace)
    if version == resourceVersion { return current }
    guard version >= history.compactedThrough else {
      throw .expired(
        isContinued
          ? "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."
          : "The resourceVersion for the provided list is too old.")
    }
    var slots = Dictionary(current.map { ($0.slot, $0) }, uniquingKeysWith: { $1 })
    for event in history.events(after: version).reversed()
    where event.groupKind == request.kind
      && (request.namespace == nil || request.namespace == event.object.namespace)
    {
      slots[event.object.slot] = event.previous
    }
    return slots.sorted { $0.key < $1.key }.map(\.value)
  }
}

/// The position where the next page of a list begins, and its resourceVersion.
struct ContinueToken {
  /// The resourceVersion; `nil` for the newest one when the token is used.
  var resourceVersion: UInt64?
  var slot: Slot

  init(resourceVersion: UInt64?, slot: Slot) {
    self.resourceVersion = resourceVersion
    self.slot = slot
  }

  init(_ text: String) throws(APIFailure) {
    guard let bytes = Base64.decodeURL(text),
      let json = try? JSONParser(maximumDepth: 4).parse(bytes),
      let version = json["rv"]?.int64, version >= -1, let name = json["name"]?.string
    else { throw .badRequest("continue key is not valid: it wasn't given out by this server") }
    resourceVersion = UInt64(exactly: version)
    slot = Slot(namespace: json["namespace"]?.string ?? "", name: name)
  }

  var text: String {
    let json: JSONValue = [
      "v": "meta.k8s.io/v1", "rv": resourceVersion.map { .integer($0) } ?? -1,
      "namespace": .string(slot.namespace),
      "name": .string(slot.name),
    ]
    return Base64.encodeURL(JSONWriter().bytes(json))
  }
}
