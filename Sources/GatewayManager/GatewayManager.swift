public import CertificatePolicy
public import GatewayReconcile
public import KubeCore
import KubeRuntime
public import KubeTransport
public import Logging

public import struct Foundation.Date

/// The operator: watches fill a model of the hub, the pure functions plan, the plans are carried out, certificates are
/// issued on request.
///
/// Each managed cluster is planned by itself, as is the installation, so one cluster's trouble stays with it.
/// At rest nothing is written.
public actor GatewayManager {
  /// How the manager works.
  public struct Options: Sendable {
    /// Who the manager is.
    public var identity: ManagerIdentity
    /// How many plans are carried out at a time.
    public var workers: Int
    /// The first and the longest pause after a plan failed.
    public var backoff: Backoff

    /// Options.
    public init(
      identity: ManagerIdentity = ManagerIdentity(), workers: Int = 8,
      backoff: Backoff = Backoff(initial: .milliseconds(200), maximum: .seconds(60))
    ) {
      self.identity = identity
      self.workers = max(1, workers)
      self.backoff = backoff
    }
  }

  /// What the manager thinks of the hub at this moment.
  public struct Report: Sendable {
    /// Whether every watch has delivered its first list.
    public var isSynced: Bool
    /// Plans that wait to be made or carried out again, after an event or a failure.
    public var pending: Set<ReconcileKey>
    /// What a person must know, of the installation first and then of the clusters by name.
    public var findings: [Finding]
    /// The last failure of each plan that has not succeeded since, in words.
    public var failures: [ReconcileKey: String]
    /// How many patches have taken effect since the start.
    public var writes: Int
  }

  private let client: KubeClient
  private let applier: PlanApplier
  private let options: Options
  private let logger: Logger
  private let now: @Sendable () -> Date
  private let maker = CertificateMaker()

  private var model: HubModel
  private var watches: [ResourceSelection: Watch] = [:]
  private var findings: [ReconcileKey: [Finding]] = [:]
  private var failures: [ReconcileKey: String] = [:]
  private var failureCounts: [ReconcileKey: Int] = [:]
  private var writes = 0
  private let queue: WorkQueue<ReconcileKey>

  /// A watch: its task, and which objects it has delivered.
  private struct Watch {
    var task: Task<Void, Never>
    var isSynced = false
    var objects: Set<ObjectIdentity> = []
  }

  /// Which object, whatever the version of its kind.
  private struct ObjectIdentity: Hashable {
    var kind: GroupKind
    var namespace: String?
    var name: String

    init(_ object: DynamicObject) {
      kind = object.groupKind
      namespace = object.metadata.namespace
      name = object.metadata.name
    }
  }

  /// A manager of the hub that `client` reaches. `now` is asked for the time of each plan.
  public init(
    _ client: KubeClient, options: Options = Options(), logger: Logger, now: @escaping @Sendable () -> Date
  ) {
    self.client = client
    self.options = options
    self.logger = logger
    self.now = now
    applier = PlanApplier(client)
    model = HubModel(identity: options.identity)
    queue = WorkQueue()
  }

  /// Works until the task is cancelled.
  public func run() async {
    watch(HubSelections.fixed(options.identity))
    queue.add(.installation)
    await withTaskCancellationHandler {
      await withTaskGroup { group in
        for _ in 0..<options.workers {
          group.addTask { await self.work() }
        }
      }
    } onCancel: {
      queue.shutDown()
    }
    for watch in watches.values { watch.task.cancel() }
    watches = [:]
  }

  /// What the manager thinks of the hub at this moment.
  public func report() -> Report {
    let clusters = findings.keys.compactMap { key in
      if case .cluster(let name) = key { name } else { nil }
    }
    return Report(
      isSynced: isSynced,
      pending: queue.unfinishedKeys.union(failures.keys),
      findings: (findings[.installation] ?? []) + clusters.sorted().flatMap { findings[.cluster($0)] ?? [] },
      failures: failures, writes: writes)
  }

  /// Plans everything anew: after the clock has jumped, say.
  public func replan() {
    queue.add(.installation)
    for name in model.clusterNames { queue.add(.cluster(name)) }
  }

  // MARK: Watching

  private var isSynced: Bool { watches.values.allSatisfy(\.isSynced) }

  /// Watches what `selections` says, besides what is watched already.
  private func watch(_ selections: HubSelections) {
    for selection in selections.all where watches[selection] == nil {
      let task = Task { await self.follow(selection) }
      watches[selection] = Watch(task: task)
    }
  }

  /// Ends the watches that no selection asks for any more.
  private func keepOnly(_ selections: [ResourceSelection]) {
    let wanted = Set(selections)
    for (selection, watch) in watches where !wanted.contains(selection) {
      watch.task.cancel()
      watches[selection] = nil
      for object in watch.objects { forget(object) }
    }
  }

  private func follow(_ selection: ResourceSelection) async {
    do {
      for try await event in client.watcher(selection) { receive(event, of: selection) }
    } catch {
      // The watcher goes on by itself after failures: it ends when its task is cancelled.
    }
  }

  private func receive(_ event: WatcherEvent, of selection: ResourceSelection) {
    guard var watch = watches[selection] else { return }
    switch event {
    case .restarted(let objects):
      let present = Set(objects.map(ObjectIdentity.init))
      let gone = watch.objects.subtracting(present)
      watch.objects = present
      watch.isSynced = true
      watches[selection] = watch
      for object in objects { take(model.insert(object)) }
      for object in gone { forget(object) }
      if isSynced { replan() }
    case .applied(let object):
      watch.objects.insert(ObjectIdentity(object))
      watches[selection] = watch
      take(model.insert(object))
    case .deleted(let object):
      watch.objects.remove(ObjectIdentity(object))
      watches[selection] = watch
      forget(ObjectIdentity(object), uid: object.metadata.uid)
    }
  }

  /// Takes an object out that no watch delivers any more.
  private func forget(_ object: ObjectIdentity, uid: String? = nil) {
    guard !watches.values.contains(where: { $0.objects.contains(object) }) else { return }
    take(model.remove(object.kind, namespace: object.namespace, name: object.name, uid: uid))
  }

  /// Draws the consequences of a change of the model.
  private func take(_ change: HubModel.Change) {
    for key in change.keys { queue.add(key) }
    guard change.concernsEveryCluster else { return }
    var selections = HubSelections.fixed(options.identity)
    if let spec = model.facts.configuration { selections.all += HubSelections.configured(spec).all }
    // A configuration that is missing or invalid tears nothing down, the watches neither.
    if model.facts.configuration != nil { keepOnly(selections.all) }
    watch(selections)
    for name in model.clusterNames { queue.add(.cluster(name)) }
  }

  // MARK: Working

  private func work() async {
    while let key = await queue.next() {
      await carryOut(key)
      queue.done(key)
    }
  }

  /// Plans for `key` from what is known now, and carries the plan out.
  private func carryOut(_ key: ReconcileKey) async {
    guard isSynced else { return }
    let time = now()
    let plan: Plan
    switch key {
    case .installation: plan = reconcileInstallation(model.installation, at: time)
    case .cluster(let name): plan = reconcileCluster(model.cluster(name), at: time)
    }
    findings[key] = plan.findings.isEmpty ? nil : plan.findings
    let outcome = await applier.apply(plan)
    writes += outcome.applied
    for patch in plan.patches.prefix(outcome.applied) {
      logger.info("\(patch.operationName) \(patch.target)", metadata: ["reason": "\(patch.reason)"])
    }
    for object in outcome.written { take(model.insert(object)) }
    do {
      if let failure = outcome.failure { throw failure }
      if key == .installation { try issue(plan.certificateRequests) }
      failures[key] = nil
      failureCounts[key] = nil
      if let delay = plan.requeueAfter { queue.add(key, after: delay) }
    } catch {
      retry(key, after: error)
    }
  }

  private func issue(_ requests: [CertificateRequest]) throws {
    let certificates = try maker.fulfil(requests, for: model.installation)
    model.issued = certificates
    for certificate in certificates {
      logger.info("issued \(certificate.request.id)", metadata: ["reason": "\(certificate.request.reason)"])
    }
    if !certificates.isEmpty { queue.add(.installation) }
  }

  private func retry(_ key: ReconcileKey, after error: any Error) {
    let count = (failureCounts[key] ?? 0) + 1
    failureCounts[key] = count
    failures[key] = String(describing: error)
    var delay = options.backoff.delay(afterFailures: count, jitter: Double.random(in: 0..<1))
    if let failure = error as? PlanApplier.Failure {
      // The watch will bring what the plan didn't know, mostly before this.
      if failure.isStaleView && count == 1 {
        logger.debug("planned from an older view", metadata: ["error": "\(failure)"])
      } else {
        logger.warning("a plan could not be carried out", metadata: ["error": "\(failure)"])
      }
      if let wait = (failure.cause as? KubeError)?.retryAfter { delay = max(delay, wait) }
    } else {
      logger.error("a plan could not be carried out", metadata: ["error": "\(error)"])
    }
    queue.add(key, after: delay)
  }
}
