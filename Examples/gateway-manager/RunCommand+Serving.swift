import CertificatePolicy
import GatewayManager
import GatewayPKI
import KubeCore
import KubeServer

extension RunCommand {
  /// A port, and what is served there.
  struct Endpoint {
    var address: (host: String, port: Int)
    var servesProbes = false
    var servesMetrics = false
  }

  /// The ports: one for both if the addresses are equal.
  var endpoints: [Endpoint] {
    let (metrics, probes): (ListenAddress, ListenAddress)
    if let probePort {
      metrics = probePort == 0 ? .none : .at(host: ListenAddress.anyHost, port: probePort)
      probes = metrics
    } else {
      metrics = metricsBindAddress ?? .at(host: ListenAddress.anyHost, port: InstallManifests.metricsPort)
      probes = healthProbeBindAddress ?? .at(host: ListenAddress.anyHost, port: InstallManifests.probePort)
    }
    var endpoints: [Endpoint] = []
    if case .at(let host, let port) = metrics {
      endpoints.append(Endpoint(address: (host, port), servesProbes: probes == metrics, servesMetrics: true))
    }
    if case .at(let host, let port) = probes, probes != metrics {
      endpoints.append(Endpoint(address: (host, port), servesProbes: true))
    }
    return endpoints
  }

  /// The certificate of the metrics: that of `--metrics-cert-dir`, or a self-signed one.
  func metricsCertificate(for manager: ManagerOptions, at now: Date) throws -> ServingCertificate {
    if let metricsCertDir { return try ServingCertificate(directory: metricsCertDir) }
    let reason = "--metrics-cert-dir names none"
    let service = "cluster-gateway-manager-metrics.\(manager.namespace).svc"
    let year = Duration.seconds(365 * 86_400)
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "cluster-gateway-manager-metrics-ca", validity: year)
        .request(id: "metrics-ca", at: now, reason: reason))
    let issued = try CertificateIssuer.issue(
      CertificateProfile.serving(
        commonName: "cluster-gateway-manager-metrics", dnsNames: ["localhost", service],
        ipAddresses: ["127.0.0.1"], validity: year
      ).request(id: "metrics", issuer: ca.facts.leaf, at: now, reason: reason),
      signedBy: CertificateAuthority(ca))
    return try ServingCertificate(chainPEM: issued.certificatePEM, keyPEM: issued.privateKeyPEM)
  }
}
