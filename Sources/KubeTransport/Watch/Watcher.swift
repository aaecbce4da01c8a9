public import KubeCore

/// A change of the objects of a selection.
public enum WatcherEvent: Sendable, Hashable {
  /// All objects, as of a resourceVersion: any other was gone by then.
  case restarted([DynamicObject], resourceVersion: String)
  /// The object was created or changed.
  case applied(DynamicObject)
  /// The object was deleted; this is its last state.
  case deleted(DynamicObject)
}

/// A state machine that follows the objects of a selection across lists and watches, without I/O,
/// clock or randomness.
///
/// ```
///           list                last page             watch opened
///   empty ───────▶ listing(…) ───────────▶ listed(rv) ──────────▶ watching(rv) ─┐
///     ▲                                        ▲                      │  ▲      │ event,
///     │                                        └──────────────────────┘  └──────┘ bookmark
///     └── 410 in either form, an event that can't be read,  ended, timed out, broke
///         or too many failures in a row
///
///           watch opened                   bookmark that ends the initial events
///   empty ───────────────▶ streaming(n) ───────────────────────────────────────▶ watching(rv)
/// ```
///
/// The lower path is the streaming list (KEP-3157), which servers support from Kubernetes 1.32 on:
/// one request returns all objects and then their changes, at a fraction of a list's cost to the
/// server. It is tried first by default, without knowledge of the server's version: older servers
/// refuse it with 422 (a few with 400). A server that refuses it, that doesn't complete the initial
/// events within ``Options/initialEventsTimeout``, or whose streaming lists end or fail before that
/// twice in a row, is asked for lists from then on. On either path `.restarted` is returned once
/// all objects are known.
///
/// The driver calls ``nextAction(jitter:)``, performs the action, and reports its result. A normal
/// end of a watch is not a failure; failures are followed by a growing wait, which any progress
/// resets.
public struct Watcher: Sendable {
  /// The state of the machine.
  public enum State: Sendable, Hashable {
    /// No object is known.
    case empty
    /// A streaming list is open; this many objects were received so far.
    case streaming(objects: Int)
    /// Some pages of the list were received; `continue` is the token of the next.
    case listing(objects: [DynamicObject], continue: String)
    /// Everything up to this version is known; no watch is open.
    case listed(resourceVersion: String)
    /// A watch is open; everything up to this version is known.
    case watching(resourceVersion: String)
  }

  /// The next action of the driver.
  public enum Action: Sendable, Hashable {
    /// A list request to send; its page goes to ``Watcher/received(page:)``, an error to
    /// ``Watcher/failed(_:)``.
    case list(KubeRequest)
    /// A watch request to send; then ``Watcher/opened()`` or ``Watcher/failed(_:)`` is called.
    case watch(KubeRequest)
    /// The open watch's next event is due: it goes to ``Watcher/received(_:)``, or
    /// ``Watcher/ended()`` or ``Watcher/failed(_:)`` is called.
    case readEvent
    /// A wait, after which ``Watcher/nextAction(jitter:)`` is called again.
    case wait(Duration)
  }

  /// The times of a watcher, and how it lists.
  public struct Options: Sendable, Hashable {
    /// The duration after which the server should end a watch, in seconds.
    public var timeoutSeconds: Int
    /// The wait after failures.
    public var backoff: Backoff
    /// The number of failures of a watch in a row after which everything is listed again.
    public var failuresUntilRelist: Int
    /// Whether a streaming list is tried first.
    public var usesStreamingList: Bool
    /// The time without a new object after which an incomplete streaming list is given up, and a
    /// quarter of the time that it may take altogether. The server then counts as one that doesn't
    /// support it.
    public var initialEventsTimeout: Duration

    /// Creates options; by default watches of 290 seconds, a new list after 3 failures in a row,
    /// and streaming lists if the server supports them.
    public init(
      timeoutSeconds: Int = 290, backoff: Backoff = .watch, failuresUntilRelist: Int = 3,
      usesStreamingList: Bool = true, initialEventsTimeout: Duration = .seconds(30)
    ) {
      self.usesStreamingList = usesStreamingList
      self.initialEventsTimeout = initialEventsTimeout
      self.timeoutSeconds = timeoutSeconds
      self.backoff = backoff
      self.failuresUntilRelist = failuresUntilRelist
    }
  }

