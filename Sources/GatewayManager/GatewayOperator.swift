import CertificatePolicy
import GatewayAPI
public import GatewayReconcile
public import KubeCore
import KubeRuntime
public import KubeTransport
public import Logging
import Synchronization

public import struct Foundation.Date

/// The operator: watches fill a model of the hub, the pure functions plan, the plans are carried out,
/// certificates are
/// issued on request.
///
/// Each managed cluster is planned by itself, and so is the installation: one cluster's trouble stays with
/// it. At rest
/// nothing is written.
public final class GatewayOperator: Sendable {
  /// How the manager works.
  public struct Options: Sendable {
    /// Who the manager is.
    public var identity: ManagerIdentity
    /// How many plans are carried out at a time.
    public var workers: Int
    /// How it is seen whether clusters answer through the gateway; `nil` where that isn't looked at.
    public var probes: ProbePolicy?
    /// Looks at what the gateway's pods present, when an authority changes over; without it an old authority stays
    /// trusted until what it signed has expired.
    public var endpointProbe: (any EndpointProbe)?
    /// How long is waited between two looks.
    public var lookInterval: Duration
    /// EndpointSlices in the version that the API server has; see `HubRequirements.endpointSlices(_:)`.
    public var endpointSlices: ResourceType
    /// The name of this instance in the Events that are recorded; without it none are.
    public var eventInstance: String?
    /// The reading of a clock that is never set: how long something has been seen is measured by it.
    public var uptime: @Sendable () -> Duration

    /// Options.
    public init(
      identity: ManagerIdentity = ManagerIdentity(), workers: Int = 8, probes: ProbePolicy? = ProbePolicy(),
      endpointProbe: (any EndpointProbe)? = nil, lookInterval: Duration = .seconds(10),
      endpointSlices: ResourceType = EndpointSlice.type, eventInstance: String? = nil,
      uptime: @escaping @Sendable () -> Duration = HubModel.continuousUptime()
    ) {
      self.identity = identity
      self.workers = max(1, workers)
      self.probes = probes
      self.endpointProbe = endpointProbe
      self.lookInterval = lookInterval
      self.endpointSlices = endpointSlices
      self.eventInstance = eventInstance
      self.uptime = uptime
    }
  }

  /// What the manager thinks of the hub at one moment.
  public struct Report: Sendable {
    /// Whether every watch has delivered its first list.
    public var isSynced: Bool
    /// Whether a plan waits to be made or is being carried out, or a cluster or the gateway has not been asked for
    /// its health yet.
    public var isBusy: Bool
    /// What a person must know, of the installation first and then of the clusters by name.
    public var findings: [Finding]
    /// The last failure of each plan that has not succeeded since, in words.
    public var failures: [ReconcileKey: String]
    /// How many patches have taken effect since the start.
    public var writes: Int

    /// Whether nothing is left to do for the manager itself.
    public var isSettled: Bool { isSynced && !isBusy && failures.isEmpty }
  }

  /// Requests that are no patch of a plan, by what they are for.
  fileprivate enum Request: Hashable {
    case event(namespace: String)
    case gatewayProbe
    case clusterProbe
  }

  fileprivate struct State {
    var model: HubModel
    /// What is watched, with what each watch has delivered.
    var stores: [ObjectSelection: ObjectStore] = [:]
    /// What must be watched for a plan to be made from the whole view.
    var required: Set<ObjectSelection>
    /// The watches that have delivered a first list.
    var synced: Set<ObjectSelection> = []
    /// The watches that the API server refuses.
    var refused: Set<ObjectSelection> = []
    /// The configuration that decides what is watched: the last valid one.
    var watched: ClusterGatewayConfiguration.Spec?
    var refusals: [ReconcileKey: [Refusal]] = [:]
    /// What was refused besides plans' patches.
    var otherRefusals: [Request: Refusal] = [:]
    var findings: [ReconcileKey: [Finding]] = [:]
    var failures: [ReconcileKey: String] = [:]
    var writes = 0
    /// The clusters that were asked for their health.
    var asked: Set<String> = []
    /// The servers that the newest plan wants to be looked at.
    var looks: [ServerLook] = []
    /// The gateway that the newest plan wants to be asked, and the one that was asked last.
    var servingProbe: ServingProbe?
    var askedGateway: ServingProbe?

    var isSynced: Bool { required.isSubset(of: synced.union(refused)) }
  }

