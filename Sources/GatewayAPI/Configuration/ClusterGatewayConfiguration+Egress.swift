public import KubeCore

extension ClusterGatewayConfiguration {

  /// How the gateway reaches the clusters, and with what rights.
  public struct Egress: JSONConvertible {
    /// How.
    public var type: EgressType?
    /// The tunnel; needed for `ClusterProxy`.
    public var clusterProxy: ClusterProxy?
    /// What the gateway's identity may do on the clusters; everything on all resources when empty.
    public var permissions: [PolicyRule]

    /// A value of the given fields.
    public init(
      type: EgressType? = nil, clusterProxy: ClusterProxy? = nil, permissions: [PolicyRule] = []
    ) {
      self.type = type
      self.clusterProxy = clusterProxy
      self.permissions = permissions
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      type = try reader["type"].optional()
      clusterProxy = try reader["clusterProxy"].optional()
      permissions = try reader["permissions"].list()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "type": type?.json,
        "clusterProxy": clusterProxy?.json,
        "permissions": permissions.jsonUnlessEmpty,
      ])
    }
  }

  /// The tunnel of OCM's cluster-proxy.
  public struct ClusterProxy: JSONConvertible {
    /// The host of the tunnel's entry point.
    public var proxyServerHost: String
    /// The port of the tunnel's entry point, 1 to 65535.
    public var proxyServerPort: Int32?
    /// The client certificate for the entry point.
    public var credentials: ProxyCredentials

    /// A value of the given fields.
    public init(
      proxyServerHost: String = "", proxyServerPort: Int32? = nil,
      credentials: ProxyCredentials = ProxyCredentials()
    ) {
      self.proxyServerHost = proxyServerHost
      self.proxyServerPort = proxyServerPort
      self.credentials = credentials
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      proxyServerHost = try reader["proxyServerHost"].optional() ?? ""
      proxyServerPort = try reader["proxyServerPort"].optional()
      credentials = try reader["credentials"].optional() ?? ProxyCredentials()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "proxyServerHost": .string(proxyServerHost),
        "proxyServerPort": proxyServerPort?.json,
        "credentials": credentials.json,
      ])
    }
  }

  /// The Secrets with the client certificate for the tunnel's entry point.
  public struct ProxyCredentials: JSONConvertible {
    /// The Secrets' namespace.
    public var namespace: String
    /// The Secret with the client certificate and its key.
    public var proxyClientSecretName: String
    /// The Secret with the CA of the entry point.
    public var proxyClientCASecretName: String

    /// A value of the given fields.
    public init(
      namespace: String = "", proxyClientSecretName: String = "", proxyClientCASecretName: String = ""
    ) {
      self.namespace = namespace
      self.proxyClientSecretName = proxyClientSecretName
      self.proxyClientCASecretName = proxyClientCASecretName
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      namespace = try reader["namespace"].optional() ?? ""
      proxyClientSecretName = try reader["proxyClientSecretName"].optional() ?? ""
      proxyClientCASecretName = try reader["proxyClientCASecretName"].optional() ?? ""
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "namespace": .string(namespace),
        "proxyClientSecretName": .string(proxyClientSecretName),
        "proxyClientCASecretName": .string(proxyClientCASecretName),
      ])
    }
  }

  /// The gateway's serving certificates. Durations are Go's, such as `4320h`.
  public struct Certificates: JSONConvertible {
    /// The kind of keys.
    public var algorithm: CertificateAlgorithm?
    /// How long a serving certificate is valid.
    public var validity: String?
    /// How long the certificate authority is valid.
    public var caValidity: String?
    /// How long before its end a serving certificate is renewed; chosen by the operator when absent.
    public var renewBefore: String?
    /// How long before its end the certificate authority is renewed; after two thirds of its life when absent.
    public var caRenewBefore: String?
    /// How long the next certificate authority is published in the APIService's bundle before it signs.
    public var overlap: String?

    /// A value of the given fields.
    public init(
      algorithm: CertificateAlgorithm? = nil, validity: String? = nil, caValidity: String? = nil,
      renewBefore: String? = nil, caRenewBefore: String? = nil, overlap: String? = nil
    ) {
      self.algorithm = algorithm
      self.validity = validity
      self.caValidity = caValidity
      self.renewBefore = renewBefore
      self.caRenewBefore = caRenewBefore
      self.overlap = overlap
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      algorithm = try reader["algorithm"].optional()
      validity = try reader["validity"].optional()
      caValidity = try reader["caValidity"].optional()
      renewBefore = try reader["renewBefore"].optional()
      caRenewBefore = try reader["caRenewBefore"].optional()
      overlap = try reader["overlap"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "algorithm": algorithm?.json,
        "validity": validity?.json,
        "caValidity": caValidity?.json,
        "renewBefore": renewBefore?.json,
        "caRenewBefore": caRenewBefore?.json,
        "overlap": overlap?.json,
      ])
    }
  }

}
