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

  private let known = Mutex<Known?>(nil)

  /// Reports the installation's current certificates.
  func report(_ installation: InstallationState, at now: Date, by recorder: EventRecorder?) {
    guard let current = CertificateRotation(installation, at: now) else { return }
    measure(current)
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

  /// Sets the gauges, in seconds since 1970; 0 where there is no such certificate or time.
  private func measure(_ current: CertificateRotation) {
    let (observed, rotation) = (current.observed, current.rotation)
    func gauge(_ label: String, _ certificate: String, _ date: Date?) {
      Gauge(label: label, dimensions: [("certificate", certificate)])
        .record(date?.timeIntervalSince1970 ?? 0)
    }
    let ends = "gateway_certificate_not_after_timestamp_seconds"
    gauge(ends, "ca", observed.ca.leaf?.notAfter)
    gauge(ends, "next-ca", observed.nextCA.leaf?.notAfter)
    gauge(ends, "serving", observed.serving.leaf?.notAfter)
    let renewals = "gateway_certificate_renewal_timestamp_seconds"
    gauge(renewals, "ca", rotation.ca.renewAt)
    gauge(renewals, "serving", rotation.serving.renewAt)
    Gauge(label: "gateway_certificate_rotation_in_progress").record(rotation.phase.isRotating ? 1 : 0)
  }
}