  /// The followed objects.
  public let selection: ResourceSelection
  /// The times, and how it lists.
  public let options: Options
  /// The size of a page, and the maximum number of them.
  private let limits: KubeClient.Limits
  /// The current state.
  public private(set) var state: State = .empty
  /// The number of failures since the last progress.
  public private(set) var failures = 0
  /// The reason why received objects were discarded without an error: a list past its limit, or
  /// pages of two lists.
  private var rejection: KubeError?
  /// Whether the server has turned out not to support streaming lists.
  public private(set) var isStreamingRefused = false

  /// The objects that a streaming list has delivered so far, and each one's index; `nil` for one
  /// that was deleted.
  private var streamed: (objects: [DynamicObject?], places: [String: Int]) = ([], [:])
  /// The number of streaming lists in a row that ended or failed before they were complete.
  private var unfinishedStreams = 0
  /// The number of expired versions (410 Gone) without an event in between.
  private var expiries = 0
  private var pageCount = 0
  /// The resourceVersion of the received pages, which all pages of one list share.
  private(set) var listedVersion: String?
  /// Whether the next list is without pages, so that no page token can expire: set after one has.
  private var listsInOnePiece = false
  private var sawEventSinceOpening = false
  /// The wait before the next action: the number of failures and the server's minimum.
  private var dueWait: (failures: Int, atLeast: Duration)?

  /// Creates a machine in the state ``State/empty``, whose lists have the pages of `limits`.
  public init(
    _ selection: ResourceSelection, options: Options = Options(),
    limits: KubeClient.Limits = KubeClient.Limits()
  ) {
    self.selection = selection
    self.options = options
    self.limits = limits
  }

  /// Returns the next action.
  ///
  /// - Parameter jitter: A random number from 0 to 1 that spreads the waits.
  public mutating func nextAction(jitter: Double) -> Action {
    if let due = dueWait {
      dueWait = nil
      let delay = max(
        options.backoff.delay(afterFailures: due.failures, jitter: jitter),
        RetryAfter.spread(due.atLeast, jitter: jitter))
      if delay > .zero { return .wait(delay) }
    }
    let limit = listsInOnePiece ? nil : limits.pageSize
    // Servers end all watches of one length at once: this spreads them.
    let seconds = Double(options.timeoutSeconds) * (1 + min(max(jitter, 0), 1)) / 2
    let timeout = max(1, Int(seconds.rounded(.up)))
    switch state {
    case .empty where opensStream:
      return .watch(.watch(selection, timeoutSeconds: timeout, sendInitialEvents: true))
    case .empty: return .list(.list(selection, limit: limit))
    case .listing(_, let token): return .list(.list(selection, limit: limit, continue: token))
    case .listed(let version):
      return .watch(.watch(selection, resourceVersion: version, timeoutSeconds: timeout))
    case .streaming, .watching: return .readEvent
    }
  }

  /// Handles a page of the list; the last one returns `.restarted`.
  public mutating func received(page: ObjectList<DynamicObject>) -> WatcherEvent? {
    var objects: [DynamicObject] = []
    if case .listing(let earlier, let token) = state {
      guard page.resourceVersion == listedVersion, page.continue != token else {
        return reject("the pages are not those of one list")
      }
      objects = earlier
    }
    objects += page.items
    failures = 0
    pageCount += 1
    if let token = page.continue {
      guard pageCount < limits.pages else {
        return reject("the list has more than \(limits.pages) pages; ask for fewer objects by a selector")
      }
      state = .listing(objects: objects, continue: token)
      listedVersion = page.resourceVersion
      return nil
    }
    pageCount = 0
    listedVersion = nil
    listsInOnePiece = false
    state = .listed(resourceVersion: page.resourceVersion)
    return .restarted(objects, resourceVersion: page.resourceVersion)
  }

  /// Handles the opening of the watch or the streaming list.
  public mutating func opened() {
    switch state {
    case .empty where opensStream:
      state = .streaming(objects: 0)
      streamed = ([], [:])
    case .listed(let version):
      state = .watching(resourceVersion: version)
    default: return
    }
    sawEventSinceOpening = false
  }

  private var opensStream: Bool { options.usesStreamingList && !isStreamingRefused }

  /// Handles an event of the open watch. An error ends the watch, as ``state`` shows.
  public mutating func received(_ event: WatchEvent) -> WatcherEvent? {
    if case .streaming = state { return receivedInitial(event) }
    guard case .watching(let version) = state else { return nil }
    switch event {
    case .added(let object), .modified(let object):
      advance(to: object.metadata.resourceVersion ?? version)
      return .applied(object)
    case .deleted(let object):
      advance(to: object.metadata.resourceVersion ?? version)
      return .deleted(object)
    case .bookmark(let version, _):
      advance(to: version)
      return nil
    case .error(let status):
      failed(
        KubeError(.watch(selection, resourceVersion: version), httpStatus: status.code ?? 500, status: status)
      )
      return nil
    }
  }

