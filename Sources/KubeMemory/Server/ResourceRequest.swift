import HTTPTypes
import KubeCore
import KubeSchemas
import KubeTransport

/// A request for objects of one kind, with its path parsed.
struct ResourceRequest {
  var request: KubeRequest
  var time: Date
  /// The user who makes it; `nil` for an administrator.
  var caller: APIUser?
  /// The kind in the version that the path names.
  let served: ServedKind
  /// The namespace; `nil` for cluster-scoped kinds and for lists of all namespaces.
  var namespace: String?
  var name: String?
  var subresource: String?
  /// The media type of the body, without its parameters.
  let mediaType: String
  /// The accepted media types; empty for any.
  let accepted: String

  init(
    _ request: KubeRequest, at time: Date, _ served: ServedKind, namespace: String?, name: String?,
    subresource: String?
  ) {
    self.request = request
    self.time = time
    self.served = served
    self.namespace = namespace
    self.name = name
    self.subresource = subresource
    var (contentType, accepted) = ("application/json", "")
    // One pass over the few headers.
    for field in request.headers {
      if field.name == .contentType { contentType = field.value }
      if field.name == .accept { accepted += accepted.isEmpty ? field.value : ", " + field.value }
    }
    mediaType =
      contentType.utf8.contains { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: " ") }
      ? String(contentType.prefix { $0 != ";" }).lowercased().filter { $0 != " " } : contentType.lowercased()
    self.accepted = accepted
  }

  var rules: KindRules { served.rules }
  var version: KindRules.Version { served.version }
  var type: ResourceType { served.type }
  var kind: GroupKind { served.rules.groupKind }
  var now: String { Timestamp(time).description }

  /// The field manager: the query's `fieldManager`, else the client's name.
  var manager: String {
    if let name = request.queryValue("fieldManager"), !name.isEmpty { return name }
    let agent = request.headers[.userAgent] ?? ""
    let name = agent.prefix { $0 != "/" }
    return name.isEmpty ? "unknown" : String(name)
  }

  /// Whether nothing is to be stored; a deletion may state that in its body.
  var isDryRun: Bool {
    if request.query.contains(where: { $0.name == "dryRun" && $0.value == "All" }) { return true }
    guard request.method == .delete, let body = request.body,
      let options = try? JSONParser().parse(body.exposed())
    else { return false }
    return options["dryRun"] == ["All"]
  }

  /// The object's resourceVersion before a dry run, which doesn't change it.
  var versionBeforeDryRun: String?

  /// The representation of objects that the client accepts; set by `checkOptions()`.
  var representation = Representation.object

  /// Refuses options of a write, and an `Accept` header, that can't be served.
  mutating func checkOptions() throws(APIFailure) {
    let isPlain = accepted.isEmpty || accepted == "application/json"
    guard isPlain || ["application/json", "application/*", "*/*"].contains(where: accepted.contains) else {
      throw .notAcceptable
    }
    representation = try Representation(accept: accepted, request)
    guard request.method != .get else { return }
    if let item = request.query.first(where: { $0.name == "dryRun" && $0.value != "All" }) {
      throw .invalidOption(
        optionsKind,
        .unsupported("dryRun", value: JSONWriter().text([.string(item.value)]), supported: ["All"]))
    }
    if let validation = request.queryValue("fieldValidation"), request.method != .delete,
      !["", "Ignore", "Strict", "Warn"].contains(validation)
    {
      throw .invalidOption(
        optionsKind,
        .unsupported(
          "fieldValidation", value: JSONWriter().text(.string(validation)),
          supported: ["Ignore", "Strict", "Warn"]))
    }
    if let name = request.queryValue("fieldManager"),
      name.utf8.count > ResourceRequest.maximumManagerBytes
    {
      throw .invalidOption(optionsKind, .tooLong("fieldManager", ResourceRequest.maximumManagerBytes))
    }
  }

  /// The maximum length of a field manager's name in bytes.
  static let maximumManagerBytes = 128

  private var optionsKind: String {
    switch request.method {
    case .post: "CreateOptions"
    case .put: "UpdateOptions"
    case .patch: "PatchOptions"
    default: "DeleteOptions"
    }
  }

  /// Refuses verbs that the kind doesn't support; most kinds have all verbs.
  func requireServedVerb() throws(APIFailure) {
    guard rules.verbs.count < KindSchema.allVerbs.count, subresource == nil else { return }
    let verb =
      switch request.method {
      case .get: flag("watch") ? "watch" : name == nil ? "list" : "get"
      case .post: "create"
      case .put: "update"
      case .patch: "patch"
      default: name == nil ? "deletecollection" : "delete"
      }
    guard rules.verbs.contains(verb) else { throw .methodNotAllowed }
  }

  /// The paths of the object's replicas, if the request is for its `scale` subresource.
  var scale: ScalePaths? { subresource == MemoryAPIServer.scaleSubresource ? version.scale : nil }

  func flag(_ name: String) -> Bool {
    guard let value = request.queryValue(name) else { return false }
    return ["", "1", "t", "T", "true", "TRUE", "True"].contains(value)
  }

  /// The slot of the object that the path names.
  var slot: Slot { Slot(namespace: namespace ?? "", name: name ?? "") }
}

