import HTTPTypes
public import KubeCore
public import KubeSchemas
public import KubeTransport

/// An API server that is a value.
///
/// It has no clock, no randomness and no I/O: the response depends on the state, the request and
/// the time alone, to the byte. A copy is an independent server and costs next to nothing, so that
/// a test can try every next step from one state. ``InMemoryCluster`` makes it a transport.
///
/// ```swift
/// var server = MemoryAPIServer()
/// let response = server.handle(request, at: Date(timeIntervalSince1970: 0))
/// ```
///
/// It serves every stored kind that is built into Kubernetes, and every kind whose
/// CustomResourceDefinition is created in it, and responds like Kubernetes 1.36. Unsupported
/// requests are refused, never silently accepted. By default every request is allowed; with
/// ``Authorization/rbac`` users are authenticated by the tokens of their ServiceAccounts, or passed
/// to ``handle(_:as:at:)``, and authorized by RBAC. No admission or conversion webhook is called.
/// Rules of a CustomResourceDefinition that can't be evaluated are listed in a `Warning` header
/// when the definition is written. Garbage collection and the deletion of namespaces and
/// definitions are separate steps: ``collectGarbage(at:)``.
public struct MemoryAPIServer: Sendable, CustomStringConvertible {
  /// The server's limits.
  public struct Limits: Sendable, Hashable {
    /// The maximum size of a request's body in bytes; more is refused with 413.
    public var requestBytes: Int
    /// The maximum size of a stored object in bytes; more is refused with 413.
    public var objectBytes: Int
    /// The number of changes kept for watches and for lists of the past (at least this many, at
    /// most 64 more).
    public var history: Int
    /// The maximum number of objects on one page of a list, whatever `limit` is.
    public var pageSize: Int

    /// Creates limits; the defaults are those of a real server, except for the history.
    public init(
      requestBytes: Int = 3 << 20, objectBytes: Int = 3 << 19, history: Int = 10_000,
      pageSize: Int = 100_000
    ) {
      self.requestBytes = requestBytes
      self.objectBytes = objectBytes
      self.history = history
      self.pageSize = pageSize
    }
  }

  /// The server's limits.
  public var limits: Limits
  /// The resourceVersion of the newest change.
  public internal(set) var resourceVersion: UInt64
  /// Whether a change since the last ``collectGarbage(at:)`` may have left garbage.
  package internal(set) var mayHaveGarbage = false

  var registry: KindRegistry
  var store = StoredObjects()
  var history = EventHistory()
  var identities: IdentitySource
  var nextClusterIP: UInt32 = 1
  /// The rules that users hold; `nil` for ``Authorization/alwaysAllow``.
  var access: AccessCache?
  /// The key that signs tokens.
  let tokenKey: [UInt8]
  /// Whether changes of owner references require the permissions of kube-apiserver's admission
  /// plugin OwnerReferencesPermissionEnforcement: `delete` on the object, and `update` on the
  /// owner's `finalizers` for one that blocks its deletion. Requires ``Authorization/rbac``; off by
  /// default, as on a real server.
  public var enforcesOwnerReferencePermissions = false

  /// Creates a server with these namespaces and nothing else.
  ///
  /// - Parameters:
  ///   - seed: The source of uids and of the key that signs tokens: two servers with one seed
  ///     assign the same uids to the same sequence of creations, and accept each other's tokens.
  ///   - limits: The server's limits.
  ///   - namespaces: The initial namespaces.
  ///   - authorization: The authorization of requests; see ``setAuthorization(_:at:)``.
  ///   - time: The creation time of the initial objects.
  public init(
    seed: UInt64 = 0, limits: Limits = Limits(),
    namespaces: [String] = ["default", "kube-node-lease", "kube-public", "kube-system"],
    authorization: Authorization = .alwaysAllow, at time: Date = Date(timeIntervalSince1970: 0)
  ) {
    self.limits = limits
    resourceVersion = 0
    registry = KindRegistry(KindRules.builtIn)
    identities = IdentitySource(seed: seed)
    tokenKey = SHA256.digest(Array("service account tokens of \(seed)".utf8))
    for name in namespaces {
      _ = handle(
        KubeRequest(
          method: .post, path: ["api", "v1", "namespaces"],
          query: [.init("fieldManager", "kube-apiserver")],
          body: SecretBytes(
            JSONWriter().bytes([
              "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)],
            ]))), at: time)
    }
    if authorization == .rbac { setAuthorization(.rbac, at: time) }
  }

  /// The number of objects and the resourceVersion; no content.
  public var description: String { "\(store.count) objects at resourceVersion \(resourceVersion)" }

  /// Registers a version of a custom resource by its facts, without a CustomResourceDefinition: its
  /// objects are stored as written, with the defaults of `table`.
  public mutating func register(_ kind: KindSchema, table: FieldTable) {
    guard let type = kind.resourceType else { return }
    register(
      type, table: table, hasStatus: kind.subresources.contains("status"),
      hasGeneration: kind.countsGenerations,
      columns: kind.columns.compactMap { PrinterColumn($0) })
    guard var rules = registry[type.groupKind] else { return }
    rules.shortNames = kind.shortNames
    registry.register(rules)
  }

