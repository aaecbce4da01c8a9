public import KubeCore

/// The objects of a list, and the point in the server's history that they stand for.
public struct ObjectList<Object: Sendable & Hashable>: Sendable, Hashable {
  /// The objects, in the server's order.
  public var items: [Object]
  /// The version of the whole list: a watch goes on from here.
  public var resourceVersion: String
  /// The token of the next page; `nil` on the last one.
  public var `continue`: String?

  /// A list.
  public init(items: [Object], resourceVersion: String, continue: String? = nil) {
    self.items = items
    self.resourceVersion = resourceVersion
    self.continue = `continue`
  }
}

extension ObjectList<DynamicObject> {
  /// Reads a list as the API has it. Its items lack `apiVersion` and `kind`, which follow from `selection`.
  init(_ json: JSONValue?, _ selection: ResourceSelection) throws(FieldError) {
    let reader = FieldReader(json)
    try reader.requireObject()
    let metadata = reader["metadata"]
    resourceVersion = try metadata["resourceVersion"].optional() ?? ""
    `continue` = try metadata["continue"].optional()
    if `continue`?.isEmpty == true { `continue` = nil }
    items = []
    guard let elements = json?["items"], !elements.isNull else { return }
    guard let elements = elements.array else { throw reader["items"].failure("expected a list") }
    items.reserveCapacity(elements.count)
    // Metadata alone must not pass for a whole object, as which it would be one without data.
    let (apiVersion, kind) =
      selection.isMetadataOnly
      ? ("meta.k8s.io/v1", "PartialObjectMetadata") : (selection.type.apiVersion, selection.type.kind)
    for var element in elements {
      if element["apiVersion"] == nil { element["apiVersion"] = .string(apiVersion) }
      if element["kind"] == nil { element["kind"] = .string(kind) }
      items.append(try DynamicObject(element))
    }
  }
}

extension KubeClient {
  /// One page of a list; `request` is one that `KubeRequest.list` made of `selection`.
  func page(_ request: KubeRequest, _ selection: ResourceSelection) async throws -> ObjectList<DynamicObject>
  {
    let json = try await json(request)
    return try Self.reading(request) { () throws(FieldError) in try ObjectList(json, selection) }
  }

  /// All objects of a selection, asked for page by page.
  ///
  /// When a page's token has grown too old on the server, the list is asked for once more, in one piece.
  /// Throws
  /// `KubeError.Code.badResponse` for more pages than the limits allow.
  public func listDynamic(_ selection: ResourceSelection) async throws -> ObjectList<DynamicObject> {
    var request = KubeRequest.list(selection, limit: limits.pageSize)
    var list = try await page(request, selection)
    var pages = 1
    while let token = list.continue {
      guard pages < limits.pages else {
        throw Self.badResponse(request, "the list has more than the limit of \(limits.pages) pages")
      }
      request = .list(selection, limit: limits.pageSize, continue: token)
      do {
        let next = try await page(request, selection)
        list.items += next.items
        list.resourceVersion = next.resourceVersion
        list.continue = next.continue
      } catch let error as KubeError where error.code == .gone {
        return try await page(.list(selection), selection)
      }
      pages += 1
    }
    return list
  }

  /// All objects of a known kind: of all namespaces or one, all or those that the selectors pick.
  public func list<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, namespace: String? = nil, labelSelector: String? = nil,
    fieldSelector: String? = nil
  ) async throws -> ObjectList<Kind> {
    let selection = ResourceSelection(
      Kind.type, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
    let list = try await listDynamic(selection)
    return try Self.reading(.list(selection)) { () throws(FieldError) in
      var items: [Kind] = []
      items.reserveCapacity(list.items.count)
      for item in list.items { items.append(try item.decode()) }
      return ObjectList<Kind>(items: items, resourceVersion: list.resourceVersion)
    }
  }
}
