import HTTPTypes
import KubeCore
import KubeTransport

extension MemoryAPIServer {
  /// The user whose permissions apply to `request`: `user`, or the user of the request's token, or
  /// an administrator where it has none; with impersonation, the impersonated user. Throws 401 and
  /// 403, also where that user may not make the request.
  func admit(_ request: KubeRequest, _ user: APIUser?, at time: Date) throws(APIFailure) -> APIUser {
    var user = user
    if user == nil, let header = request.headers[.authorization] {
      let bearer = MemoryAPIServer.bearerToken(header).map { accountUser(ofToken: $0, at: time) }
      guard let bearer, let account = bearer.user, bearer.audiences.contains(MemoryAPIServer.issuer) else {
        throw .unauthorized
      }
      user = account
    }
    let acting = try impersonated(by: user ?? .admin, request)
    if !acting.isPrivileged { try authorize(acting, AccessAttributes(request)) }
    return acting
  }

  private static func bearerToken(_ header: String) -> String? {
    let parts = header.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
  }

  // MARK: Impersonation

  /// The user that `user` impersonates with the request's headers; `user` itself where there are
  /// none.
  private func impersonated(by user: APIUser, _ request: KubeRequest) throws(APIFailure) -> APIUser {
    var fields: [(name: String, value: String)] = []
    for field in request.headers where field.name.canonicalName.hasPrefix("impersonate-") {
      fields.append((field.name.canonicalName, field.value))
    }
    if let impersonation = request.impersonation {
      fields += impersonation.headers.map { ($0.name.lowercased(), $0.value) }
    }
    guard !fields.isEmpty else { return user }
    guard let name = fields.first(where: { $0.name == "impersonate-user" })?.value, !name.isEmpty else {
      throw .internalError("requested \(fields.map(\.name)) without impersonating a user")
    }
    func check(
      _ resource: String, _ name: String, group: String = "", _ key: String = "", in namespace: String = ""
    )
      throws(APIFailure)
    {
      let access = ResourceAccess(
        verb: "impersonate", group: group, resource: resource, subresource: key, namespace: namespace,
        name: name)
      try authorize(user, .resource(access))
    }
    var result = APIUser(name: name)
    let account = APIUser.account(ofUser: name)
    do throws(APIFailure) {
      if let account {
        try check("serviceaccounts", account.name, in: account.namespace)
      } else {
        try check("users", name)
      }
    } catch {
      throw constrainedRefusal(of: user, request, as: fields, account: account != nil) ?? error
    }
    for field in fields where field.name == "impersonate-group" {
      try check("groups", field.value)
      result.groups.append(field.value)
    }
    let group = "authentication.k8s.io"
    let prefix = "impersonate-extra-"
    for field in fields where field.name.hasPrefix(prefix) {
      let key = MemoryAPIServer.unescaped(field.name.dropFirst(prefix.count))
      try check("userextras", field.value, group: group, key)
      result.extra[key, default: []].append(field.value)
    }
    if let uid = fields.first(where: { $0.name == "impersonate-uid" })?.value {
      try check("uids", uid, group: group)
      result.uid = uid
    }
    if let account, result.groups.isEmpty { result.groups = APIUser.accountGroups(account.namespace) }
    let common = name == APIUser.anonymous.name ? APIUser.allUnauthenticated : APIUser.allAuthenticated
    let isSaid = result.groups.contains {
      $0 == APIUser.allUnauthenticated || $0 == common
    }
    if !isSaid { result.groups.append(common) }
    return result
  }

