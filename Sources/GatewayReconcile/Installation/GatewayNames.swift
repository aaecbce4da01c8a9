/// The names of the gateway's objects: those of the Go manager, so that a hub can be migrated in
/// place.
package enum GatewayNames {
  package static let serviceAccount = "cluster-gateway"
  package static let service = "cluster-gateway"
  package static let deployment = "gateway-deployment"
  package static let container = "apiserver"
  package static let apiService = "v1alpha1.cluster.core.oam.dev"
  package static let servingSecret = "cluster-gateway-tls-cert"
  package static let role = "cluster-gateway"
  package static let authenticationReader = "extension-apiserver-authentication-reader:cluster-gateway"
  package static let aggregation = "apiserver-aggregation:cluster-gateway"
  package static let authDelegator = "system:auth-delegator:cluster-gateway"
  package static let spokeRole = "open-cluster-management:cluster-gateway:default"
  package static let port: Int32 = 9443

  /// The server name that the aggregator verifies for a gateway in this namespace.
  package static func serverName(in namespace: String) -> String { "\(service).\(namespace).svc" }

  /// The DNS names in the gateway's serving certificate.
  package static func serverNames(in namespace: String) -> [String] {
    [service, "\(service).\(namespace)", serverName(in: namespace)]
  }
}

/// The keys of the signer Secret.
package enum SignerKey {
  package static let certificate = "ca.crt"
  package static let key = "ca.key"
  package static let nextCertificate = "next-ca.crt"
  package static let nextKey = "next-ca.key"
}

/// The stable names of the certificates that plans request.
public enum CertificateID {
  /// The CA.
  public static let ca = "ca"
  /// The next CA.
  public static let nextCA = "next-ca"
  /// The gateway's serving certificate.
  public static let serving = "serving"
}
