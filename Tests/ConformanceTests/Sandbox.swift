import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeSchemas
import KubeTransport

/// A namespace on a server for one behavior, and the API's verbs in a short form.
struct Sandbox: Sendable {
  let server: ConformanceServer
  let namespace: String
  /// The client of an administrator or another user.
  var transport: any Transport

  init(server: ConformanceServer, namespace: String) {
    self.server = server
    self.namespace = namespace
    transport = server.transport
  }

  /// The same namespace with another user's requests.
  func acting(as user: Impersonation) -> Sandbox {
    var sandbox = self
    sandbox.transport = ImpersonatingTransport(server.transport, as: user)
    return sandbox
  }

  /// A name for a cluster-scoped object that no other behavior uses.
  func unique(_ name: String) -> String { "\(name)-\(namespace)" }

  func client(as manager: String = "conformance") -> KubeClient {
    KubeClient(transport, fieldManager: manager)
  }

  func key(_ name: String, _ type: ResourceType = ConfigMap.type) -> ObjectKey {
    ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: name)
  }

  func selection(
    _ type: ResourceType = ConfigMap.type, labels: String? = nil, fields: String? = nil,
    isMetadataOnly: Bool = false
  ) -> ResourceSelection {
    ResourceSelection(
      type, namespace: type.isNamespaced ? namespace : nil, labelSelector: labels, fieldSelector: fields,
      isMetadataOnly: isMetadataOnly)
  }

  /// The key of an object in JSON.
  func key(of object: JSONValue) throws -> ObjectKey {
    let apiVersion = object["apiVersion"]?.string ?? ""
    let kind = object["kind"]?.string ?? ""
    let type =
      KubernetesSchema.document.resourceType(apiVersion: apiVersion, kind: kind) ?? Widget.types[apiVersion]
    return key(
      object.value(at: "metadata", "name")?.string ?? "", try unwrap(type, "the type of \(kind)"))
  }

  // MARK: Verbs

  @discardableResult
  func create(_ object: JSONValue, as manager: String = "conformance") async throws -> DynamicObject {
    try await client(as: manager).create(key(of: object), object)
  }

  func read(_ key: ObjectKey) async throws -> DynamicObject { try await client().get(key) }

  @discardableResult
  func replace(_ object: JSONValue, subresource: String? = nil) async throws -> DynamicObject {
    try await client().replace(key(of: object), with: object, subresource: subresource)
  }

  @discardableResult
  func merge(
    _ key: ObjectKey, _ patch: JSONValue, as manager: String = "conformance", subresource: String? = nil
  ) async throws -> DynamicObject {
    try await object(
      .mergePatch(
        key, patch, subresource: subresource, options: WriteOptions(fieldManager: manager)))
  }

  @discardableResult
  func patch(
    _ key: ObjectKey, _ operations: [JSONPatchOperation], as manager: String = "conformance"
  ) async throws -> DynamicObject {
    try await object(.jsonPatch(key, operations, options: WriteOptions(fieldManager: manager)))
  }

  @discardableResult
  func apply(
    _ fields: JSONValue, as manager: String = "conformance", force: Bool = false,
    subresource: String? = nil, isDryRun: Bool = false
  ) async throws -> DynamicObject {
    try await object(
      .apply(
        key(of: fields), fields, fieldManager: manager, force: force, subresource: subresource,
        options: WriteOptions(isDryRun: isDryRun)))
  }

  @discardableResult
  func delete(_ key: ObjectKey, _ options: DeletionOptions = DeletionOptions()) async throws -> DynamicObject?
  {
    try await client().delete(key, options: options)
  }

  func object(_ request: KubeRequest) async throws -> DynamicObject {
    try unwrap(try await client().object(request), "an object in the answer")
  }

  func json(_ request: KubeRequest) async throws -> JSONValue {
    try unwrap(try await client().json(request), "the answer's body")
  }

  func names(_ selection: ResourceSelection) async throws -> [String] {
    try await client().list(selection).items.map(\.metadata.name)
  }

  /// Sends a raw request, and returns the HTTP status and the body.
  func raw(
    _ method: HTTPRequest.Method, _ path: [String], query: [(String, String)] = [],
    headers: HTTPFields = [.contentType: "application/json", .accept: "application/json"],
    body: String? = nil
  ) async throws -> (status: Int, body: JSONValue?) {
    let response = try await transport.send(
      KubeRequest(
        method: method, path: path, query: query.map { .init($0.0, $0.1) }, headers: headers,
        body: body.map { SecretBytes(utf8: $0) }))
    var bytes: [UInt8] = []
    for try await chunk in response.body { bytes += chunk }
    return (response.status.code, try? JSONParser().parse(bytes))
  }

  // MARK: Expectations

  /// Expects `body` to be refused with this code, HTTP status and reason.
  @discardableResult
  func refused(
    _ code: KubeError.Code, _ httpStatus: Int, _ reason: String?, line: Int = #line, file: String = #fileID,
    _ body: () async throws -> Void
  ) async throws -> KubeError {
    do {
      try await body()
    } catch let error as KubeError {
      try expect(error.code, code, "the code of \(error)", line: line, file: file)
      try expect(error.httpStatus, httpStatus, "the HTTP status of \(error)", line: line, file: file)
      try expect(error.status?.reason, reason, "the reason of \(error)", line: line, file: file)
      try expect(error.status?.code, httpStatus, "the code in the Status of \(error)", line: line, file: file)
      return error
    }
    throw Mismatch(description: "\(file):\(line): the request was not refused")
  }

  /// Expects a refusal with 422 for exactly these fields, in any order, and returns the causes'
  /// reasons.
  @discardableResult
  func invalid(
    _ fields: [String], _ code: KubeError.Code = .invalid, line: Int = #line, file: String = #fileID,
    _ body: () async throws -> Void
  ) async throws -> KubeError {
    let error = try await refused(code, 422, "Invalid", line: line, file: file, body)
    let found = Set((error.status?.details?.causes ?? []).map { $0.field ?? "" })
    try expect(found, Set(fields), "the fields of \(error)", line: line, file: file)
    return error
  }

  /// Waits until `body` returns a value; controllers of a real cluster need time.
  func eventually<Value>(
    _ what: String, line: Int = #line, file: String = #fileID, _ body: () async throws -> Value?
  ) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(180)
    while ContinuousClock.now < deadline {
      if let value = try await body() { return value }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw Mismatch(description: "\(file):\(line): it never came that \(what)")
  }

  func isGone(_ key: ObjectKey, line: Int = #line) async throws {
    _ = try await eventually("\(key) is gone", line: line) {
      try await client().find(key) == nil ? true : nil
    }
  }

  /// The first events of a watch, as `TYPE name`, and the events.
  func events(
    _ count: Int, of selection: ResourceSelection, from version: String? = nil, timeoutSeconds: Int = 20
  ) async throws -> [WatchEvent] {
    var events: [WatchEvent] = []
    guard count > 0 else { return events }
    let watch = try await client().watch(
      selection, resourceVersion: version, timeoutSeconds: timeoutSeconds)
    for try await event in watch {
      if case .bookmark = event { continue }
      events.append(event)
      if events.count == count { break }
    }
    return events
  }
}

extension WatchEvent {
  /// The event's type and the object's name.
  var text: String {
    switch self {
    case .added(let object): "ADDED \(object.metadata.name)"
    case .modified(let object): "MODIFIED \(object.metadata.name)"
    case .deleted(let object): "DELETED \(object.metadata.name)"
    case .bookmark: "BOOKMARK"
    case .error(let status): "ERROR \(status.code ?? 0)"
    }
  }

  /// The object, if the event has one.
  var object: DynamicObject? {
    switch self {
    case .added(let object), .modified(let object), .deleted(let object): object
    case .bookmark, .error: nil
    }
  }
}

extension DynamicObject {
  /// The value at a path of the whole object.
  func at(_ path: String...) -> JSONValue? { json.value(at: path) }

  var version: String { metadata.resourceVersion ?? "" }

  /// The managers' entries as `manager/Operation`.
  func managers() throws -> [String] {
    try managedFields().map { "\($0.manager)/\($0.operation.rawValue)" }.sorted()
  }

  /// The fields of a manager's entry, as the API writes them.
  func fields(of manager: String) throws -> JSONValue? {
    try managedFields().first { $0.manager == manager }?.fields.json
  }
}
