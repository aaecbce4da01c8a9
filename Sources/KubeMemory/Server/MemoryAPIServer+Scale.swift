import HTTPTypes
import KubeCore
import KubeTransport

/// The `scale` subresource: the number of replicas of an object in a form that is the same for
/// every kind (API reference Scale v1).
extension MemoryAPIServer {
  static let scaleSubresource = "scale"
  /// The kind of the subresource.
  static let scale = ResourceType(
    group: "autoscaling", version: "v1", kind: "Scale", plural: "scales", isNamespaced: true)

  /// Executes a GET; throws where a custom resource doesn't state its number of replicas.
  func readScale(_ request: ResourceRequest, _ paths: ScalePaths) throws(APIFailure) -> MemoryResponse {
    let object = try existing(request)
    guard !request.rules.isCustom || object.json.value(at: paths.replicas) != nil else {
      throw .internalError("the spec replicas field \"\(paths.text)\" does not exist")
    }
    return response(object, request)
  }

  /// The Scale of `object`.
  func scale(of object: StoredObject, _ paths: ScalePaths) -> JSONValue {
    let json = object.json
    let wanted = json.value(at: paths.replicas)?.int64
    var metadata = JSONObject()
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[field] = json["metadata"]?[field]
    }
    let selector = paths.selector.flatMap { json.value(at: $0) }.map(MemoryAPIServer.selectorText) ?? ""
    return [
      "kind": .string(MemoryAPIServer.scale.kind),
      "apiVersion": .string(MemoryAPIServer.scale.apiVersion),
      "metadata": .object(metadata),
      // Zero is omitted from the spec but not from the status.
      "spec": .fields(["replicas": wanted.flatMap { $0 == 0 ? nil : .integer($0) }]),
      "status": .fields([
        "replicas": .integer(json.value(at: paths.observedReplicas)?.int64 ?? 0),
        "selector": selector.isEmpty ? nil : .string(selector),
      ]),
    ]
  }

  /// Executes a PUT or PATCH: sets the object's replicas to those of the Scale.
  mutating func writeScale(_ request: ResourceRequest, _ paths: ScalePaths) throws(APIFailure)
    -> MemoryResponse
  {
    let live = try existing(request)
    let scale =
      request.request.method == .put
      ? try replacement(request) : try patched(scale(of: live, paths), by: document(request), request)
    let metadata = scale["metadata"]
    try checkIdentity(metadata, of: live, request)
    try checkReplicas(scale, live.name)
    var object = visible(live, request.type)
    object.set(scale.value(at: "spec", "replicas") ?? 0, at: paths.replicas)
    object.set(metadata?["resourceVersion"], at: ["metadata", "resourceVersion"])
    return try change(live, to: object, request)
  }

  /// The Scale in the body of a PUT.
  private func replacement(_ request: ResourceRequest) throws(APIFailure) -> JSONValue {
    let scale = try document(request, of: BuiltInType.of(MemoryAPIServer.scale.groupKind))
    try checkIsScale(scale)
    return scale
  }

  private func checkIsScale(_ scale: JSONValue) throws(APIFailure) {
    let type = MemoryAPIServer.scale
    guard scale["kind"]?.string == type.kind, scale["apiVersion"]?.string == type.apiVersion else {
      throw .badRequest(
        "the body is a \(scale["kind"]?.string ?? "document without a kind") of \(scale["apiVersion"]?.string ?? "no version"), not a \(type.kind) of \(type.apiVersion)"
      )
    }
  }

  private func checkReplicas(_ scale: JSONValue, _ name: String) throws(APIFailure) {
    if let problem = BuiltInType.of(MemoryAPIServer.scale.groupKind)?.mismatch(in: scale) {
      throw .badRequest("Scale in version \"v1\" cannot be handled as a Scale: \(problem)")
    }
    if let replicas = scale.value(at: "spec", "replicas")?.int64, replicas < 0 {
      throw .invalid(
        MemoryAPIServer.scale, name: name,
        causes: [
          .invalid("spec.replicas", value: String(replicas), problem: "must be greater than or equal to 0")
        ])
    }
  }

  /// The part of the object itself that an applied Scale sets.
  func configuration(
    ofScale scale: JSONValue, _ paths: ScalePaths, _ request: ResourceRequest
  ) throws(APIFailure) -> JSONValue {
    try checkIsScale(scale)
    try checkReplicas(scale, request.slot.name)
    var config: JSONValue = .fields([
      "apiVersion": .string(request.type.apiVersion), "kind": .string(request.kind.kind),
      "metadata": scale["metadata"],
    ])
    config.set(scale.value(at: "spec", "replicas"), at: paths.replicas)
    return config
  }

  /// The entries of an object for an apply of its scale: replicas without an owner belong to the
  /// manager of that name, so that a change requires force.
  func scaleEntries(_ live: LiveObject, _ paths: ScalePaths, for request: ResourceRequest)
    -> [ManagedFieldsEntry]
  {
    let replicas = FieldSet([paths.replicas.map { .field($0) }])
    guard live.untracked.value(at: paths.replicas) != nil,
      !live.entries.contains(where: { !$0.fields.intersection(replicas).isEmpty })
    else { return live.entries }
    return live.entries + [
      ManagedFieldsEntry(
        manager: "before-first-apply", operation: .update, apiVersion: request.type.apiVersion, time: nil,
        subresource: MemoryAPIServer.scaleSubresource, fields: replicas)
    ]
  }

  /// A selector in the query parameter's notation: a LabelSelector's requirements in the order of
  /// their keys.
  private static func selectorText(_ selector: JSONValue) -> String {
    if let text = selector.string { return text }
    // A ReplicationController's selector is a map of labels.
    let isPlain = selector["matchLabels"] == nil && selector["matchExpressions"] == nil
    var terms = ((isPlain ? selector : selector["matchLabels"])?.object ?? [:]).map { label in
      (key: label.key, text: "\(label.key)=\(label.value.string ?? "")")
    }
    for expression in selector["matchExpressions"]?.array ?? [] {
      let key = expression["key"]?.string ?? ""
      let values = (expression["values"]?.array ?? []).compactMap(\.string).sorted().joined(separator: ",")
      switch expression["operator"]?.string {
      case "In": terms.append((key, "\(key) in (\(values))"))
      case "NotIn": terms.append((key, "\(key) notin (\(values))"))
      case "Exists": terms.append((key, key))
      case "DoesNotExist": terms.append((key, "!" + key))
      default: break
      }
    }
    return terms.sorted { $0.key.byteOrder(to: $1.key) < 0 }.map(\.text).joined(separator: ",")
  }
}

extension ScalePaths {
  /// The path of the desired replicas in a definition's notation.
  fileprivate var text: String { replicas.map { "." + $0 }.joined() }
}
