package import GatewayReconcile

/// The answers of the gateway to the last `ServingProbe`, several of which make a verdict.
///
/// An API server may send each request to another pod. So a gateway serves after as many lists in a
/// row that each pod is likely to have answered one, and failures count although lists come between
/// them. Of many pods only three count, since the gateway reads every Secret for a list, whatever
/// its limit, and is probed again whenever the number of its pods changes.
package struct ServingAnswers: Sendable {
  private var probe: ServingProbe?
  private var lists = 0
  private var failures = 0

  /// Creates the answers before the first one.
  package init() {}

  /// Records an answer, a list or a 503; returns whether the gateway serves, or `nil` if that isn't
  /// clear yet. A single failure is no outage.
  ///
  /// - Parameters:
  ///   - isList: Whether the answer is a list.
  ///   - probe: The gateway that was asked.
  ///   - threshold: The number of failures of a gateway that doesn't serve, and of lists for each
  ///     pod that counts of one that does.
  package mutating func record(_ isList: Bool, to probe: ServingProbe, threshold: Int) -> Bool? {
    if probe != self.probe {
      self = ServingAnswers()
      self.probe = probe
    }
    guard isList else {
      lists = 0
      failures = min(failures + 1, threshold)
      return failures == threshold ? false : nil
    }
    lists += 1
    guard lists / max(1, min(Int(probe.readyReplicas), 3)) >= threshold else { return nil }
    self = ServingAnswers()
    return true
  }
}
