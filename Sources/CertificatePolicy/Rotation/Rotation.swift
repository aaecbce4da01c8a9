/// What is to be done next about an authority and the serving certificate under it, decided from what was
/// observed alone.
///
/// An authority changes over in steps, each of which is seen to have been done before the next:
/// 1. the next authority is made and stored beside the one in force;
/// 2. its certificate is published in the bundle, and has been seen there for the policy's `overlap`;
/// 3. the serving certificate is issued under it;
/// 4. every server is seen to present that certificate, or those before it have expired;
/// 5. the old authority leaves the bundle;
/// 6. the next authority takes the place of the old one, whose key is destroyed; so it does, with the old one still in
///    the bundle, when it is itself due.
///
/// So at any moment a client that trusts any bundle published within the last `overlap` accepts whatever a server
/// presents.
public struct Rotation: Sendable, Hashable {
  /// What is to be done about the stored authorities.
  public enum AuthorityStep: Sendable, Hashable {
    /// Nothing.
    case keep
    /// There is none: make one; why.
    case create(reason: String)
    /// Make the next one and store it beside the one in force; why.
    case addNext(reason: String)
    /// Put the next one into the place of the one in force, which destroys that one's key.
    case promote
    /// Take the next one away, which destroys its key: a person brought the one in force after it, and that signs.
    case removeNext
    /// Nothing can be done: what is stored can't be used; why.
    case unusable(reason: String)
  }

  /// What is to be done about the serving certificate.
  public enum ServingStep: Sendable, Hashable {
    /// Nothing.
    case keep
    /// Have `Rotation.signing` issue another; why.
    case issue(reason: String)
    /// Another is due (why), but clients don't trust its authority for long enough yet.
    case wait(reason: String)
    /// Another is due (why), but there is no authority that could sign it.
    case impossible(reason: String)
  }

  /// Where the rotation stands.
  public internal(set) var phase: RotationPhase
  /// What is to be done about the stored authorities.
  public internal(set) var authorityStep: AuthorityStep
  /// What is to be done about the serving certificate.
  public internal(set) var servingStep: ServingStep
  /// The authority that signs from now on; `nil` where none can.
  public internal(set) var signing: CertificateFacts?
  /// The authorities that clients are to trust: no duplicates, always in the same order.
  public internal(set) var bundle: TrustBundle
  /// Whether the authority in force must be replaced, and when it will have to be.
  public internal(set) var authority: RenewalDecision
  /// Whether the serving certificate must be replaced, and when it will have to be.
  public internal(set) var serving: RenewalDecision
  /// The authorities that are trusted still and no longer wanted.
  public internal(set) var retiring: [CertificateFacts]
  /// Whether the rotation waits to see what the servers present: they are to be looked at.
  public internal(set) var wantsLook: Bool
  /// The servers, by address, that were not seen to present the serving certificate, and why not.
  public internal(set) var unseenServers: [String: String]
  /// After how long time alone changes the answer; `nil` where only an event can.
  public internal(set) var recheckAfter: Duration?
  /// Whether there is an authority, in force or next, that can be used.
  public internal(set) var hasAuthority: Bool
  /// Whether clients accept what is served, leaving its age aside: by a clock that is wrong even a good certificate
  /// looks expired.
  public internal(set) var isServing: Bool
}

/// Where a rotation stands; what it says follows from what was observed.
public enum RotationPhase: Sendable, Hashable, CustomStringConvertible {
  /// There is no authority yet.
  case creating
  /// What is stored can't be used.
  case blocked
  /// Nothing changes over.
  case steady
  /// The next authority is not in the bundle yet.
  case publishing
  /// The next authority is in the bundle, and for so long yet it only waits for every client to know it.
  case spreading(remaining: Duration)
  /// The next authority may sign, and the serving certificate is not under it yet.
  case reissuing
  /// The serving certificate is under the new authority, and not every server was seen to present it.
  case awaitingServers(unseen: Int)
  /// Every server presents a certificate under the new authority, and the old one is to leave the bundle.
  case retiring
  /// The old authority is out of the bundle, and its key is to be destroyed.
  case ending

  /// One CamelCase word, for a condition's or an event's `reason`.
  public var code: String {
    switch self {
    case .creating: "AuthorityAbsent"
    case .blocked: "AuthorityUnusable"
    case .steady: "AuthoritySteady"
    case .publishing: "AuthorityPublishing"
    case .spreading: "AuthoritySpreading"
    case .reissuing: "ServingCertificateReissuing"
    case .awaitingServers: "AwaitingServers"
    case .retiring: "OldAuthorityRetiring"
    case .ending: "OldAuthorityEnding"
    }
  }

  /// The phase in words for people, without what changes while it lasts.
  public var description: String {
    switch self {
    case .creating: "there is no certificate authority yet"
    case .blocked: "the certificate authority can't be used"
    case .steady: "one certificate authority is in force and nothing changes over"
    case .publishing: "the next certificate authority is about to be published in the bundle"
    case .spreading: "the next certificate authority is published; it signs once every client knows it"
    case .reissuing: "the serving certificate is about to be issued under the new certificate authority"
    case .awaitingServers:
      "the serving certificate is under the new certificate authority; the old one stays trusted until every server presents it"
    case .retiring:
      "every server presents the new certificate; the old certificate authority leaves the bundle"
    case .ending: "the old certificate authority is no longer trusted; its key is being destroyed"
    }
  }

  /// Whether an authority is changing over.
  public var isChangingOver: Bool {
    switch self {
    case .creating, .blocked, .steady: false
    default: true
    }
  }
}
