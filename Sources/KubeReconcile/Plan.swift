public import KubeCore

/// An action of a plan outside the API server.
///
/// A ``Controller``'s is performed at least once per generation of the object and process: again
/// after a restart, a change of leader and every change of the spec, so it must be idempotent. The
/// controller learns only that it was performed. A ``ControllerModel`` may record its result, which
/// is then an observation for the next plan.
///
/// If it fails, only errors that declare that they hold no secrets (KubeRuntime's
/// `DisplayableError`) are described.
public protocol PlanEffect: Sendable, Hashable {
  /// Whether it observes without changing anything: ``Plan/changesNothing`` ignores it.
  var isObservation: Bool { get }
}

extension PlanEffect {
  /// False: an effect changes something by default.
  public var isObservation: Bool { false }
}

/// The effects of an operator without any.
extension Never: PlanEffect {}

/// The result of a reconcile function: the writes that bring the cluster nearer to the desired
/// state, the effects to perform before the next call, the findings, and when to call again.
public struct Plan<Effect: PlanEffect>: Sendable, Hashable {
  /// The writes, in the order in which they are made.
  ///
  /// After a failed write the later ones are left to the next plan; one that the server refuses for
  /// its content may be skipped, with those that depend on it (`ObjectPatch.dependency`).
  public var patches: [ObjectPatch]
  /// The actions outside the API server.
  public var effects: [Effect]
  /// The problems, each with its remedy.
  public var findings: [Finding]
  /// The delay after which the plan must be made again without an event; `nil` if only an event can
  /// change it.
  public var requeueAfter: Duration?

  /// Creates a plan; by default an empty one.
  public init(
    patches: [ObjectPatch] = [], effects: [Effect] = [], findings: [Finding] = [],
    requeueAfter: Duration? = nil
  ) {
    self.patches = patches
    self.effects = effects
    self.findings = findings
    self.requeueAfter = requeueAfter
  }

  /// Whether there is nothing to write and nothing to change outside the API server.
  public var changesNothing: Bool { patches.isEmpty && effects.allSatisfy(\.isObservation) }

  /// Appends the patches, effects and findings of `other`, and keeps the earlier requeue time.
  public mutating func append(_ other: Plan) {
    patches += other.patches
    effects += other.effects
    findings += other.findings
    requeue(after: other.requeueAfter)
  }

  /// Makes every patch without a dependency depend on `object`.
  public mutating func makePatches(dependOn object: ObjectKey) {
    for index in patches.indices where patches[index].target != object && patches[index].dependency == nil {
      patches[index].dependency = object
    }
  }

  /// Limits the delay until the next call to `delay`.
  public mutating func requeue(after delay: Duration?) {
    guard let delay else { return }
    requeueAfter = requeueAfter.map { min($0, delay) } ?? delay
  }
}
