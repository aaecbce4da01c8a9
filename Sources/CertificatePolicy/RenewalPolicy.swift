public import struct Foundation.Date

/// When certificates are renewed.
///
/// A certificate is due at a fraction of its life, less a jitter that depends on the object's name and the
/// serial number
/// alone, so that a fleet of certificates that were issued together isn't renewed together, and the same
/// question always has
/// the same answer.
public struct RenewalPolicy: Sendable, Hashable {
  /// The share of the life after which a certificate is renewed; held between 0.1 and 0.95.
  public var renewalFraction: Double
  /// How long before its end a certificate is renewed, instead of `renewalFraction`; a value that doesn't fit
  /// into a
  /// certificate's life is ignored for that certificate.
  public var renewBefore: Duration?
  /// The greatest share of the life by which renewal comes earlier; held between 0 and 0.25. Never more than
  /// half of
  /// the time until renewal.
  public var jitterFraction: Double
  /// How far `notBefore` may lie ahead before that is a fault of the certificate and not of the clock.
  public var clockTolerance: Duration

  /// The policy given; by default 2/3 of the life, at most a tenth of it earlier.
  public init(
    renewalFraction: Double = 2.0 / 3.0, renewBefore: Duration? = nil, jitterFraction: Double = 0.1,
    clockTolerance: Duration = .seconds(300)
  ) {
    self.renewalFraction = renewalFraction
    self.renewBefore = renewBefore
    self.jitterFraction = jitterFraction
    self.clockTolerance = clockTolerance
  }

  /// When `certificate` is due, valid or not; `nil` where its validity ends before it begins.
  ///
  /// - Parameter name: The name of the object that holds the certificate, such as `namespace/name`: it seeds
  ///   the jitter.
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

/// Whether a certificate must be replaced, and why; otherwise when it will have to be.
public struct RenewalDecision: Sendable, Hashable {
  /// Every reason for which the certificate must be replaced now, the worst first; empty while it is good.
  public var reasons: [RenewalReason]
  /// When the certificate is to be renewed; in the past where that is a reason. `nil` where there is none to
  /// renew.
  public var renewAt: Date?

  /// The decision given.
  public init(reasons: [RenewalReason], renewAt: Date? = nil) {
    self.reasons = reasons
    self.renewAt = renewAt
  }

  /// Whether the certificate must be replaced now.
  public var isDue: Bool { !reasons.isEmpty }

  /// Whether the certificate fails its purpose right now, so that no overlap with it can be had.
  public var isBroken: Bool { reasons.contains { $0.isBroken } }

  /// All reasons in one sentence for people; empty while the certificate is good.
  public var explanation: String { reasons.map(\.description).joined(separator: "; ") }
}

extension Double {
  /// The number within bounds; a default for what isn't a number.
  fileprivate func held(between low: Double, and high: Double, else fallback: Double) -> Double {
    isFinite ? min(max(self, low), high) : fallback
  }
}
