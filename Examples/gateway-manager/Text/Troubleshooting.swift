import GatewayDemo
import KubeCore

/// The places to read on about a code or a reason: its section in docs/troubleshooting.md.
enum Troubleshooting {
  /// The repository, as README.md names it.
  static let repository = "https://github.com/OWNER/swift-cluster-gateway"
  /// The document's path in the repository.
  private static let document = "docs/troubleshooting.md"

  /// Returns the path of the section on `code`; `nil` for a reason that isn't the manager's own,
  /// and for one that says that all is well.
  static func section(_ code: String) -> String? {
    codes.contains(code) ? "\(document)#\(code.lowercased())" : nil
  }

  /// The section on `code` as a URL, likewise.
  static func url(_ code: String) -> String? { section(code).map { "\(repository)/blob/main/\($0)" } }

  /// A line for the section on each of `codes`, each once.
  static func lines(_ codes: [String]) -> [StyledLine] {
    var sections: [String] = []
    for section in codes.compactMap(section) where !sections.contains(section) { sections.append(section) }
    return sections.map { StyledLine("See \($0)", .dim) }
  }

  /// The section on `code` for programs; `nil` where there is none.
  static func json(_ code: String?) -> JSONValue? { code.flatMap(section).map { .string($0) } }

  /// The codes of the document's sections, but for those that say that all is well.
  static let codes = Set(words.split { $0 == " " || $0 == "\n" }.map(String.init))

  private static let words = """
    ManagerNotRunning RightsMissing NotReadable WriteRejected RequestFailing KindNotServed Contended EffectFailed
    UndeclaredField UnreadableObject NoIdentity NoManagedFields ForeignObject OwnershipUnknown OwnedByAnother Immutable HarmfulField
    BeingDeleted CleanupPending AddOnMissing AddOnBeingDeleted ConfigurationMissing NotInForce ConfigurationInvalid
    Invalid ClusterAdminOnSpokes UnverifiedSpokeTLS NotInstalled DeploymentMissing RollingOut
    ProgressDeadlineExceeded GatewayStarting GatewayRolloutStalled GatewayNotAvailable GatewayUnknown
    GatewayNotServing GatewayUnavailable GatewayMoving APINotRegistered APIServiceMissing NotReported
    ReasonMissing ForeignAPIService CurrentCAUnusable CAUnusable ServingCertificateUnusable AwaitingTrustBundle
    AnotherCASigns OldCAStillTrusted CANotTrusted CertificateInvalid CAAbsent PublishingCA PropagatingTrustBundle
    ServingCertificateReissuing AwaitingServers RemovingOldCA DestroyingOldCAKey CertificateAbsent
    CertificateUnreadable KeyMismatch CertificateExpired CertificateNotYetValid CertificateValidityInvalid
    RenewalTimeReached NamesMissing NotSignedByCA WrongUsage WeakCertificate CertificateRefused
    RenewalRequested ServingCertificateIssued ProxyCredentialsMissing ProxyCredentialsUnusable
    ProxyCredentialsUnfit TunnelCredentialsMissing TunnelNotReady TunnelInUse TunnelInUseByOthers
    ClusterMissing ClusterNotAccepted ClusterNotJoined ClusterExcluded NotServed AddOnNotEnabled
    AddOnNotServed ClusterNameUnusable ClusterNameReserved EndpointUnknown CredentialMissing TokenAgentUnavailable
    TokenMissing TokenStale TokenUnusable TokenUnreadable TokenSubjectMismatch
    TokenExpiring RightsNotApplied SecretNamespaceNotPrepared SecretsNotCopied WorkNotApplied WorkChanged
    IdentityMissing ForeignCredential ManualSecretMissing UnmanagedIdentity ProbeFailed ProbeForbidden
    ProbeInconclusive NotProbedYet ClusterUnknown ClustersUnavailable ClustersUnknown
    """
}
