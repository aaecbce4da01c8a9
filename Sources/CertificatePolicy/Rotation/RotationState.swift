public import struct Foundation.Date

/// What was observed of an authority and its successor, of what they sign, and of those who rely on both.
///
/// A rotation keeps nothing else: whoever observes the same decides the same, so that it resumes after a crash
/// at any point. Lengths of time are measured by a clock that is never set (`Sightings`), not by comparing
/// dates: to set the clock forward proves nothing about what others have seen.
public struct RotationState: Sendable, Hashable {
  /// The authority in force.
  public var authority: KeyPairObservation
  /// The authority that is to follow it.
  public var nextAuthority: KeyPairObservation
  /// The fingerprint of the authority that the next one was made to follow, where that was noted. While another is in
  /// force, a person has brought that one: it follows the next one, whose place it doesn't take.
  public var nextFollows: String?
  /// The certificate that the servers are given.
  public var serving: KeyPairObservation
  /// The authorities that are published for clients to trust.
  public var bundle: [CertificateFacts]
  /// For how long each certificate, by fingerprint, has been seen in the bundle without a gap; nothing is
  /// known of what is left out.
  public var trustedFor: [String: Duration]
  /// For how long a certificate of the servers that the same authority signed has been seen where they take it from.
  public var servedFor: Duration
  /// The last instant at which any certificate that this one replaced is valid, where that was noted.
  public var replacedNotAfter: Date?
  /// What each server, by its address, was seen to present since the certificate was last replaced; `nil` where it
  /// isn't known which servers there are.
  public var servers: [String: ServerSighting]?
  /// How somebody asked for another authority, and wasn't obeyed yet.
  public var authorityRequest: String?
  /// How somebody asked for another serving certificate, and wasn't obeyed yet.
  public var servingRequest: String?

  /// Observations; what is left out was not observed.
  public init(
    authority: KeyPairObservation = .absent, nextAuthority: KeyPairObservation = .absent,
    nextFollows: String? = nil, serving: KeyPairObservation = .absent, bundle: [CertificateFacts] = [],
    trustedFor: [String: Duration] = [:], servedFor: Duration = .zero, replacedNotAfter: Date? = nil,
    servers: [String: ServerSighting]? = nil, authorityRequest: String? = nil,
    servingRequest: String? = nil
  ) {
    self.authority = authority
    self.nextAuthority = nextAuthority
    self.nextFollows = nextFollows
    self.serving = serving
    self.bundle = bundle
    self.trustedFor = trustedFor
    self.servedFor = servedFor
    self.replacedNotAfter = replacedNotAfter
    self.servers = servers
    self.authorityRequest = authorityRequest
    self.servingRequest = servingRequest
  }
}

/// What came of looking at the certificate that a server presents.
public enum ServerSighting: Sendable, Hashable {
  /// It presented the certificate with this `CertificateFacts.fingerprint`.
  case presents(fingerprint: String)
  /// Nobody listens at its address: it isn't serving, nor has it loaded what it is to serve.
  case notListening
  /// It was not seen to present any; why, in words.
  case unseen(reason: String)
}

/// Since when something has been seen, by a clock that is never set.
///
/// What is lost, as in a restart, begins anew: that only makes a rotation wait longer.
public struct Sightings: Sendable, Hashable {
  private var since: [String: Duration] = [:]

  /// Nothing was seen yet.
  public init() {}

  /// Notes what is seen now; what isn't any more is forgotten.
  ///
  /// - Parameters:
  ///   - seen: What is seen.
  ///   - reading: The clock's reading: any clock that never goes back, such as the time since the process began.
  public mutating func note(_ seen: some Sequence<String>, at reading: Duration) {
    let seen = Set(seen)
    since = since.filter { seen.contains($0.key) }
    for name in seen where since[name] == nil { since[name] = reading }
  }

  /// For how long each has been seen without a gap.
  public func ages(at reading: Duration) -> [String: Duration] {
    since.mapValues { max(.zero, reading - $0) }
  }
}
