/// The rules for the rotation of a CA and of the serving certificate that it signs.
public struct RotationPolicy: Sendable, Hashable {
  /// The requirements on CAs.
  public var caProfile: CertificateProfile
  /// The requirements on serving certificates.
  public var servingProfile: CertificateProfile
  /// The renewal of CAs.
  public var caRenewal: RenewalPolicy
  /// The renewal of serving certificates.
  public var servingRenewal: RenewalPolicy
  /// The time for which the next CA must have been observed in the bundle before it signs: long
  /// enough for a new bundle to reach every client.
  public var overlap: Duration
  /// The time for which the serving certificate must have been observed in its place before an
  /// older CA is removed: long enough for a server that is just starting, and is not among the
  /// known ones yet, to get it.
  public var reloadTime: Duration
  /// The ``reloadTime`` where the servers can't be observed and their previous certificates are
  /// considered expired: the maximum delay of a server. A date alone proves nothing, since a clock
  /// may be set forward and back.
  public var unseenReloadTime: Duration
  /// The name of the object that holds the CAs: it seeds the jitter.
  public var caName: String
  /// The name of the object that holds the serving certificate: it seeds the jitter.
  public var servingName: String

  /// Creates a policy; by default a bundle takes 5 minutes to reach every client, and a mounted
  /// Secret 2 minutes, or a day where that can't be observed.
  public init(
    caProfile: CertificateProfile, servingProfile: CertificateProfile,
    caRenewal: RenewalPolicy = RenewalPolicy(), servingRenewal: RenewalPolicy = RenewalPolicy(),
    overlap: Duration = .seconds(300), reloadTime: Duration = .seconds(120),
    unseenReloadTime: Duration = .seconds(86_400),
    caName: String = "ca", servingName: String = "serving"
  ) {
    self.caProfile = caProfile
    self.servingProfile = servingProfile
    self.caRenewal = caRenewal
    self.servingRenewal = servingRenewal
    self.overlap = overlap
    self.reloadTime = reloadTime
    self.unseenReloadTime = unseenReloadTime
    self.caName = caName
    self.servingName = servingName
  }
}
