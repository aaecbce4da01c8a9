import KubeCore
import KubeTransport

extension MemoryAPIServer {
  mutating func create(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    if request.rules.isNamespaced && request.namespace == nil { throw .methodNotAllowed }
    return try create(object(request), request)
  }

  /// Creates the object in the body of a request.
  mutating func create(_ body: JSONValue, _ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    let object = try prepare(body, request)
    try checkNamespace(object, request)
    if let version = object.value(at: "metadata", "resourceVersion")?.string, !version.isEmpty, version != "0"
    {
      throw .unclassified("resourceVersion should not be set on objects to be created")
    }
    let manager = fieldManager(request)
    var tracked = object
    if request.version.hasStatus { tracked["status"] = nil }
    let entries = manager.update(
      live: [:], new: tracked, entries: [], manager: request.manager, isCreation: true,
      resettable: FieldSet(), time: request.now)
    let stored = try insert(object, for: request, entries: entries)
    return response(stored, request, code: 201)
  }

  /// Stores a new object with the fields that the server itself sets.
  mutating func insert(_ object: JSONValue, for request: ResourceRequest, entries: [ManagedFieldsEntry])
    throws(APIFailure) -> StoredObject
  {
    var object = object
    let rules = request.rules
    var name = object.value(at: "metadata", "name")?.string ?? ""
    if name.isEmpty, let prefix = object.value(at: "metadata", "generateName")?.string, !prefix.isEmpty {
      name = prefix.prefix(58) + nextSuffix()
      object.set(.string(name), at: ["metadata", "name"])
    }
    object.set(request.namespace.map { .string($0) }, at: ["metadata", "namespace"])
    if !rules.isNamespaced { object.set(nil, at: ["metadata", "namespace"]) }
    try requireLivingNamespace(request, name)
    try checkEscalation(object, from: nil, request)

    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"] {
      object.set(nil, at: ["metadata", field])
    }
    object.set(.string(nextUID()), at: ["metadata", "uid"])
    object.set(.string(request.now), at: ["metadata", "creationTimestamp"])
    object.set(rules.hasGeneration ? .some(1) : .none, at: ["metadata", "generation"])
    if request.version.hasStatus { object["status"] = rules.initialStatus }
    completeCreation(&object, rules)
    try validate(object, for: request, name: name)
    warnOfUnevaluatedRules(object, request)
    try checkCreation(request, name)
    try checkOwnerReferences(object, from: nil, request: request, name: name)
    if store.object(rules.groupKind, Slot(namespace: request.namespace ?? "", name: name)) != nil {
      throw .alreadyExists(request.type, name)
    }
    setEntries(entries, on: &object)
    let stored = StoredObject(
      object, entries: entries, resourceVersion: resourceVersion + 1, store.trees)
    try requireSize(stored, request)
    return commit(stored, rules, replacing: nil)
  }

  private func requireLivingNamespace(_ request: ResourceRequest, _ name: String) throws(APIFailure) {
    guard let namespace = request.namespace else { return }
    guard let object = store.object(KindRules.namespace, Slot(namespace: "", name: namespace)) else {
      let type = ResourceType(
        group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
      throw .notFound(type, namespace)
    }
    if object.isBeingDeleted {
      throw .forbidden(
        request.type, name: name,
        problem: "unable to create new content in namespace \(namespace) because it is being terminated",
        causes: [
          APIFailure.Cause(
            reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
            field: "metadata.namespace")
        ])
    }
  }

  /// Sets the fields that the server allocates, which have no owner.
  private mutating func completeCreation(_ object: inout JSONValue, _ rules: KindRules) {
    switch (rules.groupKind.group, rules.groupKind.kind) {
    case ("", "Namespace"): object.set(["kubernetes"], at: ["spec", "finalizers"])
    case ("", "Service"):
      guard object.value(at: "spec", "type")?.string != "ExternalName" else { return }
      if (object.value(at: "spec", "clusterIP")?.string ?? "").isEmpty {
        object.set(.string(nextServiceAddress()), at: ["spec", "clusterIP"])
      }
      if let address = object.value(at: "spec", "clusterIP"), object.value(at: "spec", "clusterIPs") == nil {
        object.set([address], at: ["spec", "clusterIPs"])
      }
      if object.value(at: "spec", "ipFamilies") == nil { object.set(["IPv4"], at: ["spec", "ipFamilies"]) }
      if object.value(at: "spec", "ipFamilyPolicy") == nil {
        object.set("SingleStack", at: ["spec", "ipFamilyPolicy"])
      }
    default: break
    }
  }

  func setEntries(_ entries: [ManagedFieldsEntry], on object: inout JSONValue) {
    object.set(
      entries.isEmpty ? nil : .array(entries.map { $0.json }), at: ["metadata", "managedFields"])
  }

  /// Validates an object. Metadata that equal those of `known`, an object which was validated
  /// before, need no validation.
  func validate(_ object: JSONValue, for request: ResourceRequest, name: String, known: JSONValue? = nil)
    throws(APIFailure)
  {
    let isKnown = known != nil && known?["metadata"] == object["metadata"]
    let causes =
      (isKnown ? [] : Validation.metadata(object, request.rules))
      + Validation.content(object, rules: request.rules, version: request.version, old: known)
    guard causes.isEmpty else { throw .invalid(request.type, name: name, causes: causes) }
  }

  /// The maximum number of rules in one warning.
  private static let maximumNamedRules = 10

  /// Warns about the rules of a CustomResourceDefinition that can't be evaluated.
  mutating func warnOfUnevaluatedRules(_ object: JSONValue, _ request: ResourceRequest) {
    guard request.kind == KindRules.customResourceDefinition, request.subresource == nil else { return }
    if object.value(at: "spec", "conversion", "strategy") == "Webhook" {
      warnings.append(
        "spec.conversion: this in-memory server calls no conversion webhook; versions differ by apiVersion alone"
      )
    }
    for version in object.value(at: "spec", "versions")?.array ?? [] {
      let rules = schema(ofVersion: version, of: groupKind(ofDefinition: object))?.unevaluated ?? []
      guard !rules.isEmpty else { continue }
      let more = rules.count - MemoryAPIServer.maximumNamedRules
      warnings.append(
        "spec.versions[\(version["name"]?.string ?? "")].schema.openAPIV3Schema: this in-memory server doesn't "
          + "evaluate \(rules.prefix(MemoryAPIServer.maximumNamedRules).joined(separator: "; "))"
          + (more > 0 ? "; and \(more) more" : ""))
    }
  }

  func requireSize(_ object: StoredObject, _ request: ResourceRequest) throws(APIFailure) {
    let size = object.byteCount(as: request.rules.storageType)
    guard size <= limits.objectBytes else {
      throw .tooLarge(
        "etcdserver: request is too large: the object has \(size) bytes, the limit is \(limits.objectBytes)")
    }
  }
}