  /// Collects the initial events of a streaming list; their end returns `.restarted`.
  private mutating func receivedInitial(_ event: WatchEvent) -> WatcherEvent? {
    func name(_ object: DynamicObject) -> String {
      "\(object.metadata.namespace ?? "")/\(object.metadata.name)"
    }
    switch event {
    case .added(let object), .modified(let object):
      if let place = streamed.places[name(object)] {
        streamed.objects[place] = object
      } else {
        streamed.places[name(object)] = streamed.objects.count
        streamed.objects.append(object)
      }
    case .deleted(let object):
      if let place = streamed.places.removeValue(forKey: name(object)) { streamed.objects[place] = nil }
    case .bookmark(let version, true):
      let objects = streamed.objects.compactMap(\.self)
      streamed = ([], [:])
      unfinishedStreams = 0
      advance(to: version)
      return .restarted(objects, resourceVersion: version)
    case .bookmark: break
    case .error(let status):
      failed(KubeError(.watch(selection), httpStatus: status.code ?? 500, status: status))
      return nil
    }
    let (limit, isBeyond) = limits.pageSize.multipliedReportingOverflow(by: limits.pages)
    guard isBeyond || streamed.objects.count <= limit else {
      return reject("the list has more than \(limit) objects; ask for fewer by a selector")
    }
    state = .streaming(objects: streamed.places.count)
    return nil
  }

  /// Handles the normal end of the open watch. After a watch without events the next one has to
  /// wait, so that a server that ends every watch isn't asked without pause.
  public mutating func ended() {
    if case .streaming = state { return failStream() }
    guard case .watching(let version) = state else { return }
    state = .listed(resourceVersion: version)
    if !sawEventSinceOpening { dueWait = (1, .zero) }
  }

  /// Handles the failure of an action, or of the open watch.
  public mutating func failed(_ error: KubeError) {
    switch (error.code, state) {
    case (.invalid, .empty) where opensStream, (.badRequest, .empty) where opensStream,
      (.forbidden, .empty) where opensStream, (.unsupported, .empty) where opensStream:
      // Lists may work; if not, their error says why.
      isStreamingRefused = true
    case (.timeout, .streaming), (.invalid, .streaming), (.badRequest, .streaming):
      isStreamingRefused = true
      restart()
    case (_, .streaming): failStream(atLeast: error.retryAfter)
    case (.gone, .listing):
      restart()
      listsInOnePiece = true
      fail(atLeast: error.retryAfter)
    case (.gone, _):
      restart()
      expiries += 1
      // The first time without a wait; a server that forgets at once isn't asked without pause.
      dueWait = expiries > 1 ? (expiries - 1, error.retryAfter ?? .zero) : nil
    case (.badResponse, .watching):
      restart()
      fail(atLeast: error.retryAfter)
    case (_, .watching(let version)):
      state = .listed(resourceVersion: version)
      fail(atLeast: error.retryAfter)
      if failures >= options.failuresUntilRelist { restart() }
    case (_, .listed), (_, .listing), (_, .empty):
      fail(atLeast: error.retryAfter)
      if failures >= options.failuresUntilRelist { restart() }
    }
  }

  /// Discards an incomplete streaming list and starts again after a wait: with a list, if the one
  /// before was incomplete, too.
  private mutating func failStream(atLeast wait: Duration? = nil) {
    // A single time may be a server that shuts down; a server without support does it again.
    unfinishedStreams += 1
    if unfinishedStreams > 1 { isStreamingRefused = true }
    restart()
    fail(atLeast: wait)
  }

  /// Discards what was received and starts again after a wait.
  private mutating func reject(_ message: String) -> WatcherEvent? {
    let request = KubeError.Request(opensStream ? .watch(selection) : .list(selection))
    rejection = KubeError(code: .badResponse, request: request, message: message)
    restart()
    fail()
    return nil
  }

  /// Returns the reason why received objects were discarded without an error, once.
  mutating func takeRejection() -> KubeError? {
    defer { rejection = nil }
    return rejection
  }

  private mutating func advance(to version: String) {
    state = .watching(resourceVersion: version)
    sawEventSinceOpening = true
    failures = 0
    expiries = 0
  }

  private mutating func restart() {
    state = .empty
    pageCount = 0
    listedVersion = nil
    streamed = ([], [:])
  }

  private mutating func fail(atLeast wait: Duration? = nil) {
    failures = min(failures + 1, 1000)
    dueWait = (failures, wait ?? .zero)
  }
}
