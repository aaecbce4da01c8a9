import HTTPTypes
public import KubeCore
import KubeTransport

/// A watch as a value: its selection and its progress. Polled by
/// ``MemoryAPIServer/events(for:at:)``.
public struct WatchSubscription: Sendable {
  /// The kind that is watched.
  public let type: ResourceType
  /// The namespace; `nil` for all.
  public let namespace: String?
  /// The resourceVersion up to which the changes have been returned.
  public internal(set) var resourceVersion: UInt64
  /// Whether the watch has ended, so that no more chunks follow.
  public internal(set) var isFinished = false
  /// The time in seconds after which the client wants the server to end the watch.
  public let timeoutSeconds: Int?
  /// Whether the client allows bookmarks.
  public let allowsBookmarks: Bool

  let rules: KindRules
  let selector: ObjectSelector
  let representation: Representation
  /// The start of the watch: tables show ages at this time where no later one is given.
  let start: Date
  /// Whether a table's columns have been sent.
  var knowsColumns = false
  /// Whether the current objects come first, and whether a bookmark marks their end.
  var owesInitialEvents: Bool
  var marksInitialEventsEnd: Bool
}

/// The initial events of a watch, from the state at its start, however long the reader takes.
package struct InitialEvents: IteratorProtocol, Sendable {
  private var world: MemoryAPIServer?
  private var objects: ArraySlice<StoredObject> = []
  private var subscription: WatchSubscription?
  private var time: Date?

  fileprivate init() {}

  fileprivate init(
    world: MemoryAPIServer, objects: ArraySlice<StoredObject>, subscription: WatchSubscription, time: Date?
  ) {
    self.world = world
    self.objects = objects
    self.subscription = subscription
    self.time = time
  }

  /// The next chunk: a whole event and its newline.
  package mutating func next() -> [UInt8]? {
    guard let world, var subscription else { return nil }
    if let object = objects.popFirst() {
      defer { self.subscription = subscription }
      return world.event("ADDED", of: object, for: &subscription, at: time)
    }
    self = InitialEvents()
    guard subscription.marksInitialEventsEnd else { return nil }
    return world.bookmark(for: subscription, annotations: ["k8s.io/initial-events-end": "true"])
  }
}

