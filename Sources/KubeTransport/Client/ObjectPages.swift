public import KubeCore

/// The objects of a selection as a sequence, listed page by page as they are asked for: no more than one page is in
/// memory.
///
/// ```swift
/// for try await pod in client.pages(Pod.self, namespace: "shop") { … }
/// ```
///
/// - **Unreadable objects** don't keep the others back. Each is passed to the handler given to
///   ``KubeClient/pages(_:namespace:labelSelector:fieldSelector:pageSize:onUnreadable:)``; without a handler the
///   sequence throws a `KubeError` that names the first one after all readable objects were yielded.
/// - **Consistency.** All pages are of one point in the server's history, unless reading takes longer than the server
///   remembers it (5 minutes, usually). Then the sequence goes on with the rest as it is now: an object that is there
///   all the time is yielded exactly once; one that is made, changed or deleted meanwhile may be missing, or be of
///   either state. Where the server doesn't offer that, `KubeError.Code.gone` is thrown.
///
/// Each iteration asks the server again.
public struct ObjectPages<Object: Sendable & Hashable>: AsyncSequence, Sendable {
  /// What the sequence throws: a `KubeError`, or `CancellationError`.
  public typealias Failure = any Error
  /// One object.
  public typealias Element = Object

  let client: KubeClient
  let selection: ResourceSelection
  let pageSize: Int
  let onUnreadable: (@Sendable (UnreadableObject) -> Void)?
  let read: @Sendable (JSONValue) throws(FieldError) -> Object

  /// Asks for the pages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// What is asked for next.
    private enum Position {
      case start
      /// The page of `token`. `isRenewed` where the server gave the token in place of an expired one.
      case page(token: String, isRenewed: Bool)
      case end
    }

    private let source: ObjectPages
    private var position = Position.start
    private var items: ArraySlice<Object> = []
    private var pageCount = 0
    /// The resourceVersion of the pages before; `nil` where the next page may be of another.
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
          request, source.selection, snapshot: snapshot,
          onUnreadable: { refused.append(UnreadableObject($0, type, $1)) }, source.read)
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
        // A renewed token that has expired at once would do so without end.
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

  /// An iterator that begins with the first page.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  private func request(token: String?) -> KubeRequest {
    .list(selection, limit: pageSize, continue: token)
  }
}

extension KubeClient {
  /// The objects of a known kind, of all namespaces or one, listed page by page as they are asked for.
  ///
  /// - Parameters:
  ///   - pageSize: How many objects to ask for per page; `nil` for that of ``limits``.
  ///   - onUnreadable: Called with each object that can't be read; `nil` throws for them at the end.
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

  /// The objects of any kind, listed page by page as they are asked for; see ``ObjectPages``.
  public func pagesDynamic(
    _ selection: ResourceSelection, pageSize: Int? = nil,
    onUnreadable: (@Sendable (UnreadableObject) -> Void)? = nil
  ) -> ObjectPages<DynamicObject> {
    ObjectPages(
      client: self, selection: selection, pageSize: max(1, pageSize ?? limits.pageSize),
      onUnreadable: onUnreadable, read: { json throws(FieldError) in try DynamicObject(json) })
  }
}