  /// Registers a kind without a CustomResourceDefinition, for tests and for objects whose
  /// definition isn't available.
  ///
  /// - Parameters:
  ///   - type: The served kind.
  ///   - table: The keyed lists and the defaults.
  ///   - hasStatus: Whether `status` is a subresource.
  ///   - hasGeneration: Whether changes of the desired state are counted.
  ///   - columns: The columns of tables after the name; an empty list stands for the age.
  public mutating func register(
    _ type: ResourceType, table: FieldTable = FieldTable(), hasStatus: Bool = true,
    hasGeneration: Bool = true,
    columns: [PrinterColumn] = []
  ) {
    var rules =
      registry[type.groupKind]
      ?? KindRules(
        groupKind: type.groupKind, plural: type.plural, singular: type.kind.lowercased(),
        isNamespaced: type.isNamespaced, versions: [], storageVersion: type.version,
        hasGeneration: hasGeneration, isCustom: true)
    let builtIn = rules.version(type.version)?.type
    rules.versions.removeAll { $0.name == type.version }
    rules.versions.append(
      KindRules.Version(
        name: type.version, table: table, schema: nil, type: builtIn, hasStatus: hasStatus,
        printerColumns: columns))
    registry.register(rules)
  }

  /// Drops the changes up to `resourceVersion`, like the compaction of a real server's store:
  /// watches from before it end with 410.
  public mutating func compact(through resourceVersion: UInt64) {
    history.compact(through: min(resourceVersion, self.resourceVersion))
  }

  /// Answers `request` at `time`. Every failure is a response: nothing is thrown, whatever the
  /// bytes are.
  ///
  /// With ``Authorization/rbac`` the request is made by the ServiceAccount of the bearer token in
  /// its `Authorization` header (401 for an invalid one), and by an administrator where it has
  /// none.
  public mutating func handle(_ request: KubeRequest, at time: Date) -> MemoryResponse {
    handle(request, by: nil, at: time)
  }

  /// Answers `request` at `time`, made by `user`; see ``handle(_:at:)``. An `Authorization` header
  /// is ignored.
  ///
  /// With ``Authorization/rbac`` the user may impersonate another by the request's `Impersonate-`
  /// headers.
  public mutating func handle(_ request: KubeRequest, as user: APIUser, at time: Date) -> MemoryResponse {
    handle(request, by: user, at: time)
  }

  private mutating func handle(_ request: KubeRequest, by user: APIUser?, at time: Date) -> MemoryResponse {
    do throws(APIFailure) {
      let user = access == nil ? user : try admit(request, user, at: time)
      guard (request.body?.count ?? 0) <= limits.requestBytes else {
        throw .tooLarge("Request entity too large: limit is \(limits.requestBytes)")
      }
      switch try route(request, by: user, at: time) {
      case .document(let response):
        guard request.method == .get else { throw .methodNotAllowed }
        return response
      case .answer(let response): return response
      case .resource(var resource):
        resource.caller = user
        try resource.checkOptions()
        guard resource.isDryRun else { return try answer(resource) }
        // A dry run executes the request on a copy.
        resource.versionBeforeDryRun = store.object(resource.kind, resource.slot).map {
          String($0.resourceVersion)
        }
        var copy = self
        return try copy.answer(resource)
      }
    } catch {
      return .json(error.json, code: error.code)
    }
  }

  /// The warnings for the client about an executed write, sent in its response (RFC 9111's
  /// `Warning`).
  var warnings: [String] = []

  private mutating func answer(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    defer { warnings = [] }
    var response = try perform(request)
    response.warn(of: warnings)
    return response
  }

  private mutating func perform(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    if request.subresource == MemoryAPIServer.tokenSubresource {
      guard request.request.method == .post else { throw .methodNotAllowed }
      return try createToken(request)
    }
    if let paths = request.scale, request.request.method == .get { return try readScale(request, paths) }
    if let paths = request.scale, request.request.method == .put { return try writeScale(request, paths) }
    try request.requireServedVerb()
    switch (request.request.method, request.name) {
    case (.get, nil): return request.flag("watch") ? try watch(request) : try list(request)
    case (.get, .some):
      return request.flag("watch") ? try watch(request) : try get(request)
    case (.post, nil): return try create(request)
    case (.put, .some): return try replace(request)
    case (.patch, .some): return try patch(request)
    case (.delete, let name):
      guard request.subresource == nil else { throw .methodNotAllowed }
      return name == nil ? try deleteCollection(request) : try delete(request)
    default: throw .methodNotAllowed
    }
  }

  // MARK: Commits

