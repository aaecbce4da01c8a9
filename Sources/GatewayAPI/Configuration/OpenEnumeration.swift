public import KubeCore

/// An enumeration of names to which later versions may add: reading an unknown name succeeds, and validation
/// reports it.
public protocol OpenEnumeration: JSONConvertible, CustomStringConvertible {
  /// The names that are known.
  static var known: [Self] { get }
  /// The value of an unknown name.
  static func unknown(_ name: String) -> Self
  /// The name.
  var name: String { get }
}

extension OpenEnumeration {
  /// The value of any name.
  public init(name: String) {
    self = Self.known.first { $0.name == name } ?? .unknown(name)
  }

  /// Whether the name is known.
  public var isKnown: Bool { Self.known.contains(self) }

  /// Reads the name, known or not; throws where there is no string.
  public init(from reader: FieldReader) throws(FieldError) { self.init(name: try reader.string()) }

  /// The name.
  public var json: JSONValue { .string(name) }

  /// The name.
  public var description: String { name }
}

/// How the gateway reaches the clusters.
public enum EgressType: OpenEnumeration {
  /// By the URL of the cluster's API server.
  case direct
  /// Through the tunnel of OCM's cluster-proxy.
  case clusterProxy
  /// A name that is not known here.
  case unknown(String)

  /// The names that are known.
  public static let known: [EgressType] = [.direct, .clusterProxy]

  /// The name.
  public var name: String {
    switch self {
    case .direct: "Direct"
    case .clusterProxy: "ClusterProxy"
    case .unknown(let name): name
    }
  }
}

/// Who makes the gateway Secrets.
public enum SecretManagementType: OpenEnumeration {
  /// The operator, from the tokens of ManagedServiceAccounts.
  case managedServiceAccount
  /// A person.
  case manual
  /// A name that is not known here.
  case unknown(String)

  /// The names that are known.
  public static let known: [SecretManagementType] = [.managedServiceAccount, .manual]

  /// The name.
  public var name: String {
    switch self {
    case .managedServiceAccount: "ManagedServiceAccount"
    case .manual: "Manual"
    case .unknown(let name): name
    }
  }
}

/// The kind of keys of the gateway's serving certificates.
public enum CertificateAlgorithm: OpenEnumeration {
  /// ECDSA on the curve P-256.
  case ecdsaP256
  /// ECDSA on the curve P-384.
  case ecdsaP384
  /// Ed25519 (RFC 8410). Every client must know it: the API server does, other tools may not.
  case ed25519
  /// RSA with 2048 bits.
  case rsa2048
  /// RSA with 3072 bits.
  case rsa3072
  /// RSA with 4096 bits.
  case rsa4096
  /// A name that is not known here.
  case unknown(String)

  /// The names that are known.
  public static let known: [CertificateAlgorithm] = [
    .ecdsaP256, .ecdsaP384, .ed25519, .rsa2048, .rsa3072, .rsa4096,
  ]

  /// The name.
  public var name: String {
    switch self {
    case .ecdsaP256: "ECDSAP256"
    case .ecdsaP384: "ECDSAP384"
    case .ed25519: "Ed25519"
    case .rsa2048: "RSA2048"
    case .rsa3072: "RSA3072"
    case .rsa4096: "RSA4096"
    case .unknown(let name): name
    }
  }
}
