public import KubeCore

/// The objects of a selection as a sequence, listed page by page on demand: at most one page is in
/// memory.
///
/// ```swift
/// for try await pod in client.pages(Pod.self, namespace: "shop") { … }
/// ```
///
/// - **Unreadable objects** don't hold up the others. Each is passed to the handler given to
///   ``KubeClient/pages(_:namespace:labelSelector:fieldSelector:pageSize:onUnreadable:)``; without
///   a handler the sequence throws a ``KubeError`` that names the first one after it has yielded
///   all readable objects.
/// - **Consistency.** All pages have one resourceVersion, unless reading takes longer than the
///   server keeps it (usually 5 minutes). Then the sequence continues with the rest in its current
///   state: an object that exists all the time is yielded exactly once; one that is created,
///   changed or deleted meanwhile may be missing, or have either state. Where the server doesn't
///   support that, ``KubeError/Code/gone`` is thrown.
///
/// Each iteration lists the objects again.
public struct ObjectPages<Object: Sendable & Hashable>: AsyncSequence, Sendable {
  /// The errors of the sequence: a ``KubeError`` or `CancellationError`.
  public typealias Failure = any Error
  /// One object.
  public typealias Element = Object

  let client: KubeClient
  let selection: ResourceSelection
  let pageSize: Int
  let onUnreadable: (@Sendable (UnreadableObject) -> Void)?
  let read: @Sendable (JSONValue) throws(FieldError) -> Object

  /// The iterator, which requests the pages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// The next request.
    private enum Position {
      case start
      /// The page of `token`. `isRenewed` where the server sent the token to replace an expired
      /// one.
      case page(token: String, isRenewed: Bool)
      case end
    }

    private let source: ObjectPages
    private var position = Position.start
    private var items: ArraySlice<Object> = []
    private var pageCount = 0
    /// The resourceVersion of the earlier pages; `nil` where the next page may have another.
    private var snapshot: String?
    private var unreadable: (first: UnreadableObject, count: Int)?

    init(_ source: ObjectPages) { self.source = source }

    /// The next object; `nil` after the last one.
    public mutating func next() async throws -> Object? {
      while true {
        if let item = items.popFirst() { return item }
        do {
          switch position {
          case .start: try await load(token: nil, isRenewed: false)
          case .page(let token, let isRenewed): try await load(token: token, isRenewed: isRenewed)
          case .end:
            guard let unreadable else { return nil }
            self.unreadable = nil
            let others = unreadable.count > 1 ? ", and \(unreadable.count - 1) other objects" : ""
            throw KubeClient.badResponse(
              source.request(token: nil), "an object can't be read: \(unreadable.first)\(others)")
          }
        } catch {
          position = .end
          unreadable = nil
          throw error
        }
      }
    }

    private mutating func load(token: String?, isRenewed: Bool) async throws {
      try Task.checkCancellation()
      let (source, type) = (source, source.selection.type)
      let request = source.request(token: token)
      guard pageCount < source.client.limits.pages else {
        throw KubeClient.badResponse(
          request, "the list has more than the limit of \(source.client.limits.pages) pages")
      }
      pageCount += 1
      var refused: [UnreadableObject] = []
      do {
        let page = try await source.client.page(
          request, of: source.selection, snapshot: snapshot,
          onUnreadable: { refused.append(UnreadableObject($0, type: type, error: $1)) }, source.read)
        items = page.items[...]
        snapshot = page.resourceVersion
        if let next = page.continue {
          guard next != token else {
            throw KubeClient.badResponse(request, "the page's token leads to the same page again")
          }
          position = .page(token: next, isRenewed: false)
        } else {
          position = .end
        }
      } catch let error as KubeError where error.code == .gone {
        // A renewed token that expires at once would be renewed without end.
        guard token != nil, !isRenewed, let renewed = error.status?.continueToken else { throw error }
        position = .page(token: renewed, isRenewed: true)
        snapshot = nil
      }
      for object in refused {
        if let report = source.onUnreadable {
          report(object)
        } else {
          unreadable = (unreadable?.first ?? object, (unreadable?.count ?? 0) + 1)
        }
      }
    }
  }

  /// Creates an iterator that begins with the first page.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  private func request(token: String?) -> KubeRequest {
    .list(selection, limit: pageSize, continue: token)
  }
}

extension KubeClient {
  /// The objects of a known kind, of all namespaces or one, listed page by page on demand.
  ///
  /// - Parameters:
  ///   - kind: The kind.
  ///   - namespace: The namespace; `nil` for all.
  ///   - labelSelector: The label selector as text; `nil` for none.
  ///   - fieldSelector: The field selector as text; `nil` for none.
  ///   - pageSize: The number of objects per page; `nil` for that of ``limits``.
  ///   - onUnreadable: Called with each object that can't be decoded; `nil` throws for them at the
  ///     end.
  public func pages<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, namespace: String? = nil, labelSelector: String? = nil,
    fieldSelector: String? = nil, pageSize: Int? = nil,
    onUnreadable: (@Sendable (UnreadableObject) -> Void)? = nil
  ) -> ObjectPages<Kind> {
    let selection = ResourceSelection(
      Kind.type, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
    return ObjectPages(
      client: self, selection: selection, pageSize: max(1, pageSize ?? limits.pageSize),
      onUnreadable: onUnreadable, read: { json throws(FieldError) in try DynamicObject.decode(json) })
  }

  /// The objects of any kind, listed page by page on demand; see ``ObjectPages``.
  public func pages(
    _ selection: ResourceSelection, pageSize: Int? = nil,
    onUnreadable: (@Sendable (UnreadableObject) -> Void)? = nil
  ) -> ObjectPages<DynamicObject> {
    ObjectPages(
      client: self, selection: selection, pageSize: max(1, pageSize ?? limits.pageSize),
      onUnreadable: onUnreadable, read: { json throws(FieldError) in try DynamicObject(json) })
  }
}