  /// The refusal of an impersonation by a user who may not impersonate the wanted one at all.
  ///
  /// Since 1.36 the real server first looks for a right to impersonate for this request alone
  /// (KEP-5284), which this server doesn't grant. `nil` where that right can't be enough, because
  /// an account has further groups.
  private func constrainedRefusal(
    of user: APIUser, _ request: KubeRequest, as fields: [(name: String, value: String)], account: Bool
  ) -> APIFailure? {
    let isNode = fields.contains { $0.name == "impersonate-user" && $0.value.hasPrefix("system:node:") }
    if account, fields.contains(where: { $0.name == "impersonate-group" }) { return nil }
    let mode = account ? "serviceaccount" : isNode ? "arbitrary-node" : "user-info"
    let attributes = AccessAttributes(request)
    let verb = "impersonate-on:\(mode):\(attributes.verb)"
    let wanted: AccessAttributes
    switch attributes {
    case .path(let path, _): wanted = .path(path, verb: verb)
    case .resource(var access):
      access.verb = verb
      wanted = .resource(access)
    }
    return .forbidden(wanted, user, reason: denialReason(user, wanted))
  }

  /// The key of `userextras` in a header's name, where bytes that a name can't contain are
  /// percent-encoded.
  private static func unescaped(_ name: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = name.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let decoded = UInt8(String(Substring(rest.prefix(2))), radix: 16), rest.count >= 2 else {
        return String(name)
      }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self) ?? String(name)
  }

  // MARK: Tokens

  /// The time in seconds for which a token is accepted after its end: clocks differ.
  private static let tokenLeeway = 60.0

  /// The user of a ServiceAccount's token and the token's audiences, or the reason why it is
  /// invalid.
  func accountUser(ofToken token: String, at time: Date) -> (
    user: APIUser?, audiences: [String], problem: String
  ) {
    guard let claims = claims(ofToken: token), let origin = claims["kubernetes.io"] else {
      return (nil, [], "invalid bearer token")
    }
    func failure(_ problem: String) -> (APIUser?, [String], String) {
      (nil, [], "[invalid bearer token, \(problem)]")
    }
    let now = time.timeIntervalSince1970
    guard let end = claims["exp"]?.int64, now <= Double(end) + MemoryAPIServer.tokenLeeway else {
      return failure("service account token has expired")
    }
    let namespace = origin["namespace"]?.string ?? ""
    func isThere(_ kind: String, _ reference: JSONValue?) -> Bool {
      guard
        let object = store.object(
          GroupKind(group: "", kind: kind), Slot(namespace: namespace, name: reference?["name"]?.string ?? "")
        )
      else { return false }
      return object.uid == reference?["uid"]?.string
    }
    let account = origin["serviceaccount"]
    guard isThere("ServiceAccount", account) else { return failure("service account has been deleted") }
    var user = APIUser.serviceAccount(
      namespace: namespace, name: account?["name"]?.string ?? "", uid: account?["uid"]?.string ?? "")
    for (member, kind) in [("pod", "Pod"), ("secret", "Secret")] {
      guard let reference = origin[member] else { continue }
      guard isThere(kind, reference) else { return failure("\(member) has been deleted") }
      guard member == "pod" else { continue }
      for field in ["name", "uid"] {
        user.extra["authentication.kubernetes.io/pod-" + field] = [reference[field]?.string ?? ""]
      }
    }
    user.extra["authentication.kubernetes.io/credential-id"] = ["JTI=" + (claims["jti"]?.string ?? "")]
    return (user, claims["aud"]?.array?.compactMap(\.string) ?? [], "")
  }

  /// The claims of a token that this server signed.
  private func claims(ofToken token: String) -> JSONValue? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, String(parts[2]) == signature(parts[0] + "." + parts[1]) else { return nil }
    guard let bytes = Base64.decodeURL(parts[1]) else { return nil }
    return try? JSONParser().parse(bytes)
  }

  /// The `claims` as a signed token (RFC 7519, HS256).
  func signedToken(_ claims: JSONValue) -> String {
    func encoded(_ json: JSONValue) -> String { Base64.encodeURL(JSONWriter().bytes(json)) }
    let signed = encoded(["alg": "HS256", "typ": "JWT"]) + "." + encoded(claims)
    return signed + "." + signature(signed[...])
  }

  private func signature(_ signed: Substring) -> String {
    Base64.encodeURL(SHA256.authenticationCode(Array(signed.utf8), key: tokenKey))
  }
}
