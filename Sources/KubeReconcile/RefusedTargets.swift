package import KubeCore

/// The objects whose patches the server refused while a plan is applied, and which of the plan's
/// other patches must not be sent for that reason.
package struct RefusedTargets: Sendable {
  private var targets: Set<ObjectKey> = []

  package init() {}

  /// Adds the target of a refused patch.
  package mutating func insert(_ target: ObjectKey) { targets.insert(target) }

  /// Returns whether `patch` must not be sent: a patch of its target was refused, or the object
  /// that it depends on wasn't written. What depends on it isn't sent either.
  package mutating func blocks(_ patch: ObjectPatch) -> Bool {
    if targets.contains(patch.target) { return true }
    guard let dependency = patch.dependency, targets.contains(dependency) else { return false }
    targets.insert(patch.target)
    return true
  }
}
