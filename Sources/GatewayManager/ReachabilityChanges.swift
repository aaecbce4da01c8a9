/// The changes of the clusters to probe.
package struct ReachabilityChanges: Sendable, Hashable {
  /// The clusters that should be reachable; `nil` if they haven't changed.
  package var clusters: Set<String>?
  /// The clusters whose token, rights or own availability have changed.
  package var hurried: Set<String> = []
}
