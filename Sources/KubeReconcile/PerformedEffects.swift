package import KubeCore

/// The effects that were performed for one generation of an object, as far as one process knows.
package struct PerformedEffects<Effect: PlanEffect>: Sendable, Hashable {
  /// The object's uid.
  package private(set) var uid: String?
  private var generation: Int64?
  private var effects: Set<Effect> = []
  /// The effects that failed permanently, with their error messages.
  private var failed: [Effect: String] = [:]

  package init() {}

  private func isCurrent(for object: DynamicObject) -> Bool {
    uid == object.metadata.uid && generation == object.metadata.generation
  }

  /// The effects that were performed for the object's generation.
  package func effects(for object: DynamicObject) -> Set<Effect> { isCurrent(for: object) ? effects : [] }

  /// The error with which `effect` failed permanently for the object's generation; `nil` if it
  /// didn't.
  package func failure(of effect: Effect, for object: DynamicObject) -> String? {
    isCurrent(for: object) ? failed[effect] : nil
  }

  /// Records that an effect of a plan for `object` was performed or, with `failure`, failed
  /// permanently.
  package mutating func record(_ effect: Effect, for object: DynamicObject, failure: String? = nil) {
    if !isCurrent(for: object) {
      self = PerformedEffects()
      (uid, generation) = (object.metadata.uid, object.metadata.generation)
    }
    if let failure { failed[effect] = failure } else { effects.insert(effect) }
  }
}
