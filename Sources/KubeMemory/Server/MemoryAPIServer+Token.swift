import KubeCore
import KubeTransport

extension MemoryAPIServer {
  /// The subresource of a ServiceAccount that issues tokens (API reference TokenRequest v1).
  static let tokenSubresource = "token"

  static let issuer = "https://kubernetes.default.svc.cluster.local"
  /// The default lifetime of a token in seconds, and the limits of the requested one.
  private static let tokenLifetime: (standard: Int64, least: Int64, most: Int64) = (3600, 600, 1 << 32)

  /// Issues a token for a ServiceAccount: its claims are those of a real server's, its signature is
  /// by a key derived from the server's seed, so that only servers of the same seed accept it.
  mutating func createToken(_ request: ResourceRequest) throws(APIFailure) -> MemoryResponse {
    let (kind, group) = ("TokenRequest", "authentication.k8s.io")
    let apiVersion = "\(group)/v1"
    var document = try document(request, of: BuiltInType.of(GroupKind(group: group, kind: kind)))
    guard document.object != nil, document["kind"]?.string ?? kind == kind,
      document["apiVersion"]?.string ?? apiVersion == apiVersion
    else { throw .badRequest("the body is not a \(kind) of \(apiVersion)") }
    let account = try existing(request)

    let type = ResourceType(
      group: group, version: "v1", kind: kind, plural: "tokenrequests", isNamespaced: true)
    let seconds =
      document.value(at: "spec", "expirationSeconds")?.int64 ?? MemoryAPIServer.tokenLifetime.standard
    let field = "spec.expirationSeconds"
    if seconds < MemoryAPIServer.tokenLifetime.least {
      throw .invalid(
        type, name: "",
        causes: [
          .invalid(field, value: String(seconds), problem: "may not specify a duration less than 10 minutes")
        ])
    }
    if seconds > MemoryAPIServer.tokenLifetime.most {
      throw .invalid(
        type, name: "",
        causes: [
          .invalid(
            field, value: String(seconds), problem: "may not specify a duration larger than 2^32 seconds")
        ])
    }
    let bound = try boundObject(document.value(at: "spec", "boundObjectRef"), request)
    var audiences = document.value(at: "spec", "audiences") ?? []
    if (audiences.array ?? []).isEmpty { audiences = [.string(MemoryAPIServer.issuer)] }

    let start = Int64(request.time.timeIntervalSince1970.rounded(.down))
    var origin: JSONValue = [
      "namespace": .string(account.namespace),
      "serviceaccount": ["name": .string(account.name), "uid": .string(account.uid)],
    ]
    if let bound {
      origin[bound.kind] = ["name": .string(bound.object.name), "uid": .string(bound.object.uid)]
    }
    let claims: JSONValue = [
      "iss": .string(MemoryAPIServer.issuer), "aud": audiences, "iat": .integer(start),
      "nbf": .integer(start),
      "exp": .integer(start + seconds), "jti": .string(nextUID()),
      "sub": .string("system:serviceaccount:\(account.namespace):\(account.name)"), "kubernetes.io": origin,
    ]
    document["kind"] = .string(kind)
    document["apiVersion"] = .string(apiVersion)
    document["metadata"] = [
      "name": .string(account.name), "namespace": .string(account.namespace),
      "creationTimestamp": .string(request.now),
    ]
    document.set(audiences, at: ["spec", "audiences"])
    document.set(.integer(seconds), at: ["spec", "expirationSeconds"])
    document["status"] = [
      "token": .string(signedToken(claims)),
      "expirationTimestamp": Timestamp(request.time.addingTimeInterval(Double(seconds))).json,
    ]
    return .json(document, code: 201)
  }

  /// The object that the token is bound to; throws where it doesn't exist.
  private func boundObject(_ reference: JSONValue?, _ request: ResourceRequest) throws(APIFailure)
    -> (kind: String, object: StoredObject)?
  {
    guard let reference, reference.object != nil else { return nil }
    let kind = reference["kind"]?.string ?? ""
    guard ["Pod", "Secret"].contains(kind), let rules = registry[GroupKind(group: "", kind: kind)] else {
      throw .badRequest("cannot bind token for serviceaccount to object of type \(kind)")
    }
    let name = reference["name"]?.string ?? ""
    guard let object = store.object(rules.groupKind, Slot(namespace: request.namespace ?? "", name: name))
    else {
      throw .notFound(rules.storageType, name)
    }
    if let uid = reference["uid"]?.string, !uid.isEmpty, uid != object.uid {
      throw .conflict(
        rules.storageType, name: name,
        problem:
          "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated"
      )
    }
    return (kind.lowercased(), object)
  }
}
