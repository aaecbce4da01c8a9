public import KubeCore

/// What following objects yields.
public enum WatcherEvent: Sendable, Hashable {
  /// These are all the objects there are, as of now: what isn't among them is gone.
  case restarted([DynamicObject])
  /// The object was made or changed.
  case applied(DynamicObject)
  /// The object is gone; this is its last state.
  case deleted(DynamicObject)
}

/// Following the objects of a selection for ever, as a state machine without I/O, clock or chance.
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
/// The lower way is the streaming list (KEP-3157), which servers have from Kubernetes 1.32 on: one request brings all
/// objects and then what changes, at a small part of a list's cost to the server. It is tried first, unless the options
/// say otherwise, and needs no knowledge of the server's version: older servers refuse it with 422 (a few with 400). One
/// that refuses it, or takes it and doesn't say within ``Options/initialEventsTimeout`` that the initial events are
/// complete, is asked for lists from then on. Either way, `.restarted` comes once everything is there.
///
/// Whoever drives it asks `nextAction`, does that, and tells it what came of it. An ordinary end of a watch
/// is no failure;
/// failures are waited out with a growing delay, which any progress resets.
public struct Watcher: Sendable {
  /// Where the machine is.
  public enum State: Sendable, Hashable {
    /// Nothing is known.
    case empty
    /// A streaming list is open; this many objects have come so far.
    case streaming(objects: Int)
    /// Some pages of the list are there; `continue` leads to the next.
    case listing(objects: [DynamicObject], continue: String)
    /// Everything up to this version is known; no watch is open.
    case listed(resourceVersion: String)
    /// A watch is open; everything up to this version is known.
    case watching(resourceVersion: String)
  }

  /// What is to be done next.
  public enum Action: Sendable, Hashable {
    /// Send this and pass the page on to `received(page:)`, or the error to `failed`.
    case list(KubeRequest)
    /// Send this; then `opened`, or `failed`.
    case watch(KubeRequest)
    /// Pass the open watch's next event on to `received(_:)`; or `ended`, or `failed`.
    case readEvent
    /// Wait so long, then ask again.
    case wait(Duration)
  }

  /// How it is done.
  public struct Options: Sendable, Hashable {
    /// How many objects to ask for per page.
    public var pageSize: Int
    /// How many pages a list may have.
    public var pages: Int
    /// After how many seconds the server is to end a watch.
    public var timeoutSeconds: Int
    /// How long to wait after failures.
    public var backoff: Backoff
    /// After how many failures of a watch in a row everything is listed anew.
    public var failuresUntilRelist: Int
    /// Whether the objects are asked for by a streaming list first.
    public var usesStreamingList: Bool
    /// How long a streaming list may bring no new object before it is complete, and a quarter of how long it may take
    /// altogether; a server that takes longer counts as one that doesn't know it.
    public var initialEventsTimeout: Duration

    /// Options; by default pages of 500, watches of 290 seconds, a new list after 3 failures in a row, and streaming
    /// lists where the server has them.
    public init(
      pageSize: Int = 500, pages: Int = 10_000, timeoutSeconds: Int = 290, backoff: Backoff = .watch,
      failuresUntilRelist: Int = 3, usesStreamingList: Bool = true,
      initialEventsTimeout: Duration = .seconds(30)
    ) {
      self.usesStreamingList = usesStreamingList
      self.initialEventsTimeout = initialEventsTimeout
      self.pageSize = pageSize
      self.pages = pages
      self.timeoutSeconds = timeoutSeconds
      self.backoff = backoff
      self.failuresUntilRelist = failuresUntilRelist
    }
  }

  /// What is followed.
  public let selection: ResourceSelection
  /// How.
  public let options: Options
  /// Where the machine is.
  public private(set) var state: State = .empty
  /// How many failures there have been without progress in between.
  public private(set) var failures = 0
  /// Why the machine gave up what has come, where no error said so: a list past its limit, or pages of two lists.
  private var objection: KubeError?
  /// Whether the server has turned out not to know streaming lists.
  public private(set) var isStreamingRefused = false

  /// What a streaming list has brought so far, and where each object is in it; `nil` for one that is gone
  /// again.
  private var streamed: (objects: [DynamicObject?], places: [String: Int]) = ([], [:])
  /// Streaming lists in a row that the server ended before they were complete.
  private var unfinishedStreams = 0
  /// Lists that were needed because the server had forgotten our version, without an event in between.
  private var expiries = 0
  private var pageCount = 0
  /// The resourceVersion of the pages that are there: all pages of one list are of one point in the server's history.
  private(set) var listedVersion: String?
  /// After an expired page token: the list in one piece, which cannot expire.
  private var listsInOnePiece = false
  private var sawEventSinceOpening = false
  /// The wait that is due before the next action, and what the server demands at least.
  private var dueWait: (failures: Int, atLeast: Duration)?

