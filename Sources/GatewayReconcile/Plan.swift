public import CertificatePolicy
public import KubeCore

/// What a reconcile function answers: the writes that bring the hub nearer to what is desired, the
/// certificates that
/// must be issued before the next call, what a person must know, and when to ask again.
public struct Plan: Sendable, Hashable {
  /// The writes, in the order in which they are to be made. A failed write leaves the later ones to the next plan; one that
  /// the server refuses for what it is may be passed over, with those that depend on it (`ObjectPatch.dependency`).
  public var patches: [ObjectPatch]
  /// The certificates to issue; the material comes back in `InstallationState.issued`.
  public var certificateRequests: [CertificateRequest]
  /// What a person must know, each with its remedy.
  public var findings: [Finding]
  /// After how long time alone changes the answer; `nil` where only an event can.
  public var requeueAfter: Duration?
  /// The servers whose certificates are to be looked at, until a plan asks for it no more; what came of it goes into
  /// `CertificateObservations.looks`.
  public var looks: [ServerLook]
  /// The gateway that is to be asked whether it serves, until a plan asks for it no more; the answer goes into
  /// `InstallationState.serving`.
  public var servingProbe: ServingProbe?
  /// What the gateway is to note on a Secret that a person made; the Secret shows when it has.
  public var healthReport: HealthReport?

  /// A plan.
  public init(
    patches: [ObjectPatch] = [], certificateRequests: [CertificateRequest] = [], findings: [Finding] = [],
    requeueAfter: Duration? = nil, looks: [ServerLook] = [], servingProbe: ServingProbe? = nil
  ) {
    self.patches = patches
    self.certificateRequests = certificateRequests
    self.findings = findings
    self.requeueAfter = requeueAfter
    self.looks = looks
    self.servingProbe = servingProbe
  }

  /// Whether there is nothing to write and nothing to issue: the state of rest.
  public var isAtRest: Bool { patches.isEmpty && certificateRequests.isEmpty }

  /// Adds what `other` says to the end; of two times the earlier counts.
  mutating func append(_ other: Plan) {
    patches += other.patches
    certificateRequests += other.certificateRequests
    findings += other.findings
    looks += other.looks
    servingProbe = servingProbe ?? other.servingProbe
    healthReport = healthReport ?? other.healthReport
    requeue(after: other.requeueAfter)
  }

  /// Makes every patch that depends on nothing else depend on `object`.
  mutating func makePatches(dependOn object: ObjectKey) {
    for index in patches.indices where patches[index].target != object && patches[index].dependency == nil {
      patches[index].dependency = object
    }
  }

  /// Asks again after `delay` at the latest.
  mutating func requeue(after delay: Duration?) {
    guard let delay else { return }
    requeueAfter = requeueAfter.map { min($0, delay) } ?? delay
  }
}

/// A cluster's health, as the gateway is to show it where a person makes the gateway Secrets.
public struct HealthReport: Sendable, Hashable {
  /// The cluster.
  public var cluster: String
  /// The namespace of its gateway Secret.
  public var secretNamespace: String
  /// Whether it is available through the gateway.
  public var isHealthy: Bool
  /// The reason of the add-on's condition where it isn't; else empty.
  public var reason: String

  /// A report.
  public init(cluster: String, secretNamespace: String, isHealthy: Bool, reason: String) {
    self.cluster = cluster
    self.secretNamespace = secretNamespace
    self.isHealthy = isHealthy
    self.reason = reason
  }
}

/// A server whose certificate is to be looked at.
public struct ServerLook: Sendable, Hashable {
  /// The server's IP address or host name.
  public var host: String
  /// The server's port.
  public var port: Int
  /// The name that a client asks for and verifies (RFC 6066, section 3).
  public var serverName: String

  /// A look.
  public init(host: String, port: Int, serverName: String) {
    self.host = host
    self.port = port
    self.serverName = serverName
  }

  /// The server's address as text: `10.0.0.1:9443`, `[fd00::1]:9443`.
  public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Codes of findings that are also reasons of conditions and Events.
package enum FindingCode {
  /// The manager lacks a right on the hub.
  package static let rightsMissing = "RightsMissing"
  /// The API server rejects an object.
  package static let writeRejected = "WriteRejected"
  /// The API server has failed several times in a row to answer a request.
  package static let requestFailing = "RequestFailing"
  /// The gateway has not served for longer than a probe interval.
  package static let gatewayUnavailable = "GatewayUnavailable"
}

/// Something that a person must know: what is wrong, or what is waited for, and what to do.
public struct Finding: Sendable, Hashable {
  /// How much it matters.
  public enum Severity: String, Sendable, Hashable, CaseIterable {
    /// An object can't be used as it stands: its content is wrong.
    case invalid
    /// Something does not work until a person acts.
    case error
    /// Something works, but a person should know its danger.
    case warning
    /// Somebody else's turn: nothing is wrong yet.
    case awaiting
  }

  /// How much it matters.
  public var severity: Severity
  /// One CamelCase word for programs.
  public var code: String
  /// The object that it is about, where there is one.
  public var object: ObjectKey?
  /// The managed cluster that it is about, where there is one.
  public var cluster: String?
  /// What is the case.
  public var problem: String
  /// What to do.
  public var remedy: String
  /// Who is to act, where it is a program: such as `the managed-serviceaccount agent`.
  public var awaitedFrom: String?

  /// A finding.
  public init(
    _ severity: Severity, code: String, object: ObjectKey? = nil, cluster: String? = nil, problem: String,
    remedy: String, awaitedFrom: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.object = object
    self.cluster = cluster
    self.problem = problem
    self.remedy = remedy
    self.awaitedFrom = awaitedFrom
  }
}

extension Finding: CustomStringConvertible {
  /// The finding on one line.
  public var description: String {
    let place = object.map { "\($0): " } ?? cluster.map { "cluster \($0): " } ?? ""
    return "\(severity.rawValue) \(code): \(place)\(problem); \(remedy)"
  }
}
