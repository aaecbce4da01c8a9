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

  /// Creates an attempt.
  package init(time: Date, latency: Duration, outcome: Outcome) {
    self.time = time
    self.latency = latency
    self.outcome = outcome
  }

  /// Reads an attempt from ``json``; `nil` if it is malformed.
  package init?(_ json: JSONValue) {
    guard let time = json["at"]?.string.flatMap({ Timestamp(rfc3339: $0)?.date }),
      let milliseconds = json["latencyMilliseconds"]?.int64, milliseconds >= 0,
      let outcome = json["outcome"]?.string.flatMap(Outcome.init)
    else { return nil }
    self.init(time: time, latency: .milliseconds(milliseconds), outcome: outcome)
  }

  /// The attempt for programs.
  package var json: JSONValue {
    [
      "at": Timestamp(time).json, "latencyMilliseconds": .integer(milliseconds),
      "outcome": .string(outcome.rawValue),
    ]
  }

  /// The latency in whole milliseconds.
  package var milliseconds: Int64 {
    latency.components.seconds * 1000 + latency.components.attoseconds / 1_000_000_000_000_000
  }

  /// Returns the attempts by cluster in the answer of an operator's `/debug/state`.
  package static func attempts(in state: JSONValue?) -> [String: ProbeAttempt] {
    var attempts: [String: ProbeAttempt] = [:]
    for service in state?["services"]?.array ?? [] {
      for member in service["probes"]?.object ?? [:] { attempts[member.key] = ProbeAttempt(member.value) }
    }
    return attempts
  }
}

extension ProbeAttempt.Outcome {
  /// The outcome of a probe with this result.
  package init(_ result: ProbeResult) {
    self =
      switch result {
      case .reached: .answered
      case .failed: .failed
      case .inconclusive: .inconclusive
      case .forbidden: .forbidden
      }
  }
}
