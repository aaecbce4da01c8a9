/// The next step for a CA and the serving certificate that it signs, decided from the observations
/// alone.
///
/// A CA is rotated in steps, each of which is observed to be complete before the next one:
/// 1. the next CA is created and stored beside the current one;
/// 2. its certificate is published in the bundle, and has been observed there for the policy's
///    ``RotationPolicy/overlap``;
/// 3. it issues the serving certificate;
/// 4. every server is observed to present that certificate, or the previous ones have expired;
/// 5. the old CA is removed from the bundle;
/// 6. the next CA replaces the old one, whose key is destroyed; this also happens, with the old CA
///    still in the bundle, when the next one is itself due.
///
/// So at any time, a client that trusts any bundle published within the last `overlap` accepts the
/// certificate of every server. ``RotationPolicy/decide(_:at:)`` computes the step from a
/// ``RotationState``.
public struct Rotation: Sendable, Hashable {
  /// The next step for the stored CAs.
  public enum CAStep: Sendable, Hashable {
    /// No change.
    case keep
    /// Creation of the first CA, for this reason.
    case create(reason: String)
    /// Creation of the next CA, stored beside the current one, for this reason.
    case addNext(reason: String)
    /// Replacement of the current CA by the next one, which destroys the current one's key.
    case promote
    /// Removal of the next CA, which destroys its key: a person supplied the current one after it,
    /// and that one signs.
    case removeNext
    /// No step is possible: the stored content can't be used, for this reason.
    case unusable(reason: String)
  }

  /// The next step for the serving certificate.
  public enum ServingStep: Sendable, Hashable {
    /// No change.
    case keep
    /// Issuance of another certificate by ``Rotation/signing``, for this reason.
    case issue(reason: String)
    /// Another certificate is due for this reason, but clients haven't trusted its CA for long
    /// enough yet.
    case wait(reason: String)
    /// Another certificate is due for this reason, but a CA that isn't stored has signed the
    /// current one after the stored one was trusted, as that of another manager does. If each
    /// replaced it at once, two managers would do so without end.
    case contested(reason: String)
    /// Another certificate is due for this reason, but there is no CA that could sign it.
    case impossible(reason: String)
  }

  /// The phase of the rotation.
  public internal(set) var phase: RotationPhase
  /// The next step for the stored CAs.
  public internal(set) var caStep: CAStep
  /// The next step for the serving certificate.
  public internal(set) var servingStep: ServingStep
  /// The CA that signs from now on; `nil` where none can.
  public internal(set) var signing: CertificateFacts?
  /// The CAs that clients should trust: no duplicates, always in the same order.
  public internal(set) var bundle: TrustBundle
  /// The decision about the current CA, with the time of its renewal.
  public internal(set) var ca: RenewalDecision
  /// The decision about the serving certificate, with the time of its renewal.
  public internal(set) var serving: RenewalDecision
  /// The CAs that are still trusted and no longer needed.
  public internal(set) var retiring: [CertificateFacts]
  /// Whether the rotation waits for observations of the servers, which should be probed.
  public internal(set) var needsProbe: Bool
  /// The servers, by address, that were not observed to present the serving certificate, and the
  /// reasons.
  public internal(set) var unseenServers: [String: String]
  /// The time after which the decision changes without an event; `nil` where only an event can
  /// change it.
  public internal(set) var recheckAfter: Duration?
  /// Whether there is a usable CA, current or next.
  public internal(set) var hasCA: Bool
  /// Whether clients accept the serving certificate, regardless of its validity period: with a
  /// wrong clock even a good certificate looks expired.
  public internal(set) var isServing: Bool
}

/// The phase of a rotation, derived from the observations.
public enum RotationPhase: Sendable, Hashable, CustomStringConvertible {
  /// There is no CA yet.
  case creating
  /// The stored content can't be used.
  case blocked
  /// No rotation is in progress.
  case notRotating
  /// The next CA is not in the bundle yet.
  case publishing
  /// The next CA is in the bundle; the remaining time lets every client receive it.
  case propagating(remaining: Duration)
  /// The next CA may sign, and hasn't signed the serving certificate yet.
  case reissuing
  /// The new CA has signed the serving certificate, and this many servers were not observed to
  /// present it.
  case awaitingServers(unseen: Int)
  /// Every server presents a certificate of the new CA, and the old one is about to leave the
  /// bundle.
  case retiring
  /// The old CA is out of the bundle, and its key is about to be destroyed.
  case ending

  /// The phase as one CamelCase word for a condition or an event.
  public var code: String {
    switch self {
    case .creating: "CAAbsent"
    case .blocked: "CurrentCAUnusable"
    case .notRotating: "NotRotating"
    case .publishing: "PublishingCA"
    case .propagating: "PropagatingTrustBundle"
    case .reissuing: "ServingCertificateReissuing"
    case .awaitingServers: "AwaitingServers"
    case .retiring: "RemovingOldCA"
    case .ending: "DestroyingOldCAKey"
    }
  }

  /// The phase as a sentence for people, without values that change while it lasts.
  public var description: String {
    switch self {
    case .creating: "there is no CA yet"
    case .blocked: "the CA can't be used"
    case .notRotating: "one CA is trusted and no rotation is in progress"
    case .publishing: "the next CA is about to be published in the bundle"
    case .propagating: "the next CA is published; it signs once every client knows it"
    case .reissuing: "the serving certificate is about to be issued under the new CA"
    case .awaitingServers:
      "the serving certificate is under the new CA; the old one stays trusted until every server presents it"
    case .retiring:
      "every server presents the new certificate; the old CA leaves the bundle"
    case .ending: "the old CA is no longer trusted; its key is being destroyed"
    }
  }

  /// Whether a rotation is in progress.
  public var isRotating: Bool {
    switch self {
    case .creating, .blocked, .notRotating: false
    default: true
    }
  }
}