  private let client: KubeClient
  private let applier: PlanApplier
  private let options: Options
  private let logger: Logger
  private let now: @Sendable () -> Date
  private let maker = CertificateMaker()
  private let state: Mutex<State>
  private let queue: WorkQueue<ReconcileKey>
  private let chronicle: CertificateChronicle
  private let refusalReporter: RefusalReporter
  /// Tells that there are servers to look at.
  private let looksWanted = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  /// What has become of Events, by namespace.
  private let eventOutcomes = AsyncStream.makeStream(
    of: (namespace: String, failure: KubeError?).self, bufferingPolicy: .bufferingNewest(16))
  /// What is to be watched, newest last.
  private let wanted = AsyncStream.makeStream(
    of: Set<ObjectSelection>.self, bufferingPolicy: .bufferingNewest(1))

  /// A manager of the hub that `client` reaches. `now` is asked for the time of each plan.
  public init(
    _ client: KubeClient, options: Options = Options(), logger: Logger,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.client = client
    self.options = options
    self.logger = logger
    self.now = now
    applier = PlanApplier(client)
    let model = HubModel(identity: options.identity, uptime: options.uptime)
    let table = model.table(endpointSlices: options.endpointSlices)
    let selections = Set(table.selections)
    state = Mutex(State(model: model, required: Set(table.requiredSelections)))
    let outcomes = eventOutcomes.continuation
    let recorder = options.eventInstance.map {
      EventRecorder(
        client, component: ManagerIdentity.fieldManager, instance: $0, now: now,
        onOutcome: { outcomes.yield((namespace: $0, failure: $1)) }, logger: logger)
    }
    chronicle = CertificateChronicle(recorder: recorder)
    refusalReporter = RefusalReporter(recorder: recorder, logger: logger)
    wanted.continuation.yield(selections)
    queue = WorkQueue(
      name: "cluster-gateway", backoff: Backoff(initial: .milliseconds(100), maximum: .seconds(60)))
  }

