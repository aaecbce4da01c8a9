import GatewayManager

/// The clusters whose probes have the same outcome for the same reason.
struct ProbeGroup {
  /// The outcome of the probes.
  var outcome: ProbeAttempt.Outcome
  /// The reason of a failure.
  var reason: String?
  /// The names of the clusters.
  var names: [String]

  /// Returns the groups of the named clusters that were probed: answers last, and the largest group
  /// of an outcome first.
  static func groups(of names: [String], _ probes: [String: ProbeAttempt]) -> [ProbeGroup] {
    var groups: [[String?]: ProbeGroup] = [:]
    for name in names {
      guard let probe = probes[name] else { continue }
      groups[
        [probe.outcome.rawValue, probe.reason],
        default: ProbeGroup(outcome: probe.outcome, reason: probe.reason, names: [])
      ].names.append(name)
    }
    return groups.values.sorted { left, right in
      (left.rank, -left.names.count, left.reason ?? "") < (right.rank, -right.names.count, right.reason ?? "")
    }
  }

  private var rank: Int {
    switch outcome {
    case .failed: 0
    case .forbidden: 1
    case .inconclusive: 2
    case .answered: 3
    }
  }
}
