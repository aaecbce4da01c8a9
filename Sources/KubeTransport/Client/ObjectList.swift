public import KubeCore

/// The objects of a list and the resourceVersion that they represent.
public struct ObjectList<Object: Sendable & Hashable>: Sendable, Hashable {
  /// The objects, in the server's order.
  public var items: [Object]
  /// The resourceVersion of the whole list, from which a watch continues.
  public var resourceVersion: String
  /// The token of the next page; `nil` on the last one.
  public var `continue`: String?

  /// Creates a list.
  public init(items: [Object], resourceVersion: String, continue: String? = nil) {
    self.items = items
    self.resourceVersion = resourceVersion
    self.continue = `continue`
  }
}

extension ObjectList {
  /// Decodes a list in the API's format, its items by `read`. Where they lack `apiVersion` and
  /// `kind`, as those of built-in kinds do, these follow from `selection`. Throws for a list
  /// without `items`, which isn't an empty one. An item of another kind, or that `read` can't
  /// decode, is passed to `onUnreadable`; without that it throws.
  fileprivate init(
    _ json: JSONValue?, of selection: ResourceSelection,
    read: (JSONValue) throws(FieldError) -> Object, onUnreadable: ((JSONValue, FieldError) -> Void)?
  ) throws(FieldError) {
    let reader = FieldReader(json)
    // Metadata alone must not be read as a whole object, which would then have no data.
    let expected = AnswerKind(selection)
    try reader.requireObject()
    let metadata = reader["metadata"]
    resourceVersion = try metadata["resourceVersion"].optional() ?? ""
    `continue` = try metadata["continue"].optional()
    if `continue`?.isEmpty == true { `continue` = nil }
    items = []
    guard let elements = json?["items"] else { throw reader["items"].failure("is required") }
    // Some servers write null for no items.
    if elements.isNull { return }
    guard let elements = elements.array else { throw reader["items"].failure("expected a list") }
    items.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      var element = element
      if element["apiVersion"] == nil { element["apiVersion"] = .string(expected.apiVersion) }
      if element["kind"] == nil { element["kind"] = .string(expected.kind) }
      do throws(FieldError) {
        guard element["apiVersion"] == .string(expected.apiVersion), element["kind"] == .string(expected.kind)
        else {
          throw FieldError(path: reader["items"].path.index(index), problem: "is not a \(expected.kind)")
        }
        items.append(try read(element))
      } catch {
        guard let onUnreadable else { throw error }
        onUnreadable(element, error)
      }
    }
  }
}

extension KubeClient {
  /// One page of a list, its items decoded by `read`; `request` comes from `KubeRequest.list` for
  /// `selection`.
  ///
  /// - Parameters:
  ///   - snapshot: The resourceVersion of the earlier pages; a list has one.
  ///   - onUnreadable: Called with each unreadable item, which is skipped; without it, such an item
  ///     throws.
  func page<Object>(
    _ request: KubeRequest, of selection: ResourceSelection, snapshot: String? = nil,
    onUnreadable: ((JSONValue, FieldError) -> Void)? = nil,
    _ read: (JSONValue) throws(FieldError) -> Object
  ) async throws -> ObjectList<Object> {
    let json = try await json(request)
    try Self.require(AnswerKind(selection).list, json, of: request)
    let page = try Self.reading(request) { () throws(FieldError) in
      try ObjectList(json, of: selection, read: read, onUnreadable: onUnreadable)
    }
    guard let snapshot, snapshot != page.resourceVersion else { return page }
    throw Self.badResponse(request, "the page has another resourceVersion than those before it")
  }

  /// All pages of a list as one. The items of a page are decoded before the next one is requested,
  /// so that at most one page is in memory as JSON.
  private func allPages<Object>(
    _ selection: ResourceSelection, _ read: (JSONValue) throws(FieldError) -> Object
  ) async throws -> ObjectList<Object> {
    var request = KubeRequest.list(selection, limit: limits.pageSize)
    var list = try await page(request, of: selection, read)
    var pages = 1
    while let token = list.continue {
      guard pages < limits.pages else {
        throw Self.badResponse(request, "the list has more than the limit of \(limits.pages) pages")
      }
      request = .list(selection, limit: limits.pageSize, continue: token)
      do {
        let next = try await page(request, of: selection, snapshot: list.resourceVersion, read)
        guard next.continue != token else {
          throw Self.badResponse(request, "a page leads to itself")
        }
        list.items += next.items
        list.continue = next.continue
      } catch let error as KubeError where error.code == .gone {
        return try await page(.list(selection), of: selection, read)
      }
      pages += 1
    }
    return list
  }

  /// Lists all objects of a selection, page by page.
  ///
  /// When a page's token has expired on the server, the list is requested once more, in one piece.
  /// Throws ``KubeError/Code/badResponse`` for more pages than the limits allow, and for a response
  /// that isn't a list of the requested kind.
  public func list(_ selection: ResourceSelection) async throws -> ObjectList<DynamicObject> {
    try await list(selection) { $0 }
  }

  /// Lists all objects of a selection, each transformed by `transform` before the next page is
  /// read.
  package func list(
    _ selection: ResourceSelection, transform: (DynamicObject) -> DynamicObject
  ) async throws -> ObjectList<DynamicObject> {
    try await allPages(selection) { json throws(FieldError) in transform(try DynamicObject(json)) }
  }

  /// Lists all objects of a known kind: of all namespaces or one, all or those that the selectors
  /// match.
  public func list<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, namespace: String? = nil, labelSelector: String? = nil,
    fieldSelector: String? = nil
  ) async throws -> ObjectList<Kind> {
    let selection = ResourceSelection(
      Kind.type, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
    return try await allPages(selection) { json throws(FieldError) in try DynamicObject.decode(json) }
  }
}
