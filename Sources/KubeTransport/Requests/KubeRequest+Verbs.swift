public import HTTPTypes
public import KubeCore

/// The API's media types.
enum MediaType {
  static let json = "application/json"
  static let applyPatch = "application/apply-patch+yaml"
  static let jsonPatch = "application/json-patch+json"
  static let mergePatch = "application/merge-patch+json"

  /// The `Accept` header for metadata alone (KEP-2334), without a fallback to whole objects, so
  /// that unwanted data are never received.
  static func metadata(isList: Bool) -> String {
    "application/json;as=PartialObjectMetadata\(isList ? "List" : "");g=meta.k8s.io;v=v1"
  }
}

// The API's verbs as requests (API reference, "Operations"). Nothing here does I/O.
extension KubeRequest {
  private init(
    _ method: HTTPRequest.Method, _ path: [String], query: [QueryItem] = [], accept: String = MediaType.json,
    contentType: String = MediaType.json, body: JSONValue? = nil
  ) {
    self.init(method: method, path: path, query: query, headers: [.accept: accept])
    guard let body else { return }
    headers[.contentType] = contentType
    self.body = SecretBytes(JSONWriter(secrets: .revealed).bytes(body))
  }

  /// Whether the request may change something on the server.
  public var isWrite: Bool { method != .get && method != .head && method != .options }

  /// Whether the response is a stream of events.
  public var isWatch: Bool {
    method == .get && query.contains { $0.name == "watch" && ($0.value == "true" || $0.value == "1") }
  }

  /// A request that reads an object, its subresource, or its metadata alone.
  public static func get(
    _ key: ObjectKey, subresource: String? = nil, resourceVersion: String? = nil, metadataOnly: Bool = false
  ) -> KubeRequest {
    KubeRequest(
      .get, key.path(subresource: subresource), query: .present([("resourceVersion", resourceVersion)]),
      accept: metadataOnly ? MediaType.metadata(isList: false) : MediaType.json)
  }

  /// A request for a list: one page of at most `limit` objects, after the page with the token
  /// `continue`.
  ///
  /// A `resourceVersion` of `0` allows a response from the server's cache, however old that is.
  public static func list(
    _ selection: ResourceSelection, limit: Int? = nil, continue: String? = nil,
    resourceVersion: String? = nil,
    resourceVersionMatch: String? = nil
  ) -> KubeRequest {
    KubeRequest(
      .get, selection.type.path(namespace: selection.namespace),
      query: selection.query
        + .present([
          ("limit", limit.map(String.init)), ("continue", `continue`), ("resourceVersion", resourceVersion),
          ("resourceVersionMatch", resourceVersionMatch),
        ]),
      accept: selection.isMetadataOnly ? MediaType.metadata(isList: true) : MediaType.json)
  }

  /// A request for a watch from `resourceVersion` on; the server ends it after `timeoutSeconds`.
  ///
  /// With `sendInitialEvents` the existing objects come first, as events, up to a bookmark that
  /// marks their end: a streaming list (KEP-3157, Kubernetes 1.32 and later), which requires
  /// bookmarks. Without `resourceVersion` the objects are current.
  public static func watch(
    _ selection: ResourceSelection, resourceVersion: String? = nil, allowWatchBookmarks: Bool = true,
    timeoutSeconds: Int? = nil, sendInitialEvents: Bool = false
  ) -> KubeRequest {
    KubeRequest(
      .get, selection.type.path(namespace: selection.namespace),
      query: [QueryItem("watch", "true")] + selection.query
        + .present([
          ("sendInitialEvents", sendInitialEvents ? "true" : nil),
          ("resourceVersionMatch", sendInitialEvents ? "NotOlderThan" : nil),
          ("resourceVersion", resourceVersion), ("allowWatchBookmarks", allowWatchBookmarks ? "true" : nil),
          ("timeoutSeconds", timeoutSeconds.map(String.init)),
        ]),
      accept: selection.isMetadataOnly ? MediaType.metadata(isList: false) : MediaType.json)
  }

  /// A request that creates `object`, or posts it to a `subresource` such as `token` or `eviction`.
  public static func create(
    _ key: ObjectKey, _ object: JSONValue, subresource: String? = nil, options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    let path =
      subresource == nil ? key.type.path(namespace: key.namespace) : key.path(subresource: subresource)
    return KubeRequest(.post, path, query: options.query, body: object)
  }

