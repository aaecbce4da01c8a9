public import KubeCore
public import KubeMemory
public import KubeReconcile
import KubeTransport

public import struct Foundation.Date

/// An exploration of a controller from a scene: every order in which the controller, other
/// controllers and the events can act, with up to a number of faults: a crash, a lost response, a
/// refused request, a plan from an older view, a former leader that continues to send.
///
/// Cases are explored breadth first, each once, so that the first ``Violation`` has the shortest
/// history.
public struct ControllerExploration<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// An event on the cluster that doesn't come from the controller and happens once, at any time.
  public struct Event: Sendable {
    /// A short description of the event.
    public var name: String
    /// The time that passes before it.
    public var delay: Duration
    /// The event's change of the server.
    public var happen: @Sendable (inout MemoryAPIServer, Date) -> Void

    /// Creates an event.
    ///
    /// - Parameters:
    ///   - name: A short description of the event.
    ///   - delay: The time that passes before it; time passes only in events.
    ///   - happen: The event's change of the server.
    public init(
      _ name: String, after delay: Duration = .zero,
      happen: @escaping @Sendable (inout MemoryAPIServer, Date) -> Void = { _, _ in }
    ) {
      self.name = name
      self.delay = delay
      self.happen = happen
    }
  }

  /// A history that leads to a forbidden state.
  public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// The problem of the state.
    public var problem: String
    /// The steps that lead to it.
    public var history: [String]

    /// The problem and its history, one step per line.
    public var description: String {
      ([problem + ", after:"] + history.enumerated().map { "  \($0 + 1). \($1)" }).joined(separator: "\n")
    }
  }

  /// The result of an exploration.
  public struct Report: Sendable, CustomStringConvertible {
    /// The number of distinct cases.
    public var cases = 0
    /// The number of steps between them.
    public var steps = 0
    /// Whether every case was explored.
    public var isExhausted = false
    /// The first violation, if any.
    public var violation: Violation?

    /// The figures and the violation.
    public var description: String {
      "\(cases) distinct cases, \(steps) steps, \(isExhausted ? "exhausted" : "cut")"
        + (violation.map { "\n\($0)" } ?? "")
    }
  }

  /// A plan of which some patches have been sent.
  private struct Flight {
    var plan: Plan<Effect>
    var next = 0
    /// The patches' bodies, without values that differ between histories.
    var bodies: [String]

    init(_ plan: Plan<Effect>, next: Int = 0) {
      self.plan = plan
      self.next = next
      bodies = plan.patches.map { bare($0.body) }
    }
  }

  private struct Case {
    var scene: ControllerScene<Object, Effect>
    /// The server before the last change.
    var older: MemoryAPIServer
    /// The fingerprint of the two servers.
    var state: Fingerprint
    var olderState: Fingerprint
    var flight: Flight?
    /// The rest that a former leader still sends.
    var former: Flight?
    var events = 0
    var faults = 0
    var parent: Int?
    var step = ""
  }

  private let maximumRounds = 100
  /// The initial scene.
  public var start: ControllerScene<Object, Effect>
  /// The events in their order, each at any time.
  public var events: [Event]
  /// The maximum number of faults.
  public var faults: Int
  /// The maximum number of cases.
  public var limit: Int
  /// The problem of a state of the server and the effects so far; `nil` for none.
  public var invariant: @Sendable (MemoryAPIServer, [Effect]) -> String?
  /// The problem of a state at rest; `nil` for none.
  public var atRest: @Sendable (MemoryAPIServer, [Effect]) -> String?

  /// Creates an exploration.
  public init(
    _ start: ControllerScene<Object, Effect>, events: [Event] = [], faults: Int = 2, limit: Int = 100_000,
    invariant: @escaping @Sendable (MemoryAPIServer, [Effect]) -> String? = { _, _ in nil },
    atRest: @escaping @Sendable (MemoryAPIServer, [Effect]) -> String? = { _, _ in nil }
  ) {
    self.start = start
    self.events = events
    self.faults = faults
    self.limit = limit
    self.invariant = invariant
    self.atRest = atRest
  }

  /// Explores until a violation is found, every case was explored, or the limit is reached.
  public func run() -> Report {
    var report = Report()
    let state = state(of: start.server)
    var cases = [Case(scene: start, older: start.server, state: state, olderState: state)]
    var seen: Set<Fingerprint> = [fingerprint(cases[0])]
    var settled: Set<Fingerprint> = []
    var place = 0
    while place < cases.count {
      let current = cases[place]
      if let problem = problem(with: current, &settled) {
        report.cases = cases.count
        report.violation = Violation(problem: problem, history: history(of: place, cases))
        return report
      }
      if cases.count >= limit {
        report.cases = cases.count
        return report
      }
      for var next in steps(from: current) {
        report.steps += 1
        next.parent = place
        if seen.insert(fingerprint(next)).inserted { cases.append(next) }
      }
      // An explored case is needed only for histories.
      cases[place].scene = start
      cases[place].older = start.server
      place += 1
    }
    report.cases = cases.count
    report.isExhausted = true
    return report
  }

  private func history(of place: Int, _ cases: [Case]) -> [String] {
    var steps: [String] = []
    var place: Int? = place
    while let at = place {
      if !cases[at].step.isEmpty { steps.append(cases[at].step) }
      place = cases[at].parent
    }
    return steps.reversed()
  }

  // MARK: Steps

  private func steps(from current: Case) -> [Case] {
    var next: [Case] = []
    func add(_ step: String, fault: Bool = false, _ change: (inout Case) -> Void) {
      guard !fault || current.faults < faults else { return }
      var copy = current
      copy.step = step
      if fault { copy.faults += 1 }
      let version = copy.scene.server.resourceVersion
      change(&copy)
      if copy.scene.server.resourceVersion != version {
        copy.older = current.scene.server
        copy.olderState = current.state
        copy.state = self.state(of: copy.scene.server)
      }
      next.append(copy)
    }
    if current.events < events.count {
      let event = events[current.events]
      add(event.name) {
        $0.scene.time = $0.scene.time.addingTimeInterval(event.delay / .seconds(1))
        event.happen(&$0.scene.server, $0.scene.time)
        $0.events += 1
      }
    }
    for other in current.scene.others {
      var server = current.scene.server
      if other.step(on: &server, at: current.scene.time) {
        add("the \(other.name) acts") { $0.scene.server = server }
      }
    }
    if let flight = current.flight {
      let name = words(flight, in: current)
      add("sent: \(name)") { send(&$0, former: false) }
      add("crash before: \(name)", fault: true) { crash(&$0) }
      add("crash after: \(name)", fault: true) {
        send(&$0, former: false)
        crash(&$0)
      }
      add("refused: \(name)", fault: true) { $0.flight = nil }
      if current.former == nil {
        add("another process leads; this one goes on sending", fault: true) {
          // Effects belong to the leader: late patches fail by their preconditions, effects have
          // none.
          $0.former = $0.flight.map { Flight(Plan(patches: $0.plan.patches), next: $0.next) }
          crash(&$0)
        }
      }
    } else {
      for (key, plan) in current.scene.plans where !plan.isAtRest {
        add("planned: \(key)") { $0.flight = Flight(plan) }
      }
      if current.faults < faults, current.older.resourceVersion != current.scene.server.resourceVersion {
        var late = current.scene
        late.server = current.older
        for (key, plan) in late.plans where !plan.isAtRest {
          add("planned from an older view: \(key)", fault: true) { $0.flight = Flight(plan) }
        }
      }
    }
    if let former = current.former {
      add("sent by the former leader: \(words(former, in: current))") { send(&$0, former: true) }
    }
    return next
  }

  private func words(_ flight: Flight, in current: Case) -> String {
    guard flight.next < flight.plan.patches.count else {
      return flight.plan.effects.map { "\($0)" }.joined(separator: ", ")
    }
    let patch = flight.plan.patches[flight.next]
    return "\(patch.operationName) \(patch.target)" + (patch.subresource.map { "/\($0)" } ?? "")
  }

  /// Sends the next patch, or performs the effects after the last one.
  private func send(_ current: inout Case, former: Bool) {
    guard var flight = former ? current.former : current.flight else { return }
    var left: Flight?
    if flight.next < flight.plan.patches.count {
      let one = Plan<Effect>(patches: [flight.plan.patches[flight.next]])
      let refusals = current.scene.refusals.count
      current.scene.carryOut(one)
      flight.next += 1
      let isRefused = current.scene.refusals.count > refusals
      let isOver = flight.next >= flight.plan.patches.count && flight.plan.effects.isEmpty
      left = isRefused || isOver ? nil : flight
    } else {
      current.scene.carryOut(Plan(effects: flight.plan.effects))
    }
    if former { current.former = left } else { current.flight = left }
  }

  /// Restarts the process: it loses its unsent patches and its knowledge of effects.
  private func crash(_ current: inout Case) {
    current.flight = nil
    current.scene.forgetPerformed()
  }

  // MARK: What must hold

  private func problem(with current: Case, _ settled: inout Set<Fingerprint>) -> String? {
    if let problem = invariant(current.scene.server, current.scene.history) { return problem }
    guard current.flight == nil, current.former == nil else { return nil }
    // From a state that is known to come to rest correctly, the rest follows.
    var scene = current.scene
    var passed: Set<Fingerprint> = []
    for round in 0..<maximumRounds {
      let place = Fingerprint(of: [
        round == 0 ? "\(current.state)" : "\(state(of: scene.server))", effects(of: scene),
        "\(current.events)",
      ])
      if settled.contains(place) {
        settled.formUnion(passed)
        return nil
      }
      passed.insert(place)
      if !scene.round() {
        let problem = current.events == events.count ? atRest(scene.server, scene.history) : nil
        if problem == nil { settled.formUnion(passed) }
        return problem
      }
    }
    return "\(scene.unrest)"
  }

  // MARK: Distinct cases

  private func fingerprint(_ current: Case) -> Fingerprint {
    func text(_ flight: Flight?) -> String {
      guard let flight else { return "" }
      let patches = zip(flight.plan.patches, flight.bodies).dropFirst(flight.next).map { patch, body in
        "\(patch.operationName) \(patch.target) \(holds(patch, in: current.scene.server)) \(body)"
      }
      return patches.joined(separator: "\n") + "\(flight.plan.effects)"
    }
    return Fingerprint(of: [
      "\(current.state)", "\(current.olderState)", effects(of: current.scene), text(current.flight),
      text(current.former), "\(current.events) \(current.faults)",
    ])
  }

  private func effects(of scene: ControllerScene<Object, Effect>) -> String {
    "\(scene.performed) \(scene.history)"
  }

  /// Whether the patch's precondition holds now.
  private func holds(_ patch: ObjectPatch, in server: MemoryAPIServer) -> Bool {
    let metadata = server.object(patch.target)?.metadata
    return switch patch.precondition {
    case .absent: metadata == nil
    case .uid(let uid): metadata?.uid == uid
    case .uidAndResourceVersion(let uid, let version):
      metadata?.uid == uid && metadata?.resourceVersion == version
    }
  }

  /// The objects of all kinds that the controllers read, without values that differ between
  /// histories.
  private func state(of server: MemoryAPIServer) -> Fingerprint {
    let types = start.controller.selections.map(\.type) + start.others.flatMap(\.kinds)
    var seen: Set<ResourceType> = []
    return Fingerprint(
      of: types.filter { seen.insert($0).inserted }.flatMap { type in
        server.objects(type).map { bare($0.json) }
      })
  }
}

/// A number that distinguishes a state from others.
private struct Fingerprint: Hashable {
  var first: Int
  var second: Int

  init(of parts: [String]) {
    var one = Hasher()
    one.combine(parts)
    first = one.finalize()
    var two = Hasher()
    two.combine(1)
    two.combine(parts)
    second = two.finalize()
  }
}

/// The text of an object without values that differ between histories.
private func bare(_ json: JSONValue) -> String {
  var json = json
  for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"] {
    json.set(nil, at: ["metadata", field])
  }
  if let owners = json.value(at: "metadata", "ownerReferences")?.array {
    json.set(.array(owners.map { $0["name"] ?? .null }), at: ["metadata", "ownerReferences"])
  }
  return String(decoding: JSONWriter().bytes(json), as: UTF8.self)
}
