/// The changes of which clusters are to be asked for their health.
package struct ReachabilityChanges: Sendable, Hashable {
  /// The clusters that should be reachable, where they have changed.
  package var clusters: Set<String>?
  /// Those whose token, rights or own availability have changed.
  package var hurried: Set<String> = []
}
