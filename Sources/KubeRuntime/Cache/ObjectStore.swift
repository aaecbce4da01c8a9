public import KubeCore
import KubeReconcile
public import KubeTransport
import Synchronization

/// The objects of one watch in their last observed state, so that a controller needn't ask the
/// server.
///
/// A new list replaces the old one in one step: readers never see half of it. One writer (a
/// ``Reflector``) fills the store; any number of tasks read it.
public final class ObjectStore: Sendable {
  /// The key of an object of the store's kind.
  public struct Key: Sendable, Hashable, CustomStringConvertible {
    /// The namespace; `nil` for cluster-scoped kinds.
    public var namespace: String?
    /// The name.
    public var name: String

    /// Creates a key.
    public init(namespace: String? = nil, name: String) {
      self.namespace = namespace
      self.name = name
    }

    /// Creates the key of `object`.
    public init(_ object: DynamicObject) {
      self.init(namespace: object.metadata.namespace, name: object.metadata.name)
    }

    /// `namespace/name`, or the name alone.
    public var description: String { (namespace.map { "\($0)/" } ?? "") + name }
  }

  /// A change of an object: creation (`old` is `nil`), update or deletion (`new` is `nil`).
  public struct Change: Sendable, Hashable {
    /// The object before the change.
    public var old: DynamicObject?
    /// The object after the change.
    public var new: DynamicObject?

    /// Creates a change.
    public init(old: DynamicObject?, new: DynamicObject?) {
      self.old = old
      self.new = new
    }

    /// The object's key.
    public var key: Key? { (new ?? old).map(Key.init) }
  }

  private struct State {
    var objects: [Key: DynamicObject] = [:]
    /// The keys whose objects are answers of writes, which no event has delivered yet.
    var recorded: Set<Key> = []
    var isSynced = false
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())
  private let onChanges: @Sendable ([Change]) -> Void

  /// Creates an empty store.
  ///
  /// - Parameter onChanges: Called with the changes of each event once they can be read, in order,
  ///   by the writer's task; must not block. A list is one call, even if it changed nothing, so
  ///   that no partial list is seen.
  public init(onChanges: @escaping @Sendable ([Change]) -> Void = { _ in }) {
    self.onChanges = onChanges
  }

  // MARK: Reading

  /// Whether a first complete list was received.
  public var isSynced: Bool { state.withLock { $0.isSynced } }
  /// The number of objects.
  public var count: Int { state.withLock { $0.objects.count } }
  /// All objects, in no particular order.
  public var all: [DynamicObject] { state.withLock { Array($0.objects.values) } }

  /// All objects by key, at one moment.
  public var snapshot: [Key: DynamicObject] { state.withLock { $0.objects } }

  /// The object with this namespace and name; `nil` if there is none.
  public func object(namespace: String? = nil, name: String) -> DynamicObject? {
    state.withLock { $0.objects[Key(namespace: namespace, name: name)] }
  }

  /// The objects of a namespace, in no particular order. O(n) in all objects.
  public func objects(in namespace: String) -> [DynamicObject] {
    state.withLock { state in state.objects.filter { $0.key.namespace == namespace }.map(\.value) }
  }

  /// Waits for the first complete list. Throws `CancellationError` when the task is cancelled
  /// first.
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

  /// Handles an event of a watcher.
  public func receive(_ event: WatcherEvent) {
    switch event {
    case .restarted(let objects, let version): replace(with: objects, resourceVersion: version)
    case .applied(let object): apply(object)
    case .deleted(let object): remove(object)
    }
  }

  /// Replaces all objects by those of a list, except answers of writes after the list's
  /// `resourceVersion`, which the watch has yet to deliver.
  public func replace(with objects: [DynamicObject], resourceVersion: String? = nil) {
    var next: [Key: DynamicObject] = [:]
    next.reserveCapacity(objects.count)
    for object in objects { next[Key(object)] = object }
    let (previous, waiters) = state.withLock { state in
      let previous = state.objects
      state.recorded = state.recorded.filter { key in
        guard let resourceVersion else { return false }
        return previous[key]?.isLater(than: resourceVersion) ?? false
      }
      for key in state.recorded { next[key] = previous[key] }
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

  /// Inserts or updates an object, unless the store has the later answer of a write, which the
  /// watch has yet to deliver.
  public func apply(_ object: DynamicObject) {
    let change = state.withLock { state -> Change? in
      let key = Key(object)
      if state.recorded.contains(key), let version = object.metadata.resourceVersion,
        state.objects[key]?.isLater(than: version) ?? false
      {
        return nil
      }
      state.recorded.remove(key)
      return Change(old: state.objects.updateValue(object, forKey: key), new: object)
    }
    if let change, !Self.isSame(change.old, object) { onChanges([change]) }
  }

  /// Inserts the answer of a write, unless the store has the object in this or a later version.
  /// `onChanges` isn't called: the writer reports the answer itself.
  package func record(_ written: DynamicObject) {
    state.withLock { state in
      let key = Key(written)
      guard state.objects[key].map({ written.isNewer(than: $0) }) ?? true else { return }
      state.objects[key] = written
      state.recorded.insert(key)
    }
  }

  /// Removes a deleted object.
  public func remove(_ object: DynamicObject) {
    let old = state.withLock { state in
      state.recorded.remove(Key(object))
      return state.objects.removeValue(forKey: Key(object))
    }
    if let old { onChanges([Change(old: old, new: nil)]) }
  }

  /// Whether both are the same version of an object with the same content: a new definition of a
  /// custom resource changes what is served of a version.
  private static func isSame(_ old: DynamicObject?, _ new: DynamicObject) -> Bool {
    guard let old, new.metadata.resourceVersion == old.metadata.resourceVersion else { return false }
    return old == new
  }
}
