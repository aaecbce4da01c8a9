package import GatewayReconcile
package import KubeCore

/// The last probe of one cluster through the gateway, without the cluster's answer.
package struct ProbeAttempt: Sendable, Hashable {
  /// The outcome, as one word.
  package enum Outcome: String, Sendable {
    case answered, failed, forbidden, inconclusive
  }

  /// The end of the probe.
  package var time: Date
  /// The time that it took.
  package var latency: Duration
  /// The outcome.
  package var outcome: Outcome
  /// The reason of a failure; `nil` otherwise, and from a manager that doesn't report it.
  package var reason: String?

  /// Creates an attempt.
  package init(time: Date, latency: Duration, outcome: Outcome, reason: String? = nil) {
    self.time = time
    self.latency = latency
    self.outcome = outcome
    self.reason = reason
  }

  /// Creates an attempt with this result.
  package init(time: Date, latency: Duration, result: ProbeResult) {
    let (outcome, reason): (Outcome, String?) =
      switch result {
      case .reached: (.answered, nil)
      case .failed(let reason): (.failed, reason)
      case .inconclusive: (.inconclusive, nil)
      case .forbidden: (.forbidden, nil)
      }
    self.init(time: time, latency: latency, outcome: outcome, reason: reason)
  }

  /// Reads an attempt from ``json``; `nil` if it is malformed.
  package init?(_ json: JSONValue) {
    guard let time = json["at"]?.string.flatMap({ Timestamp(rfc3339: $0)?.date }),
      let milliseconds = json["latencyMilliseconds"]?.int64, milliseconds >= 0,
      let outcome = json["outcome"]?.string.flatMap(Outcome.init)
    else { return nil }
    self.init(
      time: time, latency: .milliseconds(milliseconds), outcome: outcome, reason: json["reason"]?.string)
  }

  /// The attempt for programs.
  package var json: JSONValue {
    .fields([
      "at": Timestamp(time).json, "latencyMilliseconds": .integer(milliseconds),
      "outcome": .string(outcome.rawValue), "reason": reason.map { .string($0) },
    ])
  }

  /// The latency in whole milliseconds.
  package var milliseconds: Int64 {
    latency.components.seconds * 1000 + latency.components.attoseconds / 1_000_000_000_000_000
  }

  /// Returns the attempts by cluster in the answer of a manager's `/debug/state`.
  package static func attempts(in state: JSONValue?) -> [String: ProbeAttempt] {
    var attempts: [String: ProbeAttempt] = [:]
    for service in state?["services"]?.array ?? [] {
      for member in service["probes"]?.object ?? [:] { attempts[member.key] = ProbeAttempt(member.value) }
    }
    return attempts
  }
}
