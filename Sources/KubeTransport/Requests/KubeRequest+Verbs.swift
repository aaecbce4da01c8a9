public import HTTPTypes
public import KubeCore

/// The API's media types.
enum MediaType {
  static let json = "application/json"
  static let applyPatch = "application/apply-patch+yaml"
  static let jsonPatch = "application/json-patch+json"
  static let mergePatch = "application/merge-patch+json"

  /// What to accept so that only metadata come back (KEP-2334); without a whole object to fall back to,
  /// so that data which aren't wanted are never received.
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

  /// Reads an object, its subresource, or its metadata alone.
  public static func get(
    _ key: ObjectKey, subresource: String? = nil, resourceVersion: String? = nil, metadataOnly: Bool = false
  ) -> KubeRequest {
    KubeRequest(
      .get, key.path(subresource: subresource), query: .present([("resourceVersion", resourceVersion)]),
      accept: metadataOnly ? MediaType.metadata(isList: false) : MediaType.json)
  }

  /// Lists objects: one page of at most `limit`, going on after the page that gave `continue`.
  ///
  /// A `resourceVersion` of `0` allows the answer to come from the server's cache, however old that is.
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

  /// Watches objects from `resourceVersion` on; the server ends the watch after `timeoutSeconds`.
  ///
  /// - Parameter sendInitialEvents: Whether the objects that there are come first, as events, up to a
  ///   bookmark that
  ///   says so: a streaming list (KEP-3157, Kubernetes 1.32 and later). Needs bookmarks. Without
  /// `resourceVersion`
  ///   they are as of now.
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

  /// Creates `object`, or for a `subresource` such as `token` or `eviction` posts it there.
  public static func create(
    _ key: ObjectKey, _ object: JSONValue, subresource: String? = nil, options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    let path =
      subresource == nil ? key.type.path(namespace: key.namespace) : key.path(subresource: subresource)
    return KubeRequest(.post, path, query: options.query, body: object)
  }

  /// Replaces an object; it must carry the resourceVersion that was read, or it overwrites what others wrote.
  public static func replace(
    _ key: ObjectKey, with object: JSONValue, subresource: String? = nil,
    options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    KubeRequest(.put, key.path(subresource: subresource), query: options.query, body: object)
  }

  /// Server-side apply (KEP-555) of `fields` for `fieldManager`; with `force`, fields that others own are
  /// taken over.
  ///
  /// JSON is sent under the YAML media type, which every version of the API knows.
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

  /// A JSON patch (RFC 6902).
  public static func jsonPatch(
    _ key: ObjectKey, _ operations: [JSONPatchOperation], subresource: String? = nil,
    options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    KubeRequest(
      .patch, key.path(subresource: subresource), query: options.query, contentType: MediaType.jsonPatch,
      body: .array(operations.map(\.json)))
  }

  /// A merge patch (RFC 7396).
  public static func mergePatch(
    _ key: ObjectKey, _ patch: JSONValue, subresource: String? = nil, options: WriteOptions = WriteOptions()
  ) -> KubeRequest {
    KubeRequest(
      .patch, key.path(subresource: subresource), query: options.query, contentType: MediaType.mergePatch,
      body: patch)
  }

  /// Deletes an object.
  public static func delete(_ key: ObjectKey, options: DeleteOptions = DeleteOptions()) -> KubeRequest {
    KubeRequest(.delete, key.path(), body: options.json)
  }

  /// Deletes every object of a selection.
  public static func deleteCollection(
    _ selection: ResourceSelection, options: DeleteOptions = DeleteOptions()
  ) -> KubeRequest {
    KubeRequest(
      .delete, selection.type.path(namespace: selection.namespace), query: selection.query, body: options.json
    )
  }

  /// A request to any path, such as `/readyz` or an aggregated API's `…/clustergateways/NAME/proxy/healthz`.
  ///
  /// `path` is in the open, not percent-encoded, and ends before the query.
  public static func raw(
    _ method: HTTPRequest.Method = .get, path: String, query: [QueryItem] = [], body: JSONValue? = nil
  ) -> KubeRequest {
    KubeRequest(method, path.split(separator: "/").map(String.init), query: query, accept: "*/*", body: body)
  }

  /// The one place where a patch becomes a request.
  public init(_ patch: ObjectPatch, fieldManager: String, isDryRun: Bool = false) {
    let fieldManager = Ownership.fieldManager(fieldManager, for: patch.subresource)
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

  /// What keeps the request from naming one thing on the server; `nil` where nothing does.
  ///
  /// An empty segment would turn the deletion of an object without a name into that of all objects, and dots
  /// would lead out of the collection.
  var malformation: String? {
    for segment in path {
      if segment.isEmpty { return "a part of the path is empty: a name or namespace is missing" }
      if segment == "." || segment == ".." { return "\"\(segment)\" is no name" }
      if segment.utf8.contains(UInt8(ascii: "/")) { return "\"\(segment)\" is no name: it holds a slash" }
    }
    return nil
  }
}
