package import GatewayAPI
public import KubeCore
package import KubeKindsCore
public import KubeMemory
public import KubeTesting
public import KubeTransport

/// The managed-serviceaccount agents of all clusters, which report a token for each
/// ManagedServiceAccount.
public struct TokenAgent: RequestingController {
  /// The controller's name.
  public let name = "managed-serviceaccount agent"
  /// The kinds that it reads.
  public let kinds = [ManagedServiceAccount.type, Secret.type]
  /// The share of a token's life after which it is replaced.
  public static let refreshFraction = 0.8
  /// The clusters whose agents don't run.
  public var stopped: Set<String>

  /// Creates the agents of all clusters but these.
  public init(stopped: Set<String> = []) { self.stopped = stopped }

  private static let manager = "msa"

  /// The requests for tokens that are missing, of a deleted account or near their expiry, and for
  /// the accounts' status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(ManagedServiceAccount.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, !stopped.contains(object.metadata.namespace ?? ""),
        let account = try? object.decode(ManagedServiceAccount.self)
      else { return [] }
      let secret = server.object(
        Secret.self, namespace: account.metadata.namespace, name: account.metadata.name)
      return request(for: account, object, secret, at: time).map { [$0] } ?? []
    }
  }

  /// The next request of the agent of one account's cluster; `nil` if nothing is due.
  ///
  /// - Parameters:
  ///   - account: The account.
  ///   - object: The account as it was read.
  ///   - secret: The Secret that reports its token.
  package func request(
    for account: ManagedServiceAccount, _ object: DynamicObject, _ secret: Secret?, at time: Date
  ) -> KubeRequest? {
    guard let token = secret.flatMap({ FakeToken(secret: $0, of: account) }) else {
      return report(FakeToken(of: account, number: 1, at: time), of: account, replacing: secret)
    }
    if account.spec.rotation.enabled ?? true, token.refreshTime <= time {
      return report(
        FakeToken(of: account, number: token.number + 1, at: time), of: account, replacing: secret)
    }
    return status(of: account, object, token, at: time)
  }

  /// The request that replaces the token in `secret` at once; `nil` if it isn't the account's.
  package func rotation(of account: ManagedServiceAccount, _ secret: Secret, at time: Date) -> KubeRequest? {
    FakeToken(secret: secret, of: account).map {
      report(FakeToken(of: account, number: $0.number + 1, at: time), of: account, replacing: secret)
    }
  }

  /// The request that replaces an account's token at once; `nil` if there is none.
  public func rotation(of account: String, cluster: String, in server: MemoryAPIServer, at time: Date)
    -> KubeRequest?
  {
    guard let account = server.object(ManagedServiceAccount.self, namespace: cluster, name: account),
      let secret = server.object(Secret.self, namespace: cluster, name: account.metadata.name)
    else { return nil }
    return rotation(of: account, secret, at: time)
  }

  private func report(
    _ token: FakeToken, of account: ManagedServiceAccount, replacing old: Secret?
  ) -> KubeRequest {
    let cluster = account.metadata.namespace ?? ""
    var secret = Secret(
      metadata: ObjectMeta(
        name: account.metadata.name, namespace: cluster, labels: [OCMLabels.isManagedServiceAccount: "true"],
        ownerReferences: [account.ownerReference()].compactMap { $0 }), type: "Opaque",
      data: [
        "token": SecretBytes(utf8: token.text),
        "ca.crt": SecretBytes(utf8: Registration.ca(of: cluster)),
      ])
    let options = WriteOptions(fieldManager: TokenAgent.manager)
    guard let old else { return .create(secret.key, secret.json, options: options) }
    secret.metadata.resourceVersion = old.metadata.resourceVersion
    return .replace(secret.key, with: secret.json, options: options)
  }

  private func status(
    of account: ManagedServiceAccount, _ object: DynamicObject, _ token: FakeToken, at time: Date
  ) -> KubeRequest? {
    var conditions = ConditionWriter(account.status.conditions, at: time)
    for type in [
      ManagedServiceAccount.ConditionType.secretCreated, ManagedServiceAccount.ConditionType.tokenReported,
    ] {
      conditions.set(type, .true, reason: type, message: "")
    }
    return .status(
      [
        "conditions": conditions.json, "expirationTimestamp": Timestamp(token.expires).json,
        "tokenSecretRef": [
          "name": .string(account.metadata.name), "lastRefreshTimestamp": Timestamp(token.issued).json,
        ],
      ], of: object, type: ManagedServiceAccount.type, by: TokenAgent.manager)
  }
}

/// An unsigned text in the form of a JSON Web Token (RFC 7519), determined by the account, a number
/// and the time.
package struct FakeToken {
  var subject: String
  /// The account's uid.
  package var account: String
  var number: Int
  var issued: Date
  var expires: Date

  /// Creates the `number`th token of `account`.
  init(of account: ManagedServiceAccount, number: Int, at time: Date) {
    let namespace = ManagedClusterAddOn.defaultInstallNamespace
    subject = "system:serviceaccount:\(namespace):\(account.metadata.name)"
    self.account = account.metadata.uid ?? ""
    self.number = number
    issued = Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down))
    let validity = account.spec.rotation.validity.flatMap { GoDuration($0) }
    let seconds = validity.map { Double($0.nanoseconds) / 1e9 } ?? 31_104_000
    expires = issued.addingTimeInterval(seconds.rounded(.down))
  }

  /// Parses the token in `secret`; `nil` if it isn't one of `account`.
  init?(secret: Secret, of account: ManagedServiceAccount) {
    guard secret.metadata.ownerReferences.contains(where: { $0.uid == account.metadata.uid }),
      let token = secret.data["token"]?.exposedText().flatMap({ FakeToken($0) }),
      token.account == account.metadata.uid
    else { return nil }
    self = token
  }

  /// Parses a token; `nil` if `text` isn't one of these.
  package init?(_ text: String) {
    let parts = text.split(separator: ".")
    guard parts.count == 3, let payload = Base64.decodeURL(parts[1]),
      let claims = try? JSONParser().parse(payload), let subject = claims["sub"]?.string,
      let identity = claims["uid"]?.string, let number = claims["jti"]?.int64,
      let issued = claims["iat"]?.int64, let expires = claims["exp"]?.int64
    else { return nil }
    self.subject = subject
    self.account = identity
    self.number = Int(clamping: number)
    self.issued = Date(timeIntervalSince1970: Double(issued))
    self.expires = Date(timeIntervalSince1970: Double(expires))
  }

  /// The account's name.
  package var accountName: String { String(subject.split(separator: ":").last ?? "") }

  /// The time at which the agent replaces it.
  var refreshTime: Date {
    issued.addingTimeInterval(expires.timeIntervalSince(issued) * TokenAgent.refreshFraction)
  }

  /// The token's three parts, encoded.
  var text: String {
    let header: JSONValue = ["alg": "RS256", "kid": "stand-in"]
    let payload: JSONValue = [
      "exp": .integer(Int64(expires.timeIntervalSince1970)),
      "iat": .integer(Int64(issued.timeIntervalSince1970)),
      "jti": .integer(number), "sub": .string(subject), "uid": .string(account),
    ]
    let signed = [header, payload].map { Base64.encodeURL(JSONWriter().bytes($0)) }.joined(separator: ".")
    return signed + "." + Base64.encodeURL(SHA256.digest(Array(signed.utf8)))
  }
}
