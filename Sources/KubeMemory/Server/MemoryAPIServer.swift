import HTTPTypes
public import KubeCore
public import KubeSchemas
public import KubeTransport

public import struct Foundation.Date

/// An API server that is a value.
///
/// It has no clock, no randomness and does no I/O: a request and a time go in, a response comes out, and the
/// same requests at the same
/// times give the same bytes. A copy is an independent world and costs next to nothing, so a test can try
/// every next step from one
/// state.
///
/// ```swift
/// var server = MemoryAPIServer()
/// let response = server.handle(request, at: Date(timeIntervalSince1970: 0))
/// ```
///
/// It serves every kind that is built into Kubernetes and kept there, and every kind whose
/// CustomResourceDefinition is created in it, and answers as Kubernetes 1.36 does. What it doesn't serve is refused, never silently accepted.
/// By default every request is allowed; with ``Authorization/rbac`` users are authenticated by the tokens of their
/// ServiceAccounts, or given with ``handle(_:as:at:)``, and authorised by RBAC. No admission or conversion webhook is
/// called. Rules of a CustomResourceDefinition that aren't
/// evaluated, such as those in CEL, are named in a `Warning` header when the definition is written. Garbage
/// collection, the end of namespaces and that of definitions are steps of their own: `collectGarbage(at:)`.
public struct MemoryAPIServer: Sendable, CustomStringConvertible {
  /// What the server takes and keeps.
  public struct Limits: Sendable, Hashable {
    /// The most bytes of a request's body; more is refused with 413.
    public var requestBytes: Int
    /// The most bytes of an object at rest; more is refused with 413.
    public var objectBytes: Int
    /// How many changes are kept for watches and for lists of the past (at least this many, at most 64 more).
    public var history: Int
    /// The most objects that one page of a list has, whatever `limit` asks for.
    public var pageSize: Int

    /// Limits; the defaults are those of a real server, but for the history.
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

  /// What the server takes and keeps.
  public var limits: Limits
  /// The resourceVersion of the newest change.
  public internal(set) var resourceVersion: UInt64
  /// Whether something happened since the last `collectGarbage(at:)` that may leave it work.
  public internal(set) var mayHaveGarbage = false

  var registry: KindRegistry
  var store = ObjectStore()
  var history = EventHistory()
  var identities: IdentitySource
  var nextClusterIP: UInt32 = 1
  /// The rules that users hold; `nil` for ``Authorization/alwaysAllow``.
  var access: AccessCache?
  /// What tokens are signed with.
  let tokenKey: [UInt8]
  /// Whether changes of owner references need the permissions that kube-apiserver's admission plugin
  /// OwnerReferencesPermissionEnforcement asks for: `delete` on the object, and `update` on the owner's `finalizers`
  /// for one that blocks its deletion. Needs ``Authorization/rbac``; off by default, as in a real server.
  public var enforcesOwnerReferencePermissions = false

  /// A server with these namespaces and nothing else in it.
  ///
  /// - Parameters:
  ///   - seed: What uids, and the key that signs tokens, are derived from: two servers of one seed give the same uids
  ///     to the same sequence of creations, and take each other's tokens.
  ///   - limits: What the server takes and keeps.
  ///   - namespaces: The namespaces that are there from the beginning.
  ///   - authorization: How requests are authorised; see ``setAuthorization(_:at:)``.
  ///   - time: When what is there from the beginning was created.
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

  /// How much the server holds; never what.
  public var description: String { "\(store.count) objects at resourceVersion \(resourceVersion)" }

  /// Makes a version of a custom resource known by its facts, without a CustomResourceDefinition: objects of it are
  /// stored as they are written, with what `table` fills in.
  public mutating func register(_ kind: KindSchema, table: FieldTable) {
    guard let type = kind.resourceType else { return }
    register(
      type, table: table, hasStatus: kind.subresources.contains("status"),
      hasGeneration: kind.countsGenerations,
      columns: kind.columns.compactMap { PrinterColumn($0) })
  }

  /// Makes a kind known without a CustomResourceDefinition, for tests and for objects whose definition isn't
  /// at hand.
  ///
  /// - Parameters:
  ///   - type: The kind, as it is served.
  ///   - table: Which lists are keyed and which values are filled in.
  ///   - hasStatus: Whether `status` is a subresource.
  ///   - hasGeneration: Whether changes of the desired state are counted.
  ///   - columns: What tables show beside the name; none stands for the age.
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

  /// Forgets the changes up to `resourceVersion`, as the compaction of a real server's store does: watches
  /// from before it end with 410.
  public mutating func compact(through resourceVersion: UInt64) {
    history.compact(through: min(resourceVersion, self.resourceVersion))
  }

  /// Answers `request` as of `time`. Every failure is a response; nothing is thrown and nothing crashes,
  /// whatever the bytes are.
  ///
  /// With ``Authorization/rbac`` the request is made by the ServiceAccount whose bearer token is in its `Authorization`
  /// header (401 where that isn't good), and by an administrator where there is none.
  public mutating func handle(_ request: KubeRequest, at time: Date) -> MemoryResponse {
    handle(request, by: nil, at: time)
  }

  /// Answers `request` as of `time`, made by `user`; see ``handle(_:at:)``. An `Authorization` header isn't looked at.
  ///
  /// With ``Authorization/rbac`` the user may impersonate another by the request's `Impersonate-` headers.
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
        // A dry run is the real thing done to a copy.
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

  /// What a client should know of a write that was carried out; said in its response (RFC 9111's `Warning`).
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

  /// Stores `object` under the next resourceVersion and tells the watches.
  @discardableResult
  mutating func commit(_ object: JSONValue, _ rules: KindRules, replacing previous: StoredObject?)
    -> StoredObject
  {
    commit(
      StoredObject(object, resourceVersion: resourceVersion + 1, replacing: previous, store.trees), rules,
      replacing: previous)
  }

  /// Stores `stored`, which bears the next resourceVersion, and tells the watches.
  @discardableResult
  mutating func commit(_ stored: StoredObject, _ rules: KindRules, replacing previous: StoredObject?)
    -> StoredObject
  {
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

  /// Removes `object`; the watches see its last state, `final`, under the next resourceVersion.
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

  /// An address of the service range 10.96.0.0/12 that nobody has had yet.
  mutating func nextServiceAddress() -> String {
    nextClusterIP = nextClusterIP &+ 1
    let offset = nextClusterIP & 0xF_FFFF
    return "10.\(96 + (offset >> 16)).\((offset >> 8) & 0xFF).\(offset & 0xFF)"
  }

  // MARK: Representation

  /// The object as a client sees it in `type`'s version.
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

/// Where uids and random name suffixes come from: a counter and a seed, so that a run can be repeated.
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
