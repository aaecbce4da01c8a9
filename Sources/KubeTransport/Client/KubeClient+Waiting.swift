public import KubeCore
import Synchronization

// Waiting for a state of one object: it is read and then watched, so that a state in between isn't
// missed for long. Transient failures are retried; others, such as a refusal, end the wait at once
// as `KubeError`. Requires the verbs `list` and `watch`, which RBAC can grant for a single name.
extension KubeClient {
  /// Waits until `condition` holds for an object of a known kind, and returns that object.
  ///
  /// An object that doesn't exist, or can't be decoded, is waited for. Throws ``WaitError``, with
  /// the last observed state, after `timeout`.
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

  /// Waits until `condition` holds for an object of any kind, and returns that object; see
  /// ``wait(for:namespace:name:timeout:until:)``.
  public func wait(
    for key: ObjectKey, timeout: Duration, until condition: @escaping @Sendable (DynamicObject) -> Bool
  ) async throws -> DynamicObject {
    try await follow(key, timeout: timeout) { object in object.flatMap { condition($0) ? $0 : nil } }
  }

  /// Waits until the condition `type` in the object's status has `status`, and returns the object.
  ///
  /// A condition of an earlier generation doesn't count: `observedGeneration` of the condition or
  /// of the status, where present, must not be lower than the object's generation.
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

  /// Waits until the object is removed, with its finalizers done.
  ///
  /// - Parameters:
  ///   - key: The object.
  ///   - uid: The uid of the object; `nil` for the current one. Another object of the same name
  ///     means that it is gone.
  ///   - timeout: The maximum wait, after which ``WaitError`` is thrown.
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

  /// Follows one object until `step` returns a result for its state, which is `nil` while there is
  /// no object. An error of `step` counts as a transient failure.
  private func follow<Result: Sendable>(
    _ key: ObjectKey, timeout: Duration,
    _ step: @escaping @Sendable (DynamicObject?) throws(FieldError) -> Result?
  ) async throws -> Result {
    let request = KubeRequest.get(key)
    if key.type.isNamespaced && key.namespace == nil {
      throw KubeError(request, notSentBecause: "the namespace is missing")
    }
    try request.validate()
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
      return try await withIdleTimeout(timeout, timer: timer) { [events] _ in
        for try await event in events {
          guard let state = Self.state(of: key, after: event) else { continue }
          seen.record(state)
          do throws(FieldError) {
            if let result = try step(state) { return result }
          } catch {
            seen.record(failure: "\(UnreadableObject(state?.json ?? .null, type: key.type, error: error))")
          }
        }
        throw CancellationError()
      }
    } catch let error as TransportError where error.code == .timedOut {
      throw seen.error(key, timeout)
    }
  }

  /// The object's state after `event`; `nil` for an unrelated event, an inner `nil` for a missing
  /// object.
  private static func state(of key: ObjectKey, after event: WatcherEvent) -> DynamicObject?? {
    // A transport may not support field selectors.
    func isIt(_ object: DynamicObject) -> Bool {
      object.metadata.name == key.name
        && (!key.type.isNamespaced || object.metadata.namespace == key.namespace)
    }
    switch event {
    case .restarted(let objects, _): return .some(objects.first(where: isIt))
    case .applied(let object): return isIt(object) ? .some(object) : nil
    case .deleted(let object): return isIt(object) ? .some(nil) : nil
    }
  }
}

/// The last state that a wait has observed.
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
