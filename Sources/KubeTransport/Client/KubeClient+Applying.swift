public import KubeCore

extension KubeClient {
  /// Applies the status of an observed object (server-side apply to its `status` subresource) and
  /// returns the updated object.
  ///
  /// Of `object`, only name, namespace, uid and status are sent. The status must contain every
  /// field that this client is to own: it gives up those that are missing. The fields are owned by
  /// the manager that `FieldOwnership.fieldManager(_:for:)` names. Throws without a uid: a status
  /// belongs to an observed object.
  ///
  /// - Parameters:
  ///   - object: The observed object with the status to apply.
  ///   - force: Whether to take over fields that others own; otherwise they cause a
  ///     ``KubeError/Code/applyConflict``.
  ///   - isDryRun: Whether nothing is stored.
  @discardableResult
  public func applyStatus<Kind: KubeObject>(
    _ object: Kind, force: Bool = false, isDryRun: Bool = false
  ) async throws -> Kind {
    let key = object.key
    guard let uid = object.metadata.uid else {
      throw KubeError(
        .get(key, subresource: "status"),
        notSentBecause: "the object has no uid, as it wasn't read from the server; read it first")
    }
    let fields: JSONValue = .fields([
      "apiVersion": .string(Kind.type.apiVersion), "kind": .string(Kind.type.kind),
      "metadata": .fields(["name": .string(key.name), "namespace": key.namespace?.json]),
      "status": object.json["status"],
    ])
    let patch = ObjectPatch(
      target: key, subresource: "status", operation: .apply(fields, force: force), precondition: .uid(uid),
      reason: "apply the status")
    let request = KubeRequest(patch, fieldManager: fieldManager, isDryRun: isDryRun)
    guard let stored = try await apply(patch, isDryRun: isDryRun) else {
      throw Self.badResponse(request, "expected an object, but the response has none")
    }
    return try Self.reading(request) { () throws(FieldError) in try stored.decode() }
  }

  /// The object reduced to the fields that this client has applied; `nil` where there are none. See
  /// `DynamicObject.extract(ownedBy:subresource:table:)`.
  ///
  /// - Parameters:
  ///   - object: The object as it was read.
  ///   - subresource: The subresource that was applied to, such as `status`; `nil` for the object
  ///     itself.
  ///   - table: The kind's field table; without one, defaults of list keys aren't known.
  public func extract(
    from object: DynamicObject, subresource: String? = nil, table: FieldTable? = nil
  ) throws(FieldError) -> DynamicObject? {
    let manager = FieldOwnership.fieldManager(fieldManager, for: subresource)
    if let fields = try object.extract(ownedBy: manager, subresource: subresource, table: table) {
      return fields
    }
    // API servers before 1.22 don't record which subresource an entry is about.
    return subresource == nil ? nil : try object.extract(ownedBy: manager, table: table)
  }

  /// The object of a known kind reduced to the fields that this client has applied. Throws also
  /// where the kind requires a field that this client hasn't applied.
  public func extract<Kind: KubeObject>(
    from object: Kind, subresource: String? = nil, table: FieldTable? = nil
  ) throws(FieldError) -> Kind? {
    try extract(from: DynamicObject(object.json), subresource: subresource, table: table)?.decode()
  }
}
