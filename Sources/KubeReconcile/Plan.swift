public import KubeCore

/// Something that a plan asks to be done outside the API server.
///
/// Its result is an observation for the next call of the reconcile function.
public protocol PlanEffect: Sendable, Hashable {
  /// Whether it only looks at something, so that a plan with it may still be at rest.
  var isObservation: Bool { get }
}

extension PlanEffect {
  /// An effect changes something unless it says otherwise.
  public var isObservation: Bool { false }
}

/// The effects of an operator that has none.
extension Never: PlanEffect {}

/// What a reconcile function returns: the writes that bring the cluster nearer to the desired state, the effects
/// that must happen before the next call, what a person must know, and when to ask again.
public struct Plan<Effect: PlanEffect>: Sendable, Hashable {
  /// The writes, in the order in which they are to be made.
  ///
  /// A failed write leaves the later ones to the next plan; one that the server refuses for what it is may be passed
  /// over, with those that depend on it (``ObjectPatch/dependency``).
  public var patches: [ObjectPatch]
  /// What is to be done outside the API server.
  public var effects: [Effect]
  /// What a person must know, each with its remedy.
  public var findings: [Finding]
  /// After how long time alone changes the answer; `nil` where only an event can.
  public var requeueAfter: Duration?

  /// A plan.
  public init(
    patches: [ObjectPatch] = [], effects: [Effect] = [], findings: [Finding] = [],
    requeueAfter: Duration? = nil
  ) {
    self.patches = patches
    self.effects = effects
    self.findings = findings
    self.requeueAfter = requeueAfter
  }

  /// Whether there is nothing to write and nothing to do.
  public var isAtRest: Bool { patches.isEmpty && effects.allSatisfy(\.isObservation) }

  /// Appends what `other` says; of two times the earlier counts.
  public mutating func append(_ other: Plan) {
    patches += other.patches
    effects += other.effects
    findings += other.findings
    requeue(after: other.requeueAfter)
  }

  /// Makes every patch that depends on nothing else depend on `object`.
  public mutating func makePatches(dependOn object: ObjectKey) {
    for index in patches.indices where patches[index].target != object && patches[index].dependency == nil {
      patches[index].dependency = object
    }
  }

  /// Asks again after `delay` at the latest.
  public mutating func requeue(after delay: Duration?) {
    guard let delay else { return }
    requeueAfter = requeueAfter.map { min($0, delay) } ?? delay
  }
}