  /// Works until the task is cancelled. May be called once.
  public func run() async {
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.keepWatches() }
        group.addTask { await self.keepLooking() }
        group.addTask { await self.chronicle.run() }
        group.addTask { await self.noteEventOutcomes() }
        group.addTask {
          await self.queue.process(
            workers: self.options.workers,
            onFailure: { key, error in self.noteFailure(of: key, error) },
            { key in try await self.carryOut(key) })
        }
        if let probes = self.options.probes {
          group.addTask { await self.prober(probes).run() }
          group.addTask { await self.gatewayProber(probes).run() }
        }
      }
    } onCancel: {
      wanted.continuation.finish()
      looksWanted.continuation.finish()
      eventOutcomes.continuation.finish()
      queue.shutDown()
    }
  }

  /// Works until nothing is left to do and nothing is awaited from others, or `limit` has passed; returns the
  /// last report. May be
  /// called once, instead of `run`.
  public func converge(within limit: Duration, clock: some Clock<Duration> = ContinuousClock()) async
    -> Report
  {
    let work = Task { await self.run() }
    defer { work.cancel() }
    let end = clock.now.advanced(by: limit)
    var calm = 0
    while clock.now < end && !Task.isCancelled {
      try? await clock.sleep(for: .milliseconds(50))
      let report = report()
      // Seen settled several times: a watch may yet bring what the last write caused.
      calm = report.isSettled && !report.findings.contains { $0.severity == .awaiting } ? calm + 1 : 0
      if calm >= 6 { break }
    }
    let report = report()
    work.cancel()
    await work.value
    return report
  }

  /// What the manager thinks of the hub now.
  public func report() -> Report {
    let isWorking = queue.depth + queue.processingCount > 0
    return state.withLock { state in
      let isAsking =
        options.probes != nil
        && (!state.asked.isSuperset(of: state.model.reachableClusters)
          || state.servingProbe.map { $0 != state.askedGateway } ?? false)
      let clusters = state.findings.keys.compactMap { key in
        if case .cluster(let name) = key { name } else { nil }
      }
      return Report(
        isSynced: state.isSynced, isBusy: isWorking || isAsking,
        findings: (state.findings[.installation] ?? [])
          + clusters.sorted().flatMap { state.findings[.cluster($0)] ?? [] },
        failures: state.failures, writes: state.writes)
    }
  }

  /// Plans everything anew: after the clock was moved, say.
  public func replan() {
    queue.add(.installation)
    for name in state.withLock({ $0.model.clusterNames }) { queue.add(.cluster(name)) }
  }

  /// Notes what came of attempts to reach a cluster through the gateway; `nil` tells that nothing can be said.
  public func note(_ probe: ProbeResult?, of cluster: String) {
    let keys = state.withLock { state in
      state.asked.insert(cluster)
      return state.model.note(probe, of: cluster).keys
    }
    for key in keys { queue.add(key) }
  }

  private func prober(_ policy: ProbePolicy) -> ClusterProber {
    ClusterProber(
      client: client, policy: policy,
      targets: { self.state.withLock { $0.isSynced ? $0.model.reachableClusters : [] } },
      note: { self.note($0, of: $1) },
      noteRefusal: { self.note($0, of: .clusterProbe) })
  }

  /// Records that a request which is no patch of a plan is refused, or that it isn't.
  private func note(_ refusal: Refusal?, of request: Request) {
    // Of many clusters the first is enough: the others' names would change what is reported with each probe.
    guard state.withLock({ $0.otherRefusals[request] == nil }) != (refusal == nil) else { return }
    update { state in
      state.otherRefusals[request] = refusal
      return [state.shareRefusals()]
    }
  }

  private func noteEventOutcomes() async {
    for await (namespace, failure) in eventOutcomes.stream {
      let refusal = failure.flatMap { error -> Refusal? in
        guard error.isMissingRight else { return nil }
        return Refusal(
          verb: "create", target: ObjectKey(Event.type, namespace: namespace, name: ""),
          cause: .rightsMissing,
          message: String((error.status?.message ?? "\(error)").prefix(Refusal.maximumMessage)))
      }
      note(refusal, of: .event(namespace: namespace))
    }
  }

  private func gatewayProber(_ policy: ProbePolicy) -> GatewayProber {
    GatewayProber(
      client: client, policy: policy,
      probe: { self.state.withLock { $0.servingProbe } },
      note: { observation, probe in
        let keys = self.state.withLock { state in
          state.askedGateway = probe
          return observation.map { state.model.note($0).keys } ?? []
        }
        for key in keys { self.queue.add(key) }
      },
      noteRefusal: { self.note($0, of: .gatewayProbe) })
  }

  // MARK: Watching

  /// Keeps a watch running for every selection that is wanted.
  private func keepWatches() async {
    await withTaskGroup(of: Void.self) { group in
      var running: [ObjectSelection: Task<Void, Never>] = [:]
      for await selections in wanted.stream {
        for (selection, task) in running where !selections.contains(selection) {
          task.cancel()
          running[selection] = nil
          dropStore(of: selection)
        }
        let added = selections.filter { running[$0] == nil }
        let stores = addStores(for: added)
        for (selection, store) in stores {
          let reflector = Reflector(
            client, ResourceSelection(selection), into: store,
            onFailure: { [weak self] error in self?.noteFailure(ofWatching: selection, error) },
            logger: logger)
          running[selection] = Task { try? await reflector.run() }
        }
      }
      for task in running.values {
        task.cancel()
        group.addTask { await task.value }
      }
    }
  }

  private func addStores(for selections: Set<ObjectSelection>) -> [ObjectSelection: ObjectStore] {
    var stores: [ObjectSelection: ObjectStore] = [:]
    for selection in selections {
      stores[selection] = ObjectStore(onChanges: { [weak self] changes in
        self?.receive(changes, of: selection)
      })
    }
    // All at once, so that the manager doesn't count as synced between two of them.
    state.withLock { $0.stores.merge(stores) { $1 } }
    return stores
  }

  private func dropStore(of selection: ObjectSelection) {
    let gone = state.withLock { state in
      state.synced.remove(selection)
      return state.stores.removeValue(forKey: selection)?.all ?? []
    }
    receive(gone.map { ObjectStore.Change(old: $0, new: nil) }, of: selection, isDelivery: false)
  }

  /// Takes in what a watch has delivered, whole lists at once: no plan is ever made from half of one.
  private func receive(
    _ changes: [ObjectStore.Change], of selection: ObjectSelection, isDelivery: Bool = true
  ) {
    update { state in
      if isDelivery && state.stores[selection] != nil { state.synced.insert(selection) }
      state.refused.remove(selection)
      return changes.map { state.take($0, of: selection) }
    }
  }

  /// A watch that is refused holds up what depends on it, and nothing else; it is tried again.
  private func noteFailure(ofWatching selection: ObjectSelection, _ error: KubeError) {
    guard error.isMissingRight else { return }
    update { state in
      if state.stores[selection] != nil { state.refused.insert(selection) }
      return []
    }
  }

  /// Changes the model, and draws the consequences: what must be planned again, what is to be watched.
  private func update(_ body: (inout State) -> [HubModel.Change]) {
    let (keys, selections) = state.withLock { state in
      let wasSynced = state.isSynced
      let facts = state.model.facts
      var changes = body(&state)
      changes.append(state.model.setUnobserved(state.refused))
      var keys = changes.reduce(into: Set<ReconcileKey>()) { $0.formUnion($1.keys) }
      if changes.contains(where: \.concernsEveryCluster) || (state.isSynced && !wasSynced) {
        keys.insert(.installation)
        keys.formUnion(state.model.clusterNames.map { .cluster($0) })
      }
      guard
        facts.configuration != state.model.facts.configuration || facts.former != state.model.facts.former
      else { return (keys, Set<ObjectSelection>?.none) }
      return (keys, state.select(endpointSlices: options.endpointSlices))
    }
    if let selections { wanted.continuation.yield(selections) }
    for key in keys { queue.add(key) }
  }

  // MARK: Looking at the gateway's pods

  /// Looks at the servers for as long as plans want it.
  private func keepLooking() async {
    guard let probe = options.endpointProbe else { return }
    for await _ in looksWanted.stream {
      while !Task.isCancelled {
        let (looks, leaf) = state.withLock {
          ($0.looks, $0.model.installation.certificates.serving.leaf)
        }
        guard !looks.isEmpty else { break }
        let sightings = await probe.sightings(of: looks)
        let keys = state.withLock { $0.model.note(sightings, since: leaf).keys }
        for key in keys { queue.add(key) }
        try? await Task.sleep(for: options.lookInterval)
      }
    }
  }

  // MARK: Working

  /// Plans for `key` from what is known now, and carries the plan out; returns when time alone will change
  /// the answer.
  private func carryOut(_ key: ReconcileKey) async throws -> Duration? {
    let time = now()
    let made: (plan: Plan, installation: InstallationState?)? = state.withLock { state in
      guard state.isSynced else { return nil }
      let plan: Plan
      var installation: InstallationState?
      switch key {
      case .installation:
        installation = state.model.installation
        plan = reconcileInstallation(state.model.installation, at: time)
        state.looks = plan.looks
        state.servingProbe = plan.servingProbe
      case .cluster(let name): plan = reconcileCluster(state.model.cluster(name), at: time)
      }
      state.findings[key] = plan.findings.isEmpty ? nil : plan.findings
      return (plan, installation)
    }
    // Everything is queued anew when the last watch has delivered.
    guard let (plan, installation) = made else { return nil }
    if !plan.looks.isEmpty { looksWanted.continuation.yield() }
    if let installation { chronicle.note(installation, at: time) }
    let outcome = await applier.apply(plan)
    for patch in outcome.applied {
      logger.info("\(patch.operationName) \(patch.target)", metadata: ["reason": "\(patch.reason)"])
    }
    // What was written is known at once; the watch brings it again, and then it is no news.
    update { state in
      state.writes += outcome.applied.count
      return outcome.written.map { state.model.insert($0) } + [state.record(outcome, of: key)]
    }
    let (refusals, refused, configuration) = state.withLock { state in
      let kind = ClusterGatewayConfiguration.type.groupKind
      let name = state.model.facts.configurationName
      let object = name.flatMap { state.model.object(kind, namespace: nil, name: $0) }
      return (state.model.refusals, state.refused, object)
    }
    refusalReporter.report(writes: refusals, watches: refused, on: configuration)
    // A certificate is not to wait for an object that somebody refuses.
    if key == .installation, outcome.failure?.isRefusal ?? true { try issue(plan.certificateRequests) }
    if let failure = outcome.failure { throw failure }
    _ = state.withLock { $0.failures.removeValue(forKey: key) }
    return plan.requeueAfter
  }

  private func issue(_ requests: [CertificateRequest]) throws {
    let installation = state.withLock { $0.model.installation }
    let (certificates, failure) = maker.fulfil(requests, for: installation)
    state.withLock { $0.model.issued = certificates }
    for certificate in certificates {
      logger.info("issued \(certificate.request.id)", metadata: ["reason": "\(certificate.request.reason)"])
    }
    if !certificates.isEmpty { queue.add(.installation) }
    if let failure { throw failure }
  }

  private func noteFailure(of key: ReconcileKey, _ error: any Error) {
    state.withLock { $0.failures[key] = String(describing: error) }
    if let failure = error as? PlanApplier.Failure, failure.isStaleView {
      // Ordinary: the watch brings what the plan didn't know yet.
      logger.debug("planned from an older view", metadata: ["error": "\(failure)"])
    } else {
      logger.error("a plan could not be carried out", metadata: ["error": "\(error)"])
    }
  }
}

