public import KubeCore
import KubeReconcile
public import KubeTransport
import Synchronization

/// The objects of one watch, as last seen: what a controller reads instead of asking the server.
///
/// Readers never see half a list: a new list takes the old one's place at once. One writer (a ``Reflector``)
/// fills the store; any number of tasks read it.
public final class ObjectStore: Sendable {
  /// Which object of the store's kind.
  public struct Key: Sendable, Hashable, CustomStringConvertible {
    /// The namespace; `nil` for cluster-scoped kinds.
    public var namespace: String?
    /// The name.
    public var name: String

    /// A key.
    public init(namespace: String? = nil, name: String) {
      self.namespace = namespace
      self.name = name
    }

    /// The key of `object`.
    public init(_ object: DynamicObject) {
      self.init(namespace: object.metadata.namespace, name: object.metadata.name)
    }

    /// `namespace/name`, or the name alone.
    public var description: String { (namespace.map { "\($0)/" } ?? "") + name }
  }

  /// What has become of an object: made (`old` is `nil`), changed, or gone (`new` is `nil`).
  public struct Change: Sendable, Hashable {
    /// The object as it was.
    public var old: DynamicObject?
    /// The object as it is.
    public var new: DynamicObject?

    /// A change.
    public init(old: DynamicObject?, new: DynamicObject?) {
      self.old = old
      self.new = new
    }

    /// Which object.
    public var key: Key? { (new ?? old).map(Key.init) }
  }

  private struct State {
    var objects: [Key: DynamicObject] = [:]
    var isSynced = false
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())
  private let trim: @Sendable (DynamicObject) -> DynamicObject?
  private let onChanges: @Sendable ([Change]) -> Void

  /// An empty store.
  ///
  /// - Parameters:
  ///   - trim: What is kept of each object; `nil` keeps nothing, as if the object didn't exist. By default all.
  ///   - onChanges: Called with what each event has changed, once it can be read, in order, by the writer's task;
  ///     must not block. A whole list is one call, even where it changed nothing, so that nothing sees half a list.
  public init(
    trim: @escaping @Sendable (DynamicObject) -> DynamicObject? = { $0 },
    onChanges: @escaping @Sendable ([Change]) -> Void = { _ in }
  ) {
    self.trim = trim
    self.onChanges = onChanges
  }

  // MARK: Reading

  /// Whether a first whole list has come.
  public var isSynced: Bool { state.withLock { $0.isSynced } }
  /// How many objects there are.
  public var count: Int { state.withLock { $0.objects.count } }
  /// All objects, in no particular order.
  public var all: [DynamicObject] { state.withLock { Array($0.objects.values) } }

  /// All objects by key, as of one moment.
  public var snapshot: [Key: DynamicObject] { state.withLock { $0.objects } }

  /// The object; `nil` where there is none.
  public func object(namespace: String? = nil, name: String) -> DynamicObject? {
    state.withLock { $0.objects[Key(namespace: namespace, name: name)] }
  }

  /// The objects of a namespace, in no particular order; looks at every object.
  public func objects(in namespace: String) -> [DynamicObject] {
    state.withLock { state in state.objects.filter { $0.key.namespace == namespace }.map(\.value) }
  }

  /// Returns when a first whole list has come; throws `CancellationError` when the task is cancelled first.
  public func waitUntilSynced() async throws {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.isSynced || Task.isCancelled { return true }
          state.waiters[id] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
    try Task.checkCancellation()
  }

  // MARK: Writing

  /// Takes in what following a selection has yielded.
  public func receive(_ event: WatcherEvent) {
    switch event {
    case .restarted(let objects): replace(with: objects)
    case .applied(let object): apply(object)
    case .deleted(let object): remove(object)
    }
  }

  /// These are all the objects there are.
  public func replace(with objects: [DynamicObject]) {
    var next: [Key: DynamicObject] = [:]
    next.reserveCapacity(objects.count)
    for object in objects {
      if let kept = trim(object) { next[Key(object)] = kept }
    }
    let (previous, waiters) = state.withLock { state in
      let previous = state.objects
      state.objects = next
      state.isSynced = true
      let waiters = Array(state.waiters.values)
      state.waiters = [:]
      return (previous, waiters)
    }
    for waiter in waiters { waiter.resume() }
    var changes: [Change] = []
    for (key, old) in previous where next[key] == nil { changes.append(Change(old: old, new: nil)) }
    for (key, new) in next where !Self.isSame(previous[key], new) {
      changes.append(Change(old: previous[key], new: new))
    }
    onChanges(changes)
  }

  /// The object was made or changed.
  public func apply(_ object: DynamicObject) {
    guard let new = trim(object) else { return remove(object) }
    let old = state.withLock { state in state.objects.updateValue(new, forKey: Key(object)) }
    if !Self.isSame(old, new) { onChanges([Change(old: old, new: new)]) }
  }

  /// Takes in a write's answer, unless the store has the object as new already. What depends on the store learns of the
  /// answer from the writer: `onChanges` isn't called.
  package func note(_ written: DynamicObject) {
    guard let new = trim(written) else { return }
    state.withLock { state in
      let key = Key(new)
      guard state.objects[key].map({ new.isNews(after: $0) }) ?? true else { return }
      state.objects[key] = new
    }
  }

  /// The object is gone.
  public func remove(_ object: DynamicObject) {
    let old = state.withLock { $0.objects.removeValue(forKey: Key(object)) }
    if let old { onChanges([Change(old: old, new: nil)]) }
  }

  /// The server gives every state of every object a version of its own.
  private static func isSame(_ old: DynamicObject?, _ new: DynamicObject) -> Bool {
    guard let old else { return false }
    guard let version = new.metadata.resourceVersion else { return old == new }
    return version == old.metadata.resourceVersion && new.metadata.uid == old.metadata.uid
  }
}
