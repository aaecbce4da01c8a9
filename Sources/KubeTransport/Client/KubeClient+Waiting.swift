public import KubeCore
import Synchronization

// Waiting for a state of one object: it is read, and then watched, so that no state in between is missed for long.
// Failures that pass are waited out; others, such as a refusal, end the wait at once as `KubeError`. Needs the verbs
// `list` and `watch`, which RBAC can grant for the one name.
extension KubeClient {
  /// Waits until `condition` holds for an object of a known kind, and returns the object for which it does.
  ///
  /// An object that doesn't exist, or can't be read, is waited for. Throws ``WaitError``, which says the last state seen,
  /// once `timeout` is over.
  public func wait<Kind: KubeObject>(
    for kind: Kind.Type = Kind.self, namespace: String? = nil, name: String, timeout: Duration,
    until condition: @escaping @Sendable (Kind) -> Bool
  ) async throws -> Kind {
    let key = ObjectKey(Kind.type, namespace: namespace, name: name)
    return try await follow(key, timeout: timeout) { object throws(FieldError) in
      guard let value: Kind = try object?.decode(), condition(value) else { return nil }
      return value
    }
  }

  /// Waits until `condition` holds for an object of any kind, and returns the object for which it does; see
  /// ``wait(for:namespace:name:timeout:until:)``.
  public func wait(
    for key: ObjectKey, timeout: Duration, until condition: @escaping @Sendable (DynamicObject) -> Bool
  ) async throws -> DynamicObject {
    try await follow(key, timeout: timeout) { object in object.flatMap { condition($0) ? $0 : nil } }
  }

  /// Waits until the condition `type` in the object's status has `status`, and returns the object.
  ///
  /// A condition that was said of an earlier generation doesn't count: `observedGeneration` of the condition or of the
  /// status, where they have it, must not be lower than the object's generation.
  public func wait(
    for key: ObjectKey, untilCondition type: String, is status: Condition.Status = .true, timeout: Duration
  ) async throws -> DynamicObject {
    try await wait(for: key, timeout: timeout) { object in
      let state = object.json["status"]
      let condition = state?["conditions"]?.array?.first { $0["type"]?.string == type }
      guard let condition, condition["status"]?.string == status.rawValue else { return false }
      let observed = condition["observedGeneration"]?.int64 ?? state?["observedGeneration"]?.int64
      guard let observed, let generation = object.metadata.generation else { return true }
      return observed >= generation
    }
  }

  /// Waits until the object is gone, with its finalizers done.
  ///
  /// - Parameters:
  ///   - key: Which object.
  ///   - uid: The uid of the object that is to go; `nil` for the one that is there now. Another object of the same name
  ///     means that it is gone.
  ///   - timeout: How long to wait; then ``WaitError`` is thrown.
  public func wait(forDeletionOf key: ObjectKey, uid: String? = nil, timeout: Duration) async throws {
    let known = Mutex(uid)
    try await follow(key, timeout: timeout) { object -> Void? in
      guard let object else { return () }
      return known.withLock { known in
        if known == nil { known = object.metadata.uid }
        return known == object.metadata.uid ? nil : ()
      }
    }
  }

  /// Follows one object until `step` gives a result for its state; `nil` for none stands for no object. An error of
  /// `step` is a failure on the way.
  private func follow<Result: Sendable>(
    _ key: ObjectKey, timeout: Duration,
    _ step: @escaping @Sendable (DynamicObject?) throws(FieldError) -> Result?
  ) async throws -> Result {
    let request = KubeRequest.get(key)
    let isIncomplete = key.type.isNamespaced && key.namespace == nil
    if let problem = isIncomplete ? "the namespace is missing" : request.malformation {
      throw KubeError(code: .badRequest, request: .init(request), message: "nothing was sent: \(problem)")
    }
    var selection = ResourceSelection.named(key.name, of: key.type)
    selection.namespace = key.type.isNamespaced ? key.namespace : nil
    let seen = LastSeen()
    // A list of one object costs the server little.
    let options = Watcher.Options(usesStreamingList: false)
    var events = watcher(
      selection, options: options, onFailure: { error in seen.record(failure: "\(error)") })
    events.isFinal = { error in
      switch error.code {
      case .forbidden, .unauthorized, .notFound, .badRequest, .invalid, .unsupported: true
      default: false
      }
    }
    do {
      return try await withIdleTimeout(timeout, clock: clock) { [events] _ in
        for try await event in events {
          guard let state = Self.state(of: key, after: event) else { continue }
          seen.record(state)
          do throws(FieldError) {
            if let result = try step(state) { return result }
          } catch {
            seen.record(failure: "\(UnreadableObject(state?.json ?? .null, key.type, error))")
          }
        }
        throw CancellationError()
      }
    } catch let error as TransportError where error.code == .timedOut {
      throw seen.error(key, timeout)
    }
  }

  /// What `event` says of the object; `nil` for nothing, and an inner `nil` for that it isn't there.
  private static func state(of key: ObjectKey, after event: WatcherEvent) -> DynamicObject?? {
    // Whatever carries the requests may not know field selectors.
    func isIt(_ object: DynamicObject) -> Bool {
      object.metadata.name == key.name
        && (!key.type.isNamespaced || object.metadata.namespace == key.namespace)
    }
    switch event {
    case .restarted(let objects): return .some(objects.first(where: isIt))
    case .applied(let object): return isIt(object) ? .some(object) : nil
    case .deleted(let object): return isIt(object) ? .some(nil) : nil
    }
  }
}

/// What a wait has seen last.
private final class LastSeen: Sendable {
  private let state = Mutex<(state: WaitError.LastState, failure: String?)>((.unknown, nil))

  func record(_ object: DynamicObject?) {
    state.withLock { $0 = (object.map { .object($0) } ?? .absent, nil) }
  }

  func record(failure: String) { state.withLock { $0.failure = failure } }

  func error(_ key: ObjectKey, _ timeout: Duration) -> WaitError {
    state.withLock { seen in
      WaitError(
        code: .timedOut, key: key, timeout: timeout, lastState: seen.state, lastFailure: seen.failure)
    }
  }
}