extension MemoryAPIServer {
  func watch(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    let query = request.request
    try checkNumbers(query)
    let text = query.queryValue("resourceVersion") ?? ""
    let allowsBookmarks = request.flag("allowWatchBookmarks")
    let sendsInitial = query.queryValue("sendInitialEvents").map { $0 == "true" || $0 == "1" }
    if sendsInitial != nil {
      guard query.queryValue("resourceVersionMatch") == "NotOlderThan" else {
        throw APIFailure(
          code: 422, reason: "Invalid",
          message:
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
      }
    }
    if sendsInitial == nil, query.queryValue("resourceVersionMatch")?.isEmpty == false {
      throw APIFailure(
        code: 422, reason: "Invalid",
        message:
          "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
      )
    }
    if sendsInitial == true && !allowsBookmarks {
      throw APIFailure(
        code: 422, reason: "Invalid",
        message:
          "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents requires setting allowWatchBookmarks to true"
      )
    }
    let version = text.isEmpty ? 0 : try parseVersion(text)
    let owesInitial = sendsInitial ?? (version == 0)
    let subscription = WatchSubscription(
      type: request.type, namespace: request.namespace,
      resourceVersion: owesInitial || version == 0 ? resourceVersion : version,
      timeoutSeconds: query.queryValue("timeoutSeconds").flatMap { Int($0) },
      allowsBookmarks: allowsBookmarks, rules: request.rules, selector: try selector(request),
      representation: request.representation, start: request.time, owesInitialEvents: owesInitial,
      marksInitialEventsEnd: owesInitial && allowsBookmarks)
    return MemoryResponse(
      status: .ok, headers: [.contentType: "application/json"], content: .watch(subscription))
  }

  /// The pending chunks of `subscription`, each a whole event and its newline; advances the
  /// subscription.
  ///
  /// A watch that has fallen behind the history ends with an `ERROR` event that contains a 410
  /// `Status`.
  ///
  /// Tables show ages at `time`; without one, at the time of the watch's request.
  public func events(for subscription: inout WatchSubscription, at time: Date? = nil) -> [[UInt8]] {
    guard !subscription.isFinished else { return [] }
    if subscription.owesInitialEvents {
      return Array(IteratorSequence(initialEvents(for: &subscription, at: time)))
    }
    guard subscription.resourceVersion >= history.compactedThrough else {
      subscription.isFinished = true
      let failure = APIFailure.expired(
        "too old resource version: \(subscription.resourceVersion) (\(history.compactedThrough))")
      return [MemoryAPIServer.line("ERROR", failure.json)]
    }
    guard subscription.resourceVersion < resourceVersion else { return [] }
    var chunks: [[UInt8]] = []
    for change in history.events(after: subscription.resourceVersion)
    where change.groupKind == subscription.type.groupKind
      && (subscription.namespace == nil || subscription.namespace == change.object.namespace)
    {
      let isSelected = change.change != .deleted && subscription.selector.matches(change.object)
      let wasSelected = change.previous.map(subscription.selector.matches) ?? false
      switch (wasSelected, isSelected) {
      case (false, false): continue
      case (false, true): chunks.append(event("ADDED", of: change.object, for: &subscription, at: time))
      case (true, true): chunks.append(event("MODIFIED", of: change.object, for: &subscription, at: time))
      case (true, false):
        // The last state that the watcher saw, under the version at which the object left its
        // selection.
        let last = change.change == .deleted ? change.object : change.previous ?? change.object
        let object =
          last.resourceVersion == change.resourceVersion
          ? last
          : StoredObject(last.json, resourceVersion: change.resourceVersion, replacing: last, store.trees)
        chunks.append(event("DELETED", of: object, for: &subscription, at: time))
      }
    }
    subscription.resourceVersion = resourceVersion
    return chunks
  }

  /// The initial chunks of `subscription`, created one at a time on demand: none unless it begins
  /// with the current objects. Advances the subscription beyond them.
  package func initialEvents(
    for subscription: inout WatchSubscription, at time: Date? = nil
  ) -> InitialEvents {
    guard subscription.owesInitialEvents else { return InitialEvents() }
    subscription.owesInitialEvents = false
    subscription.resourceVersion = resourceVersion
    let current = store.objects(subscription.type.groupKind, namespace: subscription.namespace)
      .filter(subscription.selector.matches)
    defer { subscription.knowsColumns = subscription.knowsColumns || !current.isEmpty }
    return InitialEvents(world: self, objects: current[...], subscription: subscription, time: time)
  }

  /// A `BOOKMARK` event with the progress of `subscription`.
  public func bookmark(
    for subscription: WatchSubscription, annotations: [String: String] = [:]
  ) -> [UInt8] {
    let metadata: JSONValue = .fields([
      "resourceVersion": .string(String(subscription.resourceVersion)),
      "annotations": annotations.jsonUnlessEmpty,
    ])
    let object: JSONValue = [
      "kind": .string(subscription.type.kind), "apiVersion": .string(subscription.type.apiVersion),
      "metadata": metadata,
    ]
    return MemoryAPIServer.line("BOOKMARK", shown(object, for: subscription, at: subscription.start))
  }

  fileprivate func event(
    _ name: String, of object: StoredObject, for subscription: inout WatchSubscription, at time: Date?
  ) -> [UInt8] {
    // As on a real server, only the first event contains a table's columns.
    defer { subscription.knowsColumns = true }
    if subscription.representation == .object {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(object.byteCount(as: subscription.type) + 40)
      bytes.append(contentsOf: #"{"object":"#.utf8)
      object.append(to: &bytes, as: subscription.type)
      bytes.append(contentsOf: #","type":""#.utf8)
      bytes.append(contentsOf: name.utf8)
      bytes.append(contentsOf: "\"}\n".utf8)
      return bytes
    }
    return MemoryAPIServer.line(
      name, shown(visible(object, subscription.type), for: subscription, at: time ?? subscription.start))
  }

  private func shown(_ object: JSONValue, for subscription: WatchSubscription, at time: Date) -> JSONValue {
    switch subscription.representation {
    case .object: return object
    case .partialMetadata: return MemoryAPIServer.partial(object)
    case .table(let apiVersion, let rowObject):
      guard let version = subscription.rules.version(subscription.type.version) else { return object }
      return MemoryAPIServer.table(
        of: object, .of(subscription.rules, version), apiVersion: apiVersion, rowObject: rowObject,
        withColumns: !subscription.knowsColumns, at: time)
    }
  }

  private static func line(_ type: String, _ object: JSONValue) -> [UInt8] {
    var bytes = JSONWriter(secrets: .revealed).bytes(["type": .string(type), "object": object])
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