  /// A machine at its beginning.
  public init(_ selection: ResourceSelection, options: Options = Options()) {
    self.selection = selection
    self.options = options
  }

  /// What is to be done next; `jitter`, from 0 to 1, spreads the waits.
  public mutating func nextAction(jitter: Double) -> Action {
    if let due = dueWait {
      dueWait = nil
      let delay = max(options.backoff.delay(afterFailures: due.failures, jitter: jitter), due.atLeast)
      if delay > .zero { return .wait(delay) }
    }
    let limit = listsInOnePiece ? nil : options.pageSize
    // Servers end all watches of one length at once: spread them.
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

  /// A page of the list has come; the last one gives `.restarted`.
  public mutating func received(page: ObjectList<DynamicObject>) -> WatcherEvent? {
    var objects: [DynamicObject] = []
    if case .listing(let earlier, let token) = state {
      guard page.resourceVersion == listedVersion, page.continue != token else {
        return object("the pages are not those of one list")
      }
      objects = earlier
    }
    objects += page.items
    failures = 0
    pageCount += 1
    if let token = page.continue {
      guard pageCount < options.pages else {
        return object("the list has more than \(options.pages) pages; ask for fewer objects by a selector")
      }
      state = .listing(objects: objects, continue: token)
      listedVersion = page.resourceVersion
      return nil
    }
    pageCount = 0
    listedVersion = nil
    listsInOnePiece = false
    state = .listed(resourceVersion: page.resourceVersion)
    return .restarted(objects)
  }

  /// The watch, or the streaming list, is open.
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

  /// An event of the open watch has come. Where it is an error, the watch is over: `state` says so.
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

  /// Collects what a streaming list brings; its end gives `.restarted`.
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
      return .restarted(objects)
    case .bookmark: break
    case .error(let status):
      failed(KubeError(.watch(selection), httpStatus: status.code ?? 500, status: status))
      return nil
    }
    let (limit, isBeyond) = options.pageSize.multipliedReportingOverflow(by: options.pages)
    guard isBeyond || streamed.objects.count <= limit else {
      return object("the list has more than \(limit) objects; ask for fewer by a selector")
    }
    state = .streaming(objects: streamed.places.count)
    return nil
  }

  /// The open watch has ended as watches do. One that never said anything isn't followed by the next at
  /// once, lest a server that ends every watch be asked without pause.
  public mutating func ended() {
    if case .streaming = state {
      // Once may be a server that shuts down; a server that doesn't know what was asked for does it again.
      unfinishedStreams += 1
      if unfinishedStreams > 1 { isStreamingRefused = true }
      restart()
      return fail()
    }
    guard case .watching(let version) = state else { return }
    state = .listed(resourceVersion: version)
    if !sawEventSinceOpening { dueWait = (1, .zero) }
  }

  /// What was to be done has failed, or the open watch broke.
  public mutating func failed(_ error: KubeError) {
    switch (error.code, state) {
    case (.invalid, .empty) where opensStream, (.badRequest, .empty) where opensStream,
      (.forbidden, .empty) where opensStream, (.unsupported, .empty) where opensStream:
      // Lists may do; where not, they will say why.
      isStreamingRefused = true
    case (.timeout, .streaming), (.invalid, .streaming), (.badRequest, .streaming):
      isStreamingRefused = true
      restart()
    case (_, .streaming):
      restart()
      fail(atLeast: error.retryAfter)
    case (.gone, .listing):
      restart()
      listsInOnePiece = true
      fail(atLeast: error.retryAfter)
    case (.gone, _):
      restart()
      expiries += 1
      // At once the first time; a server that forgets at once is not asked without pause.
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

  /// Gives up what has come so far, and begins again after a while.
  private mutating func object(_ message: String) -> WatcherEvent? {
    let request = KubeError.Request(opensStream ? .watch(selection) : .list(selection))
    objection = KubeError(code: .badResponse, request: request, message: message)
    restart()
    fail()
    return nil
  }

  /// Why the machine gave up what has come, where no error said so; each is returned once.
  mutating func takeObjection() -> KubeError? {
    defer { objection = nil }
    return objection
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
