public import KubeCore

extension KubeClient {
  // MARK: Reading

  /// The object of a known kind.
  public func get<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, namespace: String? = nil, name: String
  ) async throws -> Kind {
    let request = KubeRequest.get(ObjectKey(Kind.type, namespace: namespace, name: name))
    let object = try await requiredObject(request)
    return try Self.reading(request) { () throws(FieldError) in try object.decode() }
  }

  /// The object of any kind.
  public func getDynamic(_ key: ObjectKey, metadataOnly: Bool = false) async throws -> DynamicObject {
    try await requiredObject(.get(key, metadataOnly: metadataOnly))
  }

  /// The object of any kind; `nil` where there is none.
  public func findDynamic(_ key: ObjectKey, metadataOnly: Bool = false) async throws -> DynamicObject? {
    do {
      return try await getDynamic(key, metadataOnly: metadataOnly)
    } catch let error as KubeError where error.code == .notFound {
      return nil
    }
  }

  /// The object of a known kind; `nil` where there is none.
  public func find<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, namespace: String? = nil, name: String
  ) async throws -> Kind? {
    do {
      return try await get(Kind.self, namespace: namespace, name: name)
    } catch let error as KubeError where error.code == .notFound {
      return nil
    }
  }

  // MARK: Writing

  /// Creates an object of a known kind, and returns it as the server stored it.
  public func create<Kind: KubeObject>(_ object: Kind, isDryRun: Bool = false) async throws -> Kind {
    let request = KubeRequest.create(object.key, object.json, options: options(isDryRun))
    let created = try await requiredObject(request)
    return try Self.reading(request) { () throws(FieldError) in try created.decode() }
  }

  /// Creates an object of any kind, and returns it as the server stored it.
  public func createDynamic(
    _ key: ObjectKey, _ object: JSONValue, isDryRun: Bool = false
  ) async throws -> DynamicObject {
    try await requiredObject(.create(key, object, options: options(isDryRun)))
  }

  /// Replaces an object; it must carry the resourceVersion that was read.
  public func replace(
    _ key: ObjectKey, with object: JSONValue, subresource: String? = nil
  ) async throws -> DynamicObject {
    try await requiredObject(
      .replace(key, with: object, subresource: subresource, options: options(false)))
  }

  /// Carries out one patch, and returns the object as the server has it then; `nil` where a deletion left
  /// nothing.
  ///
  /// Some servers don't look at the uid in an apply (on the status of a custom resource). The answer is
  /// compared with the patch's
  /// precondition therefore: when another object was written, `KubeError.Code.preconditionFailed` is
  /// thrown, with `mayHaveTakenEffect` set.
  @discardableResult
  public func apply(_ patch: ObjectPatch, isDryRun: Bool = false) async throws -> DynamicObject? {
    let request = KubeRequest(patch, fieldManager: fieldManager, isDryRun: isDryRun)
    if case .delete = patch.operation { return try await object(request) }
    let object = try await requiredObject(request)
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

  /// Deletes an object; returns it where it still has to wait for its finalizers, `nil` where it is gone.
  @discardableResult
  public func delete(_ key: ObjectKey, options: DeleteOptions = DeleteOptions()) async throws
    -> DynamicObject?
  {
    try await object(.delete(key, options: options))
  }

  /// Deletes every object of a selection.
  public func deleteCollection(
    _ selection: ResourceSelection, options: DeleteOptions = DeleteOptions()
  ) async throws {
    _ = try await bytes(.deleteCollection(selection, options: options))
  }

  private func options(_ isDryRun: Bool) -> WriteOptions {
    WriteOptions(fieldManager: fieldManager, isDryRun: isDryRun)
  }

  // MARK: Discovery

  /// The versions in which the server serves an API group, its preferred one first; empty where it doesn't
  /// know the group.
  public func serverVersions(of group: String) async throws -> [String] {
    let request = KubeRequest.raw(path: group.isEmpty ? "/api" : "/apis/\(group)")
    let answer: JSONValue?
    do {
      answer = try await json(request)
    } catch let error as KubeError where error.code == .notFound {
      return []
    }
    return try Self.reading(request) { () throws(FieldError) in
      let reader = FieldReader(answer)
      if group.isEmpty { return try reader["versions"].list() }
      let preferred = try reader["preferredVersion"]["version"].optional(String.self)
      let versions = try (answer?["versions"]?.array ?? []).map { version throws(FieldError) in
        try FieldReader(version)["version"].string()
      }
      return (preferred.map { [$0] } ?? []) + versions.filter { $0 != preferred }
    }
  }

  /// The kinds that the server serves in an `apiVersion` such as `apps/v1`, without subresources; empty where
  /// it doesn't know it.
  public func serverResources(apiVersion: String) async throws -> [ResourceType] {
    let parts = apiVersion.split(separator: "/").map(String.init)
    let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
    let request = KubeRequest.raw(path: group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)")
    let answer: JSONValue?
    do {
      answer = try await json(request)
    } catch let error as KubeError where error.code == .notFound {
      return []
    }
    return try Self.reading(request) { () throws(FieldError) in
      var types: [ResourceType] = []
      for resource in answer?["resources"]?.array ?? [] {
        let reader = FieldReader(resource, at: FieldPath(dotted: "resources"))
        let name = try reader["name"].string()
        guard !name.contains("/") else { continue }
        types.append(
          ResourceType(
            group: group, version: version, kind: try reader["kind"].string(), plural: name,
            isNamespaced: try reader["namespaced"].bool()))
      }
      return types
    }
  }
}
