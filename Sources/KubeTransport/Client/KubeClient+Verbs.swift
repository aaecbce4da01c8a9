public import KubeCore

extension KubeClient {
  // MARK: Reading

  /// Reads an object of a known kind.
  public func get<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, namespace: String? = nil, name: String
  ) async throws -> Kind {
    let request = KubeRequest.get(ObjectKey(Kind.type, namespace: namespace, name: name))
    let object = try await requiredObject(request, expecting: AnswerKind(Kind.type))
    return try Self.reading(request) { () throws(FieldError) in try object.decode() }
  }

  /// Reads an object of any kind.
  public func get(_ key: ObjectKey, metadataOnly: Bool = false) async throws -> DynamicObject {
    try await requiredObject(
      .get(key, metadataOnly: metadataOnly), expecting: metadataOnly ? .metadata : AnswerKind(key.type))
  }

  /// Reads an object of any kind; `nil` where the server reports that there is none.
  public func find(_ key: ObjectKey, metadataOnly: Bool = false) async throws -> DynamicObject? {
    do {
      return try await get(key, metadataOnly: metadataOnly)
    } catch let error as KubeError where error.isObjectNotFound {
      return nil
    }
  }

  /// Reads an object of a known kind; `nil` where the server reports that there is none.
  public func find<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, namespace: String? = nil, name: String
  ) async throws -> Kind? {
    do {
      return try await get(Kind.self, namespace: namespace, name: name)
    } catch let error as KubeError where error.isObjectNotFound {
      return nil
    }
  }

  // MARK: Writing

  /// Creates an object of a known kind and returns the stored object.
  public func create<Kind: KubeObject>(_ object: Kind, isDryRun: Bool = false) async throws -> Kind {
    let request = KubeRequest.create(object.key, object.json, options: options(isDryRun))
    let created = try await requiredObject(request, expecting: AnswerKind(Kind.type))
    return try Self.reading(request) { () throws(FieldError) in try created.decode() }
  }

  /// Creates an object of any kind and returns the stored object.
  public func create(
    _ key: ObjectKey, _ object: JSONValue, isDryRun: Bool = false
  ) async throws -> DynamicObject {
    try await requiredObject(
      .create(key, object, options: options(isDryRun)),
      expecting: AnswerKind(writing: object, to: key, subresource: nil))
  }

  /// Replaces an object of a known kind, which must have the resourceVersion that was read, and
  /// returns the stored object.
  public func replace<Kind: KubeObject>(_ object: Kind, isDryRun: Bool = false) async throws -> Kind {
    let request = KubeRequest.replace(object.key, with: object.json, options: options(isDryRun))
    let replaced = try await requiredObject(request, expecting: AnswerKind(Kind.type))
    return try Self.reading(request) { () throws(FieldError) in try replaced.decode() }
  }

  /// Replaces an object of any kind, which must have the resourceVersion that was read, and returns
  /// the stored object.
  public func replace(
    _ key: ObjectKey, with object: JSONValue, subresource: String? = nil, isDryRun: Bool = false
  ) async throws -> DynamicObject {
    try await requiredObject(
      .replace(key, with: object, subresource: subresource, options: options(isDryRun)),
      expecting: AnswerKind(writing: object, to: key, subresource: subresource))
  }

  /// Sends one patch and returns the updated object; `nil` where a deletion left none.
  ///
  /// Some servers ignore the uid of an apply (to the status of a custom resource). Therefore the
  /// response is compared with the patch's precondition: if another object was written,
  /// ``KubeError/Code/preconditionFailed`` is thrown with ``KubeError/mayHaveTakenEffect`` set.
  @discardableResult
  public func apply(_ patch: ObjectPatch, isDryRun: Bool = false) async throws -> DynamicObject? {
    let request = KubeRequest(patch, fieldManager: fieldManager, isDryRun: isDryRun)
    if case .delete = patch.operation {
      return try await object(request, expecting: AnswerKind(patch.target.type))
    }
    let object = try await requiredObject(
      request, expecting: AnswerKind(writing: patch.body, to: patch.target, subresource: patch.subresource))
    switch patch.precondition {
    case .uid(let uid), .uidAndResourceVersion(let uid, _):
      guard object.metadata.uid == uid else {
        throw KubeError(
          code: .preconditionFailed, request: .init(request),
          message: "the server wrote to another object of the same name", mayHaveTakenEffect: !isDryRun)
      }
    case .absent: break
    }
    return object
  }

  /// Deletes an object; returns it where finalizers delay its removal, `nil` where it is gone.
  @discardableResult
  public func delete(_ key: ObjectKey, options: DeletionOptions = DeletionOptions()) async throws
    -> DynamicObject?
  {
    try await object(.delete(key, options: options), expecting: AnswerKind(key.type))
  }

  /// Deletes every object of a selection.
  public func deleteCollection(
    _ selection: ResourceSelection, options: DeletionOptions = DeletionOptions()
  ) async throws {
    let request = KubeRequest.deleteCollection(selection, options: options)
    guard let answer = try await json(request) else { return }
    // A success without content, or the objects that existed.
    if answer["kind"] == "Status" {
      try Self.requireSuccess(answer, of: request)
    } else {
      try Self.require(AnswerKind(selection.type).list, answer, of: request)
    }
  }

  private func options(_ isDryRun: Bool) -> WriteOptions {
    WriteOptions(fieldManager: fieldManager, isDryRun: isDryRun)
  }
}