  /// A request that replaces an object. The object must have the resourceVersion that was read, or
  /// the request overwrites others' writes.
  public static func replace(
    _ key: ObjectKey, with object: JSONValue, subresource: String? = nil,
    options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    KubeRequest(.put, key.path(subresource: subresource), query: options.query, body: object)
  }

  /// A server-side apply (KEP-555) of `fields` by `fieldManager`; with `force` it takes over fields
  /// that others own.
  ///
  /// JSON is sent under the YAML media type, which every version of the API accepts.
  public static func apply(
    _ key: ObjectKey, _ fields: JSONValue, fieldManager: String, force: Bool = false,
    subresource: String? = nil, options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    var options = options
    options.fieldManager = fieldManager
    return KubeRequest(
      .patch, key.path(subresource: subresource),
      query: options.query + .present([("force", force ? "true" : nil)]),
      contentType: MediaType.applyPatch, body: fields)
  }

  /// A JSON patch (RFC 6902) of an object.
  public static func jsonPatch(
    _ key: ObjectKey, _ operations: [JSONPatchOperation], subresource: String? = nil,
    options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    KubeRequest(
      .patch, key.path(subresource: subresource), query: options.query, contentType: MediaType.jsonPatch,
      body: .array(operations.map(\.json)))
  }

  /// A merge patch (RFC 7396) of an object.
  public static func mergePatch(
    _ key: ObjectKey, _ patch: JSONValue, subresource: String? = nil, options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    KubeRequest(
      .patch, key.path(subresource: subresource), query: options.query, contentType: MediaType.mergePatch,
      body: patch)
  }

  /// A request that deletes an object.
  public static func delete(_ key: ObjectKey, options: DeletionOptions = DeletionOptions()) -> KubeRequest {
    KubeRequest(.delete, key.path(), body: options.json)
  }

  /// A request that deletes every object of a selection.
  public static func deleteCollection(
    _ selection: ResourceSelection, options: DeletionOptions = DeletionOptions()
  ) -> KubeRequest {
    KubeRequest(
      .delete, selection.type.path(namespace: selection.namespace), query: selection.query, body: options.json
    )
  }

  /// A request for any path, such as `/readyz` or an aggregated API's
  /// `…/clustergateways/NAME/proxy/healthz`.
  ///
  /// `path` is not percent-encoded and ends before the query.
  public static func raw(
    _ method: HTTPRequest.Method = .get, path: String, query: [QueryItem] = [], body: JSONValue? = nil
  ) -> KubeRequest {
    KubeRequest(method, path.split(separator: "/").map(String.init), query: query, accept: "*/*", body: body)
  }

  /// Creates the request for a patch; the only place where patches become requests.
  public init(_ patch: ObjectPatch, fieldManager: String, isDryRun: Bool = false) {
    let fieldManager = FieldOwnership.fieldManager(fieldManager, for: patch.subresource)
    let options = WriteOptions(fieldManager: fieldManager, isDryRun: isDryRun)
    let path = patch.target.path(subresource: patch.subresource)
    switch patch.operation {
    case .create:
      self = .create(patch.target, patch.body, subresource: patch.subresource, options: options)
    case .apply(_, let force):
      self = .apply(
        patch.target, patch.body, fieldManager: fieldManager, force: force, subresource: patch.subresource,
        options: options)
    case .patch:
      self.init(.patch, path, query: options.query, contentType: MediaType.jsonPatch, body: patch.body)
    case .delete:
      self.init(.delete, path, query: isDryRun ? [QueryItem("dryRun", "All")] : [], body: patch.body)
    }
  }

  /// Throws where the path has a segment that is not a name.
  ///
  /// An empty segment would turn the deletion of an object without a name into that of all objects,
  /// and dots would leave the collection.
  func validate() throws(KubeError) {
    for segment in path {
      if segment.isEmpty {
        throw KubeError(self, notSentBecause: "a part of the path is empty: a name or namespace is missing")
      }
      if segment == "." || segment == ".." {
        throw KubeError(self, notSentBecause: "\"\(segment)\" is not a name")
      }
      if segment.utf8.contains(UInt8(ascii: "/")) {
        throw KubeError(self, notSentBecause: "\"\(segment)\" is not a name: it contains a slash")
      }
    }
  }
}