/// The destination of a path.
enum Route {
  case resource(ResourceRequest)
  case document(MemoryResponse)
  /// A review, which is answered and not stored.
  case answer(MemoryResponse)
}

extension MemoryAPIServer {
  /// Parses the path of a request made by `user` (an administrator for none); throws 404 where
  /// nothing is served there.
  func route(_ request: KubeRequest, by user: APIUser? = nil, at time: Date) throws(APIFailure) -> Route {
    let path = request.path.last == "" ? Array(request.path.dropLast()) : request.path
    switch path.first {
    case "healthz", "livez", "readyz":
      return .document(.text("ok"))
    case "version" where path.count == 1:
      return .document(.json(discovery.versionDocument))
    case "api":
      if path.count == 1 {
        return .document(discovery.document(isCore: true, accept: request.headers[.accept] ?? ""))
      }
      guard path[1] == "v1" else { throw .pathNotFound }
      if path.count == 2 { return .document(.json(try discovery.resources(group: "", version: "v1"))) }
      return .resource(
        try resource(group: "", version: "v1", rest: path.dropFirst(2), for: request, at: time))
    case "openapi" where path.count > 1 && path[1] == "v3":
      let documents = OpenAPIDocuments(registry: registry)
      return .document(
        .json(path.count == 2 ? documents.index : try documents.document(at: path.dropFirst(2))))
    case "apis":
      if path.count > 3, path[1] == ReviewKind.authorization || path[1] == ReviewKind.authentication {
        guard let (kind, namespace) = ReviewKind.served(at: path) else { throw .pathNotFound }
        return .answer(try review(kind, request, by: user ?? .admin, in: namespace, at: time))
      }
      switch path.count {
      case 1:
        return .document(discovery.document(isCore: false, accept: request.headers[.accept] ?? ""))
      case 2: return .document(.json(try discovery.group(path[1])))
      case 3: return .document(.json(try discovery.resources(group: path[1], version: path[2])))
      default:
        return .resource(
          try resource(group: path[1], version: path[2], rest: path.dropFirst(3), for: request, at: time))
      }
    default: throw .pathNotFound
    }
  }

  private var discovery: Discovery { Discovery(registry: registry) }

  private func resource(
    group: String, version: String, rest: ArraySlice<String>, for request: KubeRequest, at time: Date
  ) throws(APIFailure) -> ResourceRequest {
    var rest = Array(rest)
    var namespace: String?
    // The path `namespaces/<ns>` denotes an object of its own, with subresources; otherwise it is
    // the namespace of the rest.
    let isNamespaceItself =
      group.isEmpty && rest.first == "namespaces"
      && (rest.count <= 2 || rest.count == 3 && ["status", "finalize"].contains(rest[2]))
    if rest.first == "namespaces", rest.count >= 3, !isNamespaceItself {
      namespace = rest[1]
      rest.removeFirst(2)
    }
    guard let plural = rest.first, rest.count <= 3,
      let served = registry.served(group: group, version: version, plural: plural),
      served.rules.isNamespaced || namespace == nil, namespace != ""
    else { throw .pathNotFound }
    let name = rest.count > 1 ? rest[1] : nil
    let subresource = rest.count > 2 ? rest[2] : nil
    if name == "" || served.rules.isNamespaced && name != nil && namespace == nil { throw .pathNotFound }
    if let subresource {
      let isServed =
        subresource == "status" && served.version.hasStatus
        || subresource == MemoryAPIServer.scaleSubresource && served.version.scale != nil
        || subresource == "finalize" && served.rules.groupKind == KindRules.namespace
        || subresource == MemoryAPIServer.tokenSubresource
          && served.rules.groupKind == KindRules.serviceAccount
      guard isServed else { throw .pathNotFound }
    }
    return ResourceRequest(
      request, at: time, served, namespace: namespace, name: name, subresource: subresource)
  }
}
