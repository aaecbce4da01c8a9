public import KubeCore

/// The times at which certificates are renewed.
///
/// A certificate is due at a fraction of its lifetime, less a jitter that depends only on the
/// object's name and the serial number, so that certificates that were issued together aren't
/// renewed together, and the decision is deterministic. ``RenewalDecision`` is its result.
public struct RenewalPolicy: Sendable, Hashable {
  /// The fraction of the lifetime after which a certificate is renewed; clamped to 0.1 through
  /// 0.95.
  public var renewalFraction: Double
  /// The time before its end at which a certificate is renewed, instead of ``renewalFraction``;
  /// ignored for a certificate whose lifetime is too short for it.
  public var renewBefore: Duration?
  /// The maximum fraction of the lifetime by which renewal is earlier; clamped to 0 through 0.25.
  /// Never more than half of the time until renewal.
  public var jitterFraction: Double
  /// The time by which `notBefore` may be in the future before that counts as a fault of the
  /// certificate and not of the clock.
  public var clockTolerance: Duration

  /// Creates a policy; by default renewal after 2/3 of the lifetime, at most a tenth of it earlier.
  public init(
    renewalFraction: Double = 2.0 / 3.0, renewBefore: Duration? = nil, jitterFraction: Double = 0.1,
    clockTolerance: Duration = .seconds(300)
  ) {
    self.renewalFraction = renewalFraction
    self.renewBefore = renewBefore
    self.jitterFraction = jitterFraction
    self.clockTolerance = clockTolerance
  }

  /// The time when `certificate` is due, whether valid or not; `nil` where its validity ends before
  /// it begins.
  ///
  /// - Parameters:
  ///   - certificate: The certificate.
  ///   - name: The name of the object that holds the certificate, such as `namespace/name`: it
  ///     seeds the jitter.
  public func renewalTime(of certificate: CertificateFacts, name: String) -> Date? {
    let life = certificate.notAfter.timeIntervalSince(certificate.notBefore)
    guard life > 0, life.isFinite else { return nil }
    var untilDue = life * renewalFraction.held(between: 0.1, and: 0.95, else: 2.0 / 3.0)
    if let renewBefore = renewBefore?.inSeconds, renewBefore > 0, renewBefore < life {
      untilDue = life - renewBefore
    }
    let jitter = min(life * jitterFraction.held(between: 0, and: 0.25, else: 0.1), untilDue / 2)
    untilDue -= jitter * Jitter.unit(of: name, certificate.serialNumber)
    return certificate.notBefore.addingTimeInterval(untilDue.rounded(.down))
  }
}

/// The decision whether a certificate must be replaced, with the reasons and the time of its
/// renewal.
public struct RenewalDecision: Sendable, Hashable {
  /// The reasons why the certificate must be replaced now, the most serious first; empty for a good
  /// certificate.
  public var reasons: [RenewalReason]
  /// The time of the renewal; in the past where that is a reason. `nil` without a certificate to
  /// renew.
  public var renewAt: Date?

  /// Creates a decision.
  public init(reasons: [RenewalReason], renewAt: Date? = nil) {
    self.reasons = reasons
    self.renewAt = renewAt
  }

  /// Whether the certificate must be replaced now.
  public var isDue: Bool { !reasons.isEmpty }

  /// Whether the certificate can't serve its purpose now, so that its successor can't overlap with
  /// it.
  public var isBroken: Bool { reasons.contains { $0.isBroken } }

  /// All reasons in one sentence for people; empty for a good certificate.
  public var explanation: String { reasons.map(\.description).joined(separator: "; ") }
}

extension Double {
  /// The number clamped to the bounds; `fallback` for not-a-number.
  fileprivate func held(between low: Double, and high: Double, else fallback: Double) -> Double {
    isFinite ? min(max(self, low), high) : fallback
  }
}
