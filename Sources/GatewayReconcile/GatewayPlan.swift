public import CertificatePolicy
import KubeCore
public import KubeReconcile

/// A plan for the hub.
public typealias GatewayPlan = Plan<GatewayEffect>

/// The actions of the hub's plans outside the API server.
public enum GatewayEffect: PlanEffect {
  /// A certificate is to be issued; the result goes into ``InstallationState/issued``.
  case issue(IssuanceRequest)
  /// A server's certificate is to be probed, until a plan no longer contains this; the result goes
  /// into ``CertificateObservations/endpoints``.
  case probeEndpoint(EndpointTarget)
  /// The gateway is to be asked whether it serves, until a plan no longer contains this; the answer
  /// goes into ``InstallationState/serving``.
  case probe(ServingProbe)
  /// The gateway is to record a cluster's health on a Secret that a person created; the Secret then
  /// shows it.
  case report(HealthReport)

  /// True unless it issues a certificate.
  public var isObservation: Bool {
    if case .issue = self { false } else { true }
  }
}

extension Plan where Effect == GatewayEffect {
  /// The certificates to issue.
  public var issuanceRequests: [IssuanceRequest] {
    effects.compactMap { if case .issue(let request) = $0 { request } else { nil } }
  }

  /// Adds the request of a certificate.
  mutating func issue(_ request: IssuanceRequest) { effects.append(.issue(request)) }

  /// The servers whose certificates are to be probed.
  public var endpointProbes: [EndpointTarget] {
    effects.compactMap { if case .probeEndpoint(let target) = $0 { target } else { nil } }
  }

  /// The gateway that is to be asked whether it serves.
  public var servingProbe: ServingProbe? {
    effects.lazy.compactMap { if case .probe(let probe) = $0 { probe } else { nil } }.first
  }

  /// The health that the gateway is to record on a Secret that a person created.
  public var healthReport: HealthReport? {
    effects.lazy.compactMap { if case .report(let report) = $0 { report } else { nil } }.first
  }
}

extension Finding {
  /// The subject of findings about a cluster.
  static func subject(cluster: String) -> String { "cluster " + cluster }

  /// The managed cluster that the finding is about, if there is one.
  public var cluster: String? {
    subject.flatMap { $0.hasPrefix("cluster ") ? String($0.dropFirst("cluster ".count)) : nil }
  }
}

/// The health of a cluster that the gateway is to show if a person creates the gateway Secrets.
public struct HealthReport: Sendable, Hashable {
  /// The cluster.
  public var cluster: String
  /// The namespace of its gateway Secret.
  public var secretNamespace: String
  /// Whether it is available through the gateway.
  public var isHealthy: Bool
  /// The reason of the add-on's condition if it isn't; else empty.
  public var reason: String

  /// Creates a report.
  public init(cluster: String, secretNamespace: String, isHealthy: Bool, reason: String) {
    self.cluster = cluster
    self.secretNamespace = secretNamespace
    self.isHealthy = isHealthy
    self.reason = reason
  }
}

/// A server whose certificate is to be probed.
public struct EndpointTarget: Sendable, Hashable {
  /// The server's IP address or host name.
  public var host: String
  /// The server's port.
  public var port: Int
  /// The server name that a client sends and verifies (RFC 6066, section 3).
  public var serverName: String

  /// Creates a target.
  public init(host: String, port: Int, serverName: String) {
    self.host = host
    self.port = port
    self.serverName = serverName
  }

  /// The server's address as text: `10.0.0.1:9443`, `[fd00::1]:9443`.
  public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Finding.Code {
  /// The gateway hasn't served for longer than a probe interval.
  package static let gatewayUnavailable: Finding.Code = "GatewayUnavailable"
}
