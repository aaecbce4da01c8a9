import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeReconcile
import KubeRuntime
import Metrics
import Synchronization

/// Reports the certificates: Events when a rotation proceeds, gauges of their expiry and renewal.
final class CertificateReporter: Sendable {
  private struct Known: Sendable {
    var phase: RotationPhase
    var serving: String?
  }

  private let metrics: (any MetricsFactory)?
  private let known = Mutex<Known?>(nil)

  /// Creates a reporter; without `metrics` they go to the bootstrapped ones.
  init(metrics: (any MetricsFactory)? = nil) { self.metrics = metrics }

  /// Reports the installation's current certificates.
  func report(_ installation: InstallationState, at now: Date, by recorder: EventRecorder?) {
    let current = CertificateRotation(installation, at: now)
    measure(current)
    guard let current else { return }
    let leaf = current.observed.serving.leaf
    let rotation = current.rotation
    let before = known.withLock { known in
      defer { known = Known(phase: rotation.phase, serving: leaf?.fingerprint) }
      return known
    }
    // The state at the manager's start is no change.
    guard let recorder, let before else { return }
    let identity = installation.identity
    let kind = Secret.type.groupKind
    if before.phase.code != rotation.phase.code,
      let signer = installation.objects[kind, namespace: identity.namespace, name: identity.signerSecretName]
    {
      recorder.record(
        signer, rotation.phase == .blocked ? .warning : .normal, reason: rotation.phase.code,
        message: rotation.phase.description)
    }
    if let leaf, before.serving != leaf.fingerprint,
      let namespace = InstallationFacts(installation).configuration?.installNamespace,
      let secret = installation.objects[kind, namespace: namespace, name: GatewayNames.servingSecret]
    {
      recorder.record(
        secret, reason: "ServingCertificateIssued",
        message: "a new serving certificate is in use, valid until \(Timestamp(leaf.notAfter))")
    }
  }

  /// Sets the gauges, in seconds since 1970; 0 where there is no such certificate or time, as
  /// without a configuration.
  private func measure(_ current: CertificateRotation?) {
    let (observed, rotation) = (current?.observed, current?.rotation)
    func gauge(_ label: String, _ dimensions: [(String, String)] = []) -> Gauge {
      Gauge(label: label, dimensions: dimensions, factory: metrics ?? MetricsSystem.factory)
    }
    func record(_ label: String, _ certificate: String, _ date: Date?) {
      gauge(label, [("certificate", certificate)]).record(date?.timeIntervalSince1970 ?? 0)
    }
    let ends = "gateway_certificate_not_after_timestamp_seconds"
    record(ends, "ca", observed?.ca.leaf?.notAfter)
    record(ends, "next-ca", observed?.nextCA.leaf?.notAfter)
    record(ends, "serving", observed?.serving.leaf?.notAfter)
    let renewals = "gateway_certificate_renewal_timestamp_seconds"
    record(renewals, "ca", rotation?.ca.renewAt)
    record(renewals, "serving", rotation?.serving.renewAt)
    gauge("gateway_certificate_rotation_in_progress").record(rotation?.phase.isRotating ?? false ? 1 : 0)
  }
}
