public import KubeCore
import KubeKindsCoordination
public import KubeTransport
public import Logging
import Metrics
import Synchronization

/// Lets one of several processes work at a time, by a Lease that the working one keeps renewing.
///
/// Leader election does not fence: a process that was suspended may briefly believe that it leads
/// while another does. The leader's writes must carry preconditions.
public struct LeaderElector: Sendable {
  /// The durations of leader election.
  public struct Timing: Sendable, Hashable {
    /// The time since the lease last changed after which another process may take it.
    public var leaseDuration: Duration
    /// The time without a renewal after which the leader gives up.
    public var renewDeadline: Duration
    /// The time between attempts.
    public var retryPeriod: Duration

    /// Creates durations; by default 15, 10 and 2 seconds, like Kubernetes' own controllers.
    ///
    /// As in client-go, the lease must last longer than the leader works without a renewal, and
    /// that longer than one attempt takes with its jitter.
    public init(
      leaseDuration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10),
      retryPeriod: Duration = .seconds(2)
    ) {
      self.leaseDuration = leaseDuration
      precondition(leaseDuration > renewDeadline, "leaseDuration must be greater than renewDeadline")
      precondition(
        renewDeadline > retryPeriod * 1.2 && retryPeriod > .zero,
        "renewDeadline must be greater than 1.2 times retryPeriod, which must be greater than zero")
      self.renewDeadline = renewDeadline
      self.retryPeriod = retryPeriod
    }
  }

  /// An error: the lease wasn't renewed in time, or another process took it. The work has been
  /// cancelled.
  public struct LeadershipLost: DisplayableError, Sendable {
    /// The lease.
    public var lease: ObjectKey
    /// The error on one line.
    public var description: String { "\(lease) could not be renewed in time: leadership is lost" }
  }

  /// The lease.
  public let lease: ObjectKey
  /// The identity of this process, different from any other's: such as the pod's name.
  public let identity: String
  /// The durations.
  public let timing: Timing

  private let client: KubeClient
  /// The client of the attempts to get or keep the lease.
  private let attemptClient: KubeClient
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> Date
  private let jitter: @Sendable () -> Double
  private let logger: Logger

  /// Creates an elector; nothing happens before ``run(_:)``.
  ///
  /// - Parameters:
  ///   - client: The client of the server; its field manager writes the lease.
  ///   - namespace: The lease's namespace.
  ///   - name: The lease's name.
  ///   - identity: The identity of this process.
  ///   - timing: The durations.
  ///   - clock: The clock of the durations.
  ///   - now: The time that is written into the lease, for people.
  ///   - jitter: Random numbers from 0 to 1 that spread the attempts.
  ///   - logger: Logs changes of the leader, and failures.
  public init(
    _ client: KubeClient, namespace: String, name: String, identity: String, timing: Timing = Timing(),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() },
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }, logger: Logger
  ) {
    // An attempt must not outlast the deadline that it is to meet.
    var client = client
    client.limits.headTimeout = timing.renewDeadline / 2
    self.client = client
    client.transport = UnrepeatedTransport(base: client.transport)
    attemptClient = client
    lease = ObjectKey(Lease.type, namespace: namespace, name: name)
    self.identity = identity
    self.timing = timing
    self.clock = clock
    self.now = now
    self.jitter = jitter
    self.logger = logger
  }

  /// Waits until this process leads, then runs `work` for as long as the lease can be renewed.
  ///
  /// When `work` returns or throws, or the task is cancelled, the lease is released once the work
  /// has ended. Throws ``LeadershipLost`` when the lease is lost; the work was then cancelled and
  /// has ended. A process that wants to continue calls `run` again.
  public func run<Result: Sendable>(
    _ work: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let session = Session(
      LeaseRules(identity: identity, leaseDuration: timing.leaseDuration), Stopwatch(clock))
    do {
      try await acquire(session)
    } catch {
      // The server may have performed the write that was cancelled.
      if session.hasWritten.withLock({ $0 }) { await releaseInTime(session) }
      throw error
    }
    logger.info("Leading", metadata: ["lease": "\(lease)", "identity": "\(identity)"])
    let gauge = Gauge(label: "leader_election_master_status", dimensions: [("name", lease.name)])
    gauge.record(1)
    defer { gauge.record(0) }
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(
        try await withThrowingTaskGroup(of: Result?.self) { group in
          group.addTask { try await work() }
          group.addTask {
            try await keepRenewing(session)
            return nil
          }
          group.addTask {
            try await watchDeadline(session)
            return nil
          }
          defer { group.cancelAll() }
          while let result = try await group.next() {
            if let result { return result }
          }
          throw LeadershipLost(lease: lease)
        })
    } catch {
      outcome = .failure(error)
    }
    if case .failure(let error) = outcome, error is LeadershipLost {
      logger.error("Leadership lost", metadata: ["lease": "\(lease)", "identity": "\(identity)"])
    } else {
      await releaseInTime(session)
    }
    return try outcome.get()
  }

  /// The state that the tasks of one run share.
  private final class Session: Sendable {
    let rules: Mutex<LeaseRules>
    let stopwatch: Stopwatch
    /// The time of the last renewal: when its request was *sent*.
    let renewedAt = Mutex(Duration.zero)
    /// Whether a write of the lease was ever attempted, so that this process may hold it.
    let hasWritten = Mutex(false)
    /// The lease as of the last write; `nil` if that isn't known.
    let written = Mutex<Lease?>(nil)

    init(_ rules: LeaseRules, _ stopwatch: Stopwatch) {
      self.rules = Mutex(rules)
      self.stopwatch = stopwatch
    }
  }

  private func acquire(_ session: Session) async throws {
    var holder: String?
    while true {
      do {
        switch try await attempt(session) {
        case nil: return
        case let other?:
          if other != holder {
            logger.info("Another process leads", metadata: ["lease": "\(lease)", "leader": "\(other)"])
          }
          holder = other
        }
      } catch let error as KubeError {
        logger.warning("The lease could not be acquired and is tried again: \(error)")
      }
      try await clock.sleep(for: timing.retryPeriod * (1 + 0.2 * jitter()))
    }
  }

  private func keepRenewing(_ session: Session) async throws {
    var pause = timing.retryPeriod
    while true {
      try await clock.sleep(for: pause)
      pause = timing.retryPeriod
      do {
        if try await attempt(session) != nil { throw LeadershipLost(lease: lease) }
      } catch let error as KubeError {
        logger.warning("The lease could not be renewed and is tried again: \(error)")
        // A server that restarts is back within the deadline, but maybe not a whole period before.
        if error.code == .transportFailure { pause = timing.retryPeriod / 4 }
      }
    }
  }

  private func watchDeadline(_ session: Session) async throws {
    while true {
      let deadline = session.renewedAt.withLock { $0 } + timing.renewDeadline
      guard session.stopwatch.elapsed < deadline else { throw LeadershipLost(lease: lease) }
      try await session.stopwatch.sleep(until: deadline)
    }
  }

  /// Attempts to get or keep the lease, and returns the holder if it is another. A held lease is
  /// written without reading it, on the condition that it is as of the last write; if that fails,
  /// it is read.
  private func attempt(_ session: Session) async throws -> String? {
    if let written = session.written.withLock({ $0.take() }) {
      do {
        return try await attempt(session, on: written)
      } catch let error as KubeError where error.code == .conflict || error.code == .notFound {
        logger.debug("The lease was changed by others and is read again: \(error)")
      }
    }
    return try await attempt(session, on: try await find(attemptClient))
  }

  private func attempt(_ session: Session, on current: Lease?) async throws -> String? {
    let sentAt = session.stopwatch.elapsed
    let decision = session.rules.withLock { $0.decide(current, elapsed: sentAt, now: now()) }
    let patch: ObjectPatch
    switch decision {
    case .wait(let holder): return holder
    case .create(let spec):
      let metadata = ObjectMeta(name: lease.name, namespace: lease.namespace)
      patch = ObjectPatch(
        target: lease, operation: .create(Lease(metadata: metadata, spec: spec).json), precondition: .absent,
        reason: "lead")
    case .write(let spec, let uid, let resourceVersion):
      patch = write(spec, uid: uid, resourceVersion: resourceVersion, reason: "lead")
    }
    session.hasWritten.withLock { $0 = true }
    let answer = try await attemptClient.apply(patch)
    session.renewedAt.withLock { $0 = sentAt }
    let written = try? answer?.decode(Lease.self)
    session.written.withLock { $0 = written?.metadata.resourceVersion == nil ? nil : written }
    return nil
  }

  /// Releases the lease, if this process holds it. Cancellation must not prevent that, so it runs
  /// in its own task, which is bounded and awaited.
  private func releaseInTime(_ session: Session) async {
    await Task {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await release(session) }
        group.addTask { try? await clock.sleep(for: timing.renewDeadline / 2) }
        await group.next()
        group.cancelAll()
      }
    }.value
  }

  private func release(_ session: Session) async {
    do {
      guard let current = try await find(client), let uid = current.metadata.uid,
        let version = current.metadata.resourceVersion,
        let spec = session.rules.withLock({ $0.release(current, now: now()) })
      else { return }
      try await client.apply(write(spec, uid: uid, resourceVersion: version, reason: "stop leading"))
      logger.info("The lease is released", metadata: ["lease": "\(lease)"])
    } catch {
      logger.warning("The lease could not be released; it expires by itself: \(error)")
    }
  }

  private func find(_ client: KubeClient) async throws -> Lease? {
    try await client.find(Lease.self, namespace: lease.namespace, name: lease.name)
  }

  private func write(_ spec: LeaseSpec, uid: String, resourceVersion: String, reason: String) -> ObjectPatch {
    let metadata = ObjectMeta(name: lease.name, namespace: lease.namespace)
    return ObjectPatch(
      target: lease, operation: .apply(Lease(metadata: metadata, spec: spec).json, force: true),
      precondition: .uidAndResourceVersion(uid: uid, resourceVersion: resourceVersion), reason: reason)
  }
}

/// A transport whose requests no other repeats: the next attempt is the repetition.
private struct UnrepeatedTransport: Transport {
  let base: any Transport

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    var request = request
    request.isRepeatable = false
    return try await base.send(request)
  }
}
