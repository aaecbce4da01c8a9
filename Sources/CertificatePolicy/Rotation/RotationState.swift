public import KubeCore

/// The observations of a CA and its successor, of the certificates that they sign, and of the
/// servers and clients that use them.
///
/// A rotation has no other state: equal observations give equal decisions, so that it resumes after
/// a crash at any point. Durations are measured by a monotonic clock (``ObservationAges``), not by
/// comparing dates: setting the clock forward proves nothing about others' observations.
public struct RotationState: Sendable, Hashable {
  /// The current CA.
  public var ca: KeyPairObservation
  /// The CA that will follow it.
  public var nextCA: KeyPairObservation
  /// The fingerprint of the CA that the next one was created to follow, where that was recorded. If
  /// another CA is current now, a person has supplied it: it follows the next CA and doesn't
  /// replace it.
  public var nextFollows: String?
  /// The certificate of the servers.
  public var serving: KeyPairObservation
  /// The CAs that are published for clients to trust.
  public var bundle: [CertificateFacts]
  /// The time for which each certificate, by fingerprint, has been observed in the bundle without
  /// interruption; unknown for missing ones.
  public var trustedFor: [String: Duration]
  /// The time for which a serving certificate signed by the same CA has been observed where the
  /// servers load it.
  public var servedFor: Duration
  /// The last instant of validity of all certificates that this one replaced, where that was
  /// recorded.
  public var replacedNotAfter: Date?
  /// The certificate that each server, by its address, was observed to present since the last
  /// replacement; `nil` where the servers aren't known.
  public var servers: [String: EndpointObservation]?
  /// The description of an unhandled request for another CA.
  public var caRequest: String?
  /// The description of an unhandled request for another serving certificate.
  public var servingRequest: String?

  /// Creates observations; omitted ones were not made.
  public init(
    ca: KeyPairObservation = .absent, nextCA: KeyPairObservation = .absent,
    nextFollows: String? = nil, serving: KeyPairObservation = .absent, bundle: [CertificateFacts] = [],
    trustedFor: [String: Duration] = [:], servedFor: Duration = .zero, replacedNotAfter: Date? = nil,
    servers: [String: EndpointObservation]? = nil, caRequest: String? = nil,
    servingRequest: String? = nil
  ) {
    self.ca = ca
    self.nextCA = nextCA
    self.nextFollows = nextFollows
    self.serving = serving
    self.bundle = bundle
    self.trustedFor = trustedFor
    self.servedFor = servedFor
    self.replacedNotAfter = replacedNotAfter
    self.servers = servers
    self.caRequest = caRequest
    self.servingRequest = servingRequest
  }
}

/// The observation of the certificate that a server presents.
public enum EndpointObservation: Sendable, Hashable {
  /// It presented the certificate with this ``CertificateFacts/fingerprint``.
  case presents(fingerprint: String)
  /// It refused connections: it isn't serving, and hasn't loaded its next certificate.
  case notListening
  /// It was not observed to present any, for this reason.
  case unseen(reason: String)
}

/// The times since which things have been observed, by a monotonic clock.
///
/// Times that are lost, as in a restart, start again: that only makes a rotation wait longer.
public struct ObservationAges: Sendable, Hashable {
  private var since: [String: Duration] = [:]

  /// Creates an empty record.
  public init() {}

  /// Records the current observations and removes the others.
  ///
  /// - Parameters:
  ///   - seen: The current observations.
  ///   - reading: The reading of a monotonic clock, such as the time since the process began.
  public mutating func record(_ seen: some Sequence<String>, at reading: Duration) {
    let seen = Set(seen)
    since = since.filter { seen.contains($0.key) }
    for name in seen where since[name] == nil { since[name] = reading }
  }

  /// The time for which each observation has lasted without interruption.
  public func ages(at reading: Duration) -> [String: Duration] {
    since.mapValues { max(.zero, reading - $0) }
  }
}
