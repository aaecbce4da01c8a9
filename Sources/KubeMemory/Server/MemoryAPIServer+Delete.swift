import KubeCore
import KubeTransport

extension MemoryAPIServer {
  /// A deletion as a request describes it (API reference DeleteOptions v1).
  struct Deletion {
    var uid: String?
    var resourceVersion: String?
    var propagation: String?

    init(_ request: ResourceRequest, _ document: JSONValue?) throws(APIFailure) {
      uid = document?.value(at: "preconditions", "uid")?.string
      resourceVersion = document?.value(at: "preconditions", "resourceVersion")?.string
      propagation =
        document?["propagationPolicy"]?.string ?? request.request.queryValue("propagationPolicy")
      if let propagation, !["Background", "Foreground", "Orphan"].contains(propagation) {
        throw .invalidOption(
          "DeleteOptions",
          .unsupported(
            "propagationPolicy", value: JSONWriter().text(.string(propagation)),
            supported: ["Foreground", "Background", "Orphan"]))
      }
      let orphans =
        document?["orphanDependents"]?.bool
        ?? request.request.queryValue("orphanDependents").map { $0 == "true" || $0 == "1" }
      guard let orphans else { return }
      if let propagation {
        throw .invalidOption(
          "DeleteOptions",
          .invalid(
            "propagationPolicy", value: APIFailure.quoted(propagation),
            problem: "orphanDependents and deletionPropagation cannot be both set"))
      }
      propagation = orphans ? "Orphan" : "Background"
    }
  }

  private func options(_ request: ResourceRequest) throws(APIFailure) -> Deletion {
    guard let body = request.request.body, !body.isEmpty else { return try Deletion(request, nil) }
    guard request.mediaType == "application/json" else {
      throw .unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: application/json")
    }
    let document = try document(request)
    guard document.object != nil, document["kind"] == nil || document["kind"] == "DeleteOptions" else {
      throw .badRequest("expected DeleteOptions, found \(document["kind"]?.string ?? document.kindName)")
    }
    return try Deletion(request, document)
  }

  mutating func delete(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    let options = try options(request)
    let live = try existing(request)
    if let uid = options.uid, uid != live.uid {
      throw .conflict(
        request.type, name: live.name,
        problem:
          "the UID in the precondition (\(uid)) does not match the UID in record (\(live.uid)). The object might have been deleted and then recreated"
      )
    }
    if let version = options.resourceVersion, version != String(live.resourceVersion) {
      throw .conflict(
        request.type, name: live.name,
        problem:
          "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record (\(live.resourceVersion)). The object might have been modified"
      )
    }
    if let pending = delete(live, request.rules, propagation: options.propagation, at: request.time) {
      return response(pending, request)
    }
    return .json([
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
      "details": .fields([
        "name": .string(live.name), "group": request.kind.group.isEmpty ? nil : .string(request.kind.group),
        "kind": .string(request.rules.plural), "uid": .string(live.uid),
      ]),
    ])
  }

  /// Deletes `live`; where finalizers hold it, marks it and returns its new state.
  @discardableResult
  mutating func delete(_ live: StoredObject, _ rules: KindRules, propagation: String?, at time: Date)
    -> StoredObject?
  {
    var object = live.json
    var finalizers = live.finalizers
    if !live.isBeingDeleted {
      switch propagation {
      case "Foreground": finalizers.append(Finalizer.foreground)
      case "Orphan": finalizers.append(Finalizer.orphan)
      default: break
      }
      if finalizers != live.finalizers {
        var seen: Set<String> = []
        finalizers = finalizers.filter { seen.insert($0).inserted }
        object.set(.array(finalizers.map { .string($0) }), at: ["metadata", "finalizers"])
      }
    }
    guard !isReleased(object, rules.groupKind) else {
      erase(live, rules)
      return nil
    }
    if live.isBeingDeleted { return live }
    object.set(.string(Timestamp(time).description), at: ["metadata", "deletionTimestamp"])
    if rules.groupKind == KindRules.namespace {
      object.set("Terminating", at: ["status", "phase"])
    } else {
      object.set(0, at: ["metadata", "deletionGracePeriodSeconds"])
    }
    if let generation = live.metadata["generation"]?.int64 {
      object.set(.integer(generation &+ 1), at: ["metadata", "generation"])
    }
    return commit(object, rules, replacing: live)
  }

  mutating func deleteCollection(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    if request.rules.isNamespaced && request.namespace == nil { throw .methodNotAllowed }
    if request.kind == KindRules.namespace { throw .methodNotAllowed }
    let options = try options(request)
    let selector = try selector(request)
    let doomed = store.objects(request.kind, namespace: request.namespace).filter(selector.matches)
    for object in doomed { delete(object, request.rules, propagation: options.propagation, at: request.time) }
    return list(doomed, for: request, metadata: ["resourceVersion": .string(String(resourceVersion))])
  }

  /// The finalizers that the server itself handles.
  enum Finalizer {
    /// Holds an owner until its dependents are deleted.
    static let foreground = "foregroundDeletion"
    /// Holds an owner until its dependents no longer refer to it.
    static let orphan = "orphan"
    /// Holds a CustomResourceDefinition until its objects are deleted.
    static let customResources = "customresourcecleanup.apiextensions.k8s.io"
  }
}