extension GatewayOperator.State {
  /// Decides what is watched, and must be for a plan, by what is known; returns all of it. A configuration
  /// that is missing or invalid tears nothing down: what was watched is watched on.
  fileprivate mutating func select(endpointSlices: ResourceType) -> Set<ObjectSelection> {
    watched = model.facts.configuration ?? watched
    let table = GatewayTable(
      identity: model.identity, configuration: watched, configurationName: model.facts.configurationName,
      former: model.facts.former, endpointSlices: endpointSlices)
    // At once, and not when the watches begin: no plan is made in between without what they will bring.
    required = Set(table.requiredSelections)
    let selections = Set(table.selections)
    refused.formIntersection(selections)
    return selections
  }

  /// Records what was refused of a plan. What a plan that broke off did not get to is as it was.
  fileprivate mutating func record(_ outcome: PlanApplier.Outcome, of key: ReconcileKey) -> HubModel.Change {
    let isWhole = outcome.failure?.isRefusal ?? true
    let earlier = isWhole ? [] : (refusals[key] ?? []).filter { !outcome.refusals.contains($0) }
    let all = earlier + outcome.refusals
    refusals[key] = all.isEmpty ? nil : all
    return shareRefusals()
  }

  /// Passes what is refused on to the model.
  fileprivate mutating func shareRefusals() -> HubModel.Change {
    // Of what many clusters have in common the first is enough.
    var shown = refusals[.installation] ?? []
    let others = (refusals.filter { $0.key != .installation }.flatMap(\.value) + otherRefusals.values)
      .sorted { $0.description < $1.description }
    for refusal in others
    where !shown.contains(where: { $0.verb == refusal.verb && $0.resource == refusal.resource }) {
      shown.append(refusal)
    }
    return model.setRefusals(shown)
  }

  /// Draws one object's change into the model. An object is gone when no watch has it any more.
  fileprivate mutating func take(
    _ change: ObjectStore.Change, of selection: ObjectSelection
  ) -> HubModel.Change {
    if let new = change.new { return model.insert(new) }
    guard let old = change.old else { return HubModel.Change() }
    let (kind, metadata) = (old.groupKind, old.metadata)
    let isHeld = stores.contains { other, store in
      other != selection && other.type.groupKind == kind
        && store.object(namespace: metadata.namespace, name: metadata.name) != nil
    }
    if isHeld { return HubModel.Change() }
    return model.remove(kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid)
  }
}
