public import KubeCore
public import KubeMemory
public import KubeReconcile

/// An exploration of a controller from the state of a ``ControllerHarness``: of every interleaving
/// of its plans, the other controllers and the events, which happen in their given order, with up
/// to a number of faults and up to a number of cases.
///
/// A fault is a crash, a lost answer, a failed request or effect, a request refused for its
/// content, a watch (or all of them) whose events are late from some moment on, or a former leader
/// that continues to send. Plans for different objects are applied concurrently.
///
/// Cases are explored by number of faults and then by number of steps, each once, so that the first
/// violation has the fewest faults and, among those, the shortest history. From every case the
/// controller must converge once the faults stop.
///
/// ```swift
/// let exploration = ControllerExploration(
///   harness, events: [.init("the website is deleted") { _ = $0.handle(.delete(site.key), at: $1) }],
///   whenConverged: { server, _ in server.object(site.key) == nil ? nil : "the website is still there" })
/// let report = exploration.run()
/// #expect(report.violation == nil && report.isComplete, "\(report)")
/// ```
public struct ControllerExploration<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// An event on the cluster that isn't the controller's, and that happens once, at any moment
  /// after the earlier ones.
  public struct Event: Sendable {
    /// The description, in a few words.
    public var name: String
    /// The time that passes first.
    public var delay: Duration
    /// The change of the server.
    public var change: @Sendable (inout MemoryAPIServer, Date) -> Void

    /// Creates an event.
    ///
    /// - Parameters:
    ///   - name: The description, in a few words.
    ///   - delay: The time that passes first; time passes in events alone.
    ///   - change: The change of the server.
    public init(
      _ name: String, after delay: Duration = .zero,
      change: @escaping @Sendable (inout MemoryAPIServer, Date) -> Void = { _, _ in }
    ) {
      self.name = name
      self.delay = delay
      self.change = change
    }
  }

  /// A history that leads to a violated property.
  public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// The violated property.
    public var problem: String
    /// The descriptions of the steps.
    public var history: [String]
    /// The steps in the short form that ``ControllerExploration/replay(_:)`` reads.
    public var trace: String
    /// The trace as lines of a string literal.
    var literal: String

    /// The problem, and its history line by line.
    public var description: String {
      ([problem + ", after:"] + history.enumerated().map { "  \($0 + 1). \($1)" }).joined(separator: "\n")
    }

    /// The source of a test that fails as long as the history leads to a violation; `exploration`
    /// is a placeholder for the exploration.
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

  /// The error of a history that can't happen.
  public struct ImpossibleHistory: Error, Hashable, CustomStringConvertible {
    /// The step that can't happen, and its position.
    public var description: String
  }

  /// The result of an exploration.
  public struct Report: Sendable, CustomStringConvertible {
    /// The number of distinct cases.
    public var cases = 0
    /// The number of steps from them.
    public var steps = 0
    /// Whether every case was explored.
    public var isComplete = false
    /// The first violation.
    public var violation: Violation?

    /// The figures and the violation with its test.
    public var description: String {
      "\(cases) distinct cases, \(steps) steps, \(isComplete ? "complete" : "incomplete")"
        + (violation.map { "\n\($0)\n\n\($0.test)" } ?? "")
    }
  }

  /// The harness at the start.
  public var start: ControllerHarness<Object, Effect>
  /// The events, which happen in this order, each at any moment after the earlier ones.
  public var events: [Event]
  /// The maximum number of faults in a history.
  public var maximumFaults: Int
  /// The maximum number of cases; a third of them without a fault and as many with one.
  public var maximumCases: Int
  /// Returns what is wrong with a state of the server and the effects so far; `nil` if nothing is.
  public var invariant: @Sendable (MemoryAPIServer, [Effect]) -> String?
  /// Returns what is wrong once everything has converged; `nil` if nothing is.
  public var whenConverged: @Sendable (MemoryAPIServer, [Effect]) -> String?

  /// Creates an exploration.
  public init(
    _ start: ControllerHarness<Object, Effect>, events: [Event] = [], maximumFaults: Int = 2,
    maximumCases: Int = 100_000,
    invariant: @escaping @Sendable (MemoryAPIServer, [Effect]) -> String? = { _, _ in nil },
    whenConverged: @escaping @Sendable (MemoryAPIServer, [Effect]) -> String? = { _, _ in nil }
  ) {
    self.start = start
    self.events = events
    self.maximumFaults = maximumFaults
    self.maximumCases = maximumCases
    self.invariant = invariant
    self.whenConverged = whenConverged
  }

  /// Explores until a violation is found, every case was explored, or the limit is reached.
  public func run() -> Report {
    let model = ControllerExplorationModel(self)
    let engine = engine(model)
    let found = engine.run(maximumCases: maximumCases)
    var report = Report(cases: found.cases, steps: found.transitions, isComplete: found.isComplete)
    if let violation = found.violations.first {
      report.violation = Violation(
        problem: violation.text,
        history: engine.narrate(violation) + violation.chain.map { "and then, without faults: \($0)" },
        trace: violation.trace, literal: violation.literal(indentation: "    "))
    }
    if report.violation == nil, let obstacle = model.obstacle {
      report.isComplete = false
      report.violation = Violation(problem: obstacle, history: [], trace: "", literal: "")
    }
    return report
  }

  /// Repeats a history in the form of ``Violation/trace`` and continues without faults until it
  /// converges. Returns the violation on the way, or `nil`.
  ///
  /// - Throws: ``ImpossibleHistory`` if one of its steps can't happen.
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
        ExplorationWorld.Event(event.name, seconds: event.delay / .seconds(1), change: event.change)
      },
      channels: selections.map { ExplorationWorld.Channel($0.description) },
      fieldManager: start.controller.fieldManager)
    return ExplorationEngine(model, in: world, memory: model.start, maximumFaults: maximumFaults)
  }
}
