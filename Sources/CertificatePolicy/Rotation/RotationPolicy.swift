/// How an authority, and the serving certificate under it, are rotated.
public struct RotationPolicy: Sendable, Hashable {
  /// What authorities shall be like.
  public var authorityProfile: CertificateProfile
  /// What serving certificates shall be like.
  public var servingProfile: CertificateProfile
  /// When authorities are renewed.
  public var authorityRenewal: RenewalPolicy
  /// When serving certificates are renewed.
  public var servingRenewal: RenewalPolicy
  /// How long the next authority must have been seen in the bundle before it signs: the time in which a new bundle
  /// reaches every client.
  public var overlap: Duration
  /// How long the servers' certificate must have been seen in its place before an older authority is dropped: the
  /// time in which a server that is only just starting, and is not among the known ones yet, has come to have it.
  public var reloadTime: Duration
  /// The same where the servers can't be seen to present it and what they had before is taken to have expired: the
  /// longest that a server is behind. A date alone proves nothing, since a clock may be set forward, and back again.
  public var unseenReloadTime: Duration
  /// The name of the object that holds the authorities: it seeds the jitter.
  public var authorityName: String
  /// The name of the object that holds the serving certificate: it seeds the jitter.
  public var servingName: String

  /// A policy; by default 5 minutes until a bundle is everywhere, and 2 until a mounted Secret is, or a day where
  /// nobody can see that.
  public init(
    authorityProfile: CertificateProfile, servingProfile: CertificateProfile,
    authorityRenewal: RenewalPolicy = RenewalPolicy(), servingRenewal: RenewalPolicy = RenewalPolicy(),
    overlap: Duration = .seconds(300), reloadTime: Duration = .seconds(120),
    unseenReloadTime: Duration = .seconds(86_400),
    authorityName: String = "authority", servingName: String = "serving"
  ) {
    self.authorityProfile = authorityProfile
    self.servingProfile = servingProfile
    self.authorityRenewal = authorityRenewal
    self.servingRenewal = servingRenewal
    self.overlap = overlap
    self.reloadTime = reloadTime
    self.unseenReloadTime = unseenReloadTime
    self.authorityName = authorityName
    self.servingName = servingName
  }
}