  /// Stores `object` under the next resourceVersion and notifies the watches.
  @discardableResult
  mutating func commit(_ object: JSONValue, _ rules: KindRules, replacing previous: StoredObject?)
    -> StoredObject
  {
    commit(
      StoredObject(object, resourceVersion: resourceVersion + 1, replacing: previous, store.trees), rules,
      replacing: previous)
  }

  /// Stores `stored`, which has the next resourceVersion, and notifies the watches.
  @discardableResult
  mutating func commit(_ stored: StoredObject, _ rules: KindRules, replacing previous: StoredObject?)
    -> StoredObject
  {
    precondition(stored.resourceVersion == resourceVersion + 1, "a commit has the next resourceVersion")
    resourceVersion = stored.resourceVersion
    store.set(stored, rules.groupKind)
    history.append(
      HistoryEvent(
        change: previous == nil ? .added : .modified, groupKind: rules.groupKind, object: stored,
        previous: previous), limit: limits.history)
    if stored.isBeingDeleted || stored.hasOwners { mayHaveGarbage = true }
    if rules.groupKind == KindRules.customResourceDefinition { defineKind(stored) }
    if access != nil { forgetAccess(rules, namespace: stored.namespace) }
    return stored
  }

  /// Removes `object`; the watches receive its last state, `final`, under the next resourceVersion.
  @discardableResult
  mutating func erase(_ object: StoredObject, as final: JSONValue? = nil, _ rules: KindRules) -> StoredObject
  {
    resourceVersion += 1
    let stored = StoredObject(
      final ?? object.json, resourceVersion: resourceVersion, replacing: object, store.trees)
    store.remove(rules.groupKind, object.slot)
    history.append(
      HistoryEvent(change: .deleted, groupKind: rules.groupKind, object: stored, previous: object),
      limit: limits.history)
    mayHaveGarbage = true
    if rules.groupKind == KindRules.customResourceDefinition { undefineKind(object) }
    if access != nil { forgetAccess(rules, namespace: stored.namespace) }
    return stored
  }

  mutating func nextUID() -> String { identities.nextUID() }
  mutating func nextSuffix() -> String { identities.nextSuffix() }

  /// An unused address of the service range 10.96.0.0/12.
  mutating func nextServiceAddress() -> String {
    nextClusterIP = nextClusterIP &+ 1
    let offset = nextClusterIP & 0xF_FFFF
    return "10.\(96 + (offset >> 16)).\((offset >> 8) & 0xFF).\(offset & 0xFF)"
  }

  // MARK: Representation

  /// The object in `type`'s version, as clients see it.
  func visible(_ object: StoredObject, _ type: ResourceType) -> JSONValue { object.json(as: type) }

  /// The response to a request about one object.
  func response(_ object: StoredObject, _ request: ResourceRequest, code: Int = 200) -> MemoryResponse {
    guard request.representation != .object || request.isDryRun || request.scale != nil else {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(object.byteCount(as: request.type) + 1)
      object.append(to: &bytes, as: request.type)
      return .json(bytes, code: code)
    }
    var json = request.scale.map { scale(of: object, $0) } ?? visible(object, request.type)
    if request.isDryRun {
      json.set(
        request.versionBeforeDryRun.map { .string($0) }, at: ["metadata", "resourceVersion"])
    }
    switch request.representation {
    case .object: break
    case .partialMetadata: json = MemoryAPIServer.partial(json)
    case .table(let apiVersion, let rowObject):
      json = MemoryAPIServer.table(
        of: json, request.scale == nil ? .of(request.rules, request.version) : .scale, apiVersion: apiVersion,
        rowObject: rowObject,
        at: request.time)
    }
    return .json(json, code: code)
  }

  /// The object's metadata alone, as `PartialObjectMetadata`.
  static func partial(_ object: JSONValue) -> JSONValue {
    .fields([
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"],
    ])
  }
}

/// The source of uids and random name suffixes: a counter and a seed, so that a run can be
/// repeated.
struct IdentitySource: Sendable {
  private var seed: UInt64
  private var counter: UInt64 = 0

  init(seed: UInt64) { self.seed = seed }

  /// SplitMix64's output function over the counter.
  private mutating func next() -> UInt64 {
    counter &+= 1
    var z = seed &+ counter &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A uid in the form of a version 4 UUID (RFC 9562).
  mutating func nextUID() -> String {
    let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    func hex(_ value: UInt64, _ digits: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    let (a, b) = (hex(high, 16), hex(low, 16))
    return [
      a.prefix(8), a.dropFirst(8).prefix(4), a.dropFirst(12), b.prefix(4), b.dropFirst(4),
    ].joined(separator: "-")
  }

  /// Five characters, as the server appends them to `generateName`.
  mutating func nextSuffix() -> String {
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    var bits = next()
    return String(
      (0..<5).map { _ in
        let character = alphabet[Int(bits % UInt64(alphabet.count))]
        bits /= UInt64(alphabet.count)
        return character
      })
  }
}
