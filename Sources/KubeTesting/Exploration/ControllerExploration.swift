public import KubeCore
public import KubeMemory
public import KubeReconcile

public import struct Foundation.Date

/// Explores a controller from a scene: every order in which the controller, the others and the events can act, with up to
/// a number of faults.
///
/// A fault is a crash, an answer that is lost, a request or an effect that fails, a request that is refused for what it
/// is, a watch (or all of them) whose events are late from some moment on, or a former leader that goes on sending. Plans
/// for different objects are carried out side by side.
///
/// Cases are explored by number of faults and then by number of steps, each once, so that the first violation has the
/// fewest faults and, among those, the shortest history. From every case the controller must come to rest once the
/// faults stop.
///
/// ```swift
/// let exploration = ControllerExploration(
///   scene, events: [.init("the website is deleted") { _ = $0.handle(.delete(site.key), at: $1) }],
///   atRest: { server, _ in server.object(site.key) == nil ? nil : "the website is still there" })
/// let report = exploration.run()
/// #expect(report.violation == nil && report.isExhausted, "\(report)")
/// ```
public struct ControllerExploration<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// Something that happens on the cluster without the controller, once, at any moment.
  public struct Event: Sendable {
    /// What happens, in a few words.
    public var name: String
    /// How much time passes first.
    public var delay: Duration
    /// What it does to the server.
    public var happen: @Sendable (inout MemoryAPIServer, Date) -> Void

    /// An event.
    ///
    /// - Parameters:
    ///   - name: What happens, in a few words.
    ///   - delay: How much time passes first; time passes in events alone.
    ///   - happen: What it does to the server.
    public init(
      _ name: String, after delay: Duration = .zero,
      happen: @escaping @Sendable (inout MemoryAPIServer, Date) -> Void = { _, _ in }
    ) {
      self.name = name
      self.delay = delay
      self.happen = happen
    }
  }

  /// A history that leads to what must not be.
  public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public var problem: String
    /// The steps that lead there.
    public var history: [String]
    /// The steps in the short form that ``ControllerExploration/replay(_:)`` takes.
    public var code: String
    /// The code as lines of a string literal.
    var literal: String

    /// The problem, and its history line by line.
    public var description: String {
      ([problem + ", after:"] + history.enumerated().map { "  \($0 + 1). \($1)" }).joined(separator: "\n")
    }

    /// A test that fails as long as the history leads to a violation; `exploration` stands for the exploration.
    public var test: String {
      """
      // \(problem)
      @Test func `a history that went wrong goes well`() throws {
        let history = \"\"\"
          \(literal)
          \"\"\"
        #expect(try exploration.replay(history) == nil)
      }
      """
    }
  }

  /// A history that can't happen, or no longer can.
  public struct ImpossibleHistory: Error, Hashable, CustomStringConvertible {
    /// The step that can't happen, and its place.
    public var description: String
  }

  /// What an exploration has shown.
  public struct Report: Sendable, CustomStringConvertible {
    /// How many distinct cases were reached.
    public var cases = 0
    /// How many steps were taken from them.
    public var steps = 0
    /// Whether every case was gone on from.
    public var isExhausted = false
    /// The first violation.
    public var violation: Violation?

    /// The figures and the violation with its test.
    public var description: String {
      "\(cases) distinct cases, \(steps) steps, \(isExhausted ? "exhausted" : "cut")"
        + (violation.map { "\n\($0)\n\n\($0.test)" } ?? "")
    }
  }

  /// Where it begins.
  public var start: ControllerScene<Object, Effect>
  /// What happens, in this order, each at any moment.
  public var events: [Event]
  /// The most faults.
  public var faults: Int
  /// The most cases; a third of them without a fault and as many with one.
  public var limit: Int
  /// What is wrong with a state of the server and the effects so far; `nil` for nothing.
  public var invariant: @Sendable (MemoryAPIServer, [Effect]) -> String?
  /// What is wrong once all have come to rest; `nil` for nothing.
  public var atRest: @Sendable (MemoryAPIServer, [Effect]) -> String?

  /// An exploration.
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

  /// Explores until a violation is found, every case was gone on from, or the limit is reached.
  public func run() -> Report {
    let model = ControllerExplorationModel(self)
    let engine = engine(model)
    let found = engine.run(limit: limit)
    var report = Report(cases: found.cases, steps: found.transitions, isExhausted: found.isExhausted)
    if let violation = found.violations.first {
      report.violation = Violation(
        problem: violation.text,
        history: engine.narrate(violation) + violation.chain.map { "and then, without faults: \($0)" },
        code: violation.code, literal: violation.literal(indentation: "    "))
    }
    if report.violation == nil, let excess = model.excess {
      report.isExhausted = false
      report.violation = Violation(problem: excess, history: [], code: "", literal: "")
    }
    return report
  }

  /// Goes through a history, as ``Violation/code`` gives it, and then on to rest without faults; returns what is wrong on
  /// the way, or `nil`.
  ///
  /// - Throws: ``ImpossibleHistory`` where a step of it can't happen.
  public func replay(_ history: String) throws -> String? {
    do {
      return try engine(ControllerExplorationModel(self)).replay(history)
    } catch let problem as ExplorationProblem {
      throw ImpossibleHistory(description: problem.description)
    }
  }

  private func engine(_ model: ControllerExplorationModel<Object, Effect>) -> ExplorationEngine {
    let selections = start.controller.selections
    // Each kind in the version that the controller reads.
    let served = start.server.servedTypes.filter { type in
      !selections.contains { $0.type.groupKind == type.groupKind }
    }
    let world = ExplorationWorld(
      start.server, at: start.time, types: selections.map(\.type) + served, others: start.others,
      events: events.map { event in
        ExplorationWorld.Event(event.name, seconds: event.delay / .seconds(1), happen: event.happen)
      },
      channels: selections.map { ExplorationWorld.Channel($0.description) },
      fieldManager: start.controller.fieldManager)
    return ExplorationEngine(model, in: world, memory: model.start, faults: faults)
  }
}
