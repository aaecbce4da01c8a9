public import KubeCore

/// A managed cluster served by cluster-gateway: a view of a gateway Secret, with the subresources
/// `proxy` and `health`.
public struct ClusterGateway: KubeObject {
  /// The type that the API serves this kind as.
  public static let type = ResourceType(
    group: "cluster.core.oam.dev", version: "v1alpha1", kind: "ClusterGateway", plural: "clustergateways",
    isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// The access to the cluster.
  public var spec: ClusterGatewaySpec
  /// The observed state.
  public var status: ClusterGatewayStatus

  /// Creates a value with these fields.
  public init(
    metadata: ObjectMeta, spec: ClusterGatewaySpec = ClusterGatewaySpec(),
    status: ClusterGatewayStatus = ClusterGatewayStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? ClusterGatewaySpec()
    status = try reader["status"].optional() ?? ClusterGatewayStatus()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// The access of a gateway to a cluster.
public struct ClusterGatewaySpec: JSONConvertible {
  /// The provider of the cluster.
  public var provider: String?
  /// The address and the credential.
  public var access: ClusterGatewayAccess

  /// Creates a value with these fields.
  public init(
    provider: String? = nil, access: ClusterGatewayAccess = ClusterGatewayAccess()
  ) {
    self.provider = provider
    self.access = access
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    provider = try reader["provider"].optional()
    access = try reader["access"].optional() ?? ClusterGatewayAccess()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "provider": provider?.json,
      "access": access.json.unlessEmpty,
    ])
  }
}

/// The address and the credential of a cluster.
public struct ClusterGatewayAccess: JSONConvertible {
  /// The address.
  public var endpoint: ClusterGatewayEndpoint?
  /// The credential.
  public var credential: ClusterGatewayCredential?

  /// Creates a value with these fields.
  public init(
    endpoint: ClusterGatewayEndpoint? = nil, credential: ClusterGatewayCredential? = nil
  ) {
    self.endpoint = endpoint
    self.credential = credential
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    endpoint = try reader["endpoint"].optional()
    credential = try reader["credential"].optional()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "endpoint": endpoint?.json,
      "credential": credential?.json,
    ])
  }
}

/// The address of a cluster behind a gateway.
public struct ClusterGatewayEndpoint: JSONConvertible {
  /// The type: `Const` or `ClusterProxy`.
  public var type: String?
  /// The address, for `Const`.
  public var const: ClusterGatewayConstEndpoint?

  /// Creates a value with these fields.
  public init(
    type: String? = nil, const: ClusterGatewayConstEndpoint? = nil
  ) {
    self.type = type
    self.const = const
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    type = try reader["type"].optional()
    const = try reader["const"].optional()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "type": type?.json,
      "const": const?.json,
    ])
  }
}

/// A cluster's API server by URL.
public struct ClusterGatewayConstEndpoint: JSONConvertible {
  /// The URL.
  public var address: String?
  /// The CA certificates that verify the API server's, as PEM; decoded from Base64.
  public var caBundle: [UInt8]?
  /// Whether the API server's certificate is not verified.
  public var insecure: Bool?

  /// Creates a value with these fields.
  public init(
    address: String? = nil, caBundle: [UInt8]? = nil, insecure: Bool? = nil
  ) {
    self.address = address
    self.caBundle = caBundle
    self.insecure = insecure
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    address = try reader["address"].optional()
    caBundle = try reader["caBundle"].base64()
    insecure = try reader["insecure"].optional()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "address": address?.json,
      "caBundle": caBundle.map { .string(Base64.encode($0)) },
      "insecure": insecure?.json,
    ])
  }
}

/// The observed state of a cluster behind a gateway.
public struct ClusterGatewayStatus: JSONConvertible {
  /// Whether the last probe succeeded.
  public var healthy: Bool?
  /// The reason why it failed.
  public var healthyReason: String?

  /// Creates a value with these fields.
  public init(
    healthy: Bool? = nil, healthyReason: String? = nil
  ) {
    self.healthy = healthy
    self.healthyReason = healthyReason
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    healthy = try reader["healthy"].optional()
    healthyReason = try reader["healthyReason"].optional()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "healthy": healthy?.json,
      "healthyReason": healthyReason?.json,
    ])
  }
}

/// The credential of a gateway for a cluster. Its secrets print as their lengths.
public struct ClusterGatewayCredential: JSONConvertible {
  /// The kind of credential, one of ``GatewayCredentialType``.
  public var type: String?
  /// The bearer token.
  public var serviceAccountToken: SecretBytes?
  /// The client certificate and its key.
  public var x509: ClusterGatewayX509?

  /// Creates a value with these fields.
  public init(type: String? = nil, serviceAccountToken: SecretBytes? = nil, x509: ClusterGatewayX509? = nil) {
    self.type = type
    self.serviceAccountToken = serviceAccountToken
    self.x509 = x509
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    type = try reader["type"].optional()
    let token = reader["serviceAccountToken"]
    switch token.value {
    case .secret(let bytes): serviceAccountToken = bytes
    case nil: serviceAccountToken = nil
    default: serviceAccountToken = SecretBytes(utf8: try token.string())
    }
    x509 = try reader["x509"].optional()
  }

  /// The JSON form, without absent and empty fields. The token is concealed.
  public var json: JSONValue {
    .fields([
      "type": type?.json,
      "serviceAccountToken": serviceAccountToken.map(JSONValue.secret),
      "x509": x509?.json,
    ])
  }
}

/// A client certificate and its key.
public struct ClusterGatewayX509: JSONConvertible {
  /// The certificate, as PEM; decoded from Base64.
  public var certificate: [UInt8]?
  /// The key, as PEM; decoded from Base64.
  public var privateKey: SecretBytes?

  /// Creates a value with these fields.
  public init(certificate: [UInt8]? = nil, privateKey: SecretBytes? = nil) {
    self.certificate = certificate
    self.privateKey = privateKey
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    certificate = try reader["certificate"].base64()
    privateKey = reader["privateKey"].isPresent ? try reader["privateKey"].secretBase64() : nil
  }

  /// The JSON form, without absent and empty fields. The key is concealed.
  public var json: JSONValue {
    .fields([
      "certificate": certificate.map { .string(Base64.encode($0)) },
      "privateKey": privateKey.map { .secret(Base64.encode($0)) },
    ])
  }
}
