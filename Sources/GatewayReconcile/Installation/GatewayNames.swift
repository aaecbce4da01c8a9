/// The names that the gateway's objects go by: those of the Go manager, so that a hub can change over in place.
enum GatewayNames {
  static let serviceAccount = "cluster-gateway"
  static let service = "cluster-gateway"
  static let deployment = "gateway-deployment"
  static let apiService = "v1alpha1.cluster.core.oam.dev"
  static let servingSecret = "cluster-gateway-tls-cert"
  static let role = "cluster-gateway"
  static let authenticationReader = "extension-apiserver-authentication-reader:cluster-gateway"
  static let aggregation = "apiserver-aggregation:cluster-gateway"
  static let authDelegator = "system:auth-delegator:cluster-gateway"
  static let manifestWork = "addon-cluster-gateway-deploy-0"
  static let spokeRole = "open-cluster-management:cluster-gateway:default"
  static let port: Int32 = 9443
}

/// The keys of the signer Secret.
enum SignerKey {
  static let certificate = "ca.crt"
  static let key = "ca.key"
  static let nextCertificate = "next-ca.crt"
  static let nextKey = "next-ca.key"
}

/// The stable names of the certificates that plans ask for.
public enum CertificateID {
  /// The certificate authority.
  public static let authority = "authority"
  /// The certificate authority that is to follow.
  public static let nextAuthority = "next-authority"
  /// The gateway's serving certificate.
  public static let serving = "serving"
}
