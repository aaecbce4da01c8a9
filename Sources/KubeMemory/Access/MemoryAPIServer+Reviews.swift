import HTTPTypes
import KubeCore
import KubeTransport

/// A review of users and their permissions, which is answered and not stored (API reference
/// TokenReview, SubjectAccessReview and the like, v1).
enum ReviewKind: String, CaseIterable {
  case selfSubject = "SelfSubjectReview"
  case token = "TokenReview"
  case selfSubjectAccess = "SelfSubjectAccessReview"
  case selfSubjectRules = "SelfSubjectRulesReview"
  case subjectAccess = "SubjectAccessReview"
  case localSubjectAccess = "LocalSubjectAccessReview"

  static let authentication = "authentication.k8s.io"
  static let authorization = "authorization.k8s.io"

  var group: String {
    switch self {
    case .selfSubject, .token: ReviewKind.authentication
    case .selfSubjectAccess, .selfSubjectRules, .subjectAccess, .localSubjectAccess: ReviewKind.authorization
    }
  }

  var type: ResourceType {
    ResourceType(
      group: group, version: "v1", kind: rawValue, plural: rawValue.lowercased() + "s",
      isNamespaced: self == .localSubjectAccess)
  }

  /// The refusal of a review's contents; the real server names no kind in it.
  func invalid(_ cause: APIFailure.Cause) -> APIFailure {
    APIFailure(
      code: 422, reason: "Invalid", message: ".\(group) \"\" is invalid: \(cause.field): \(cause.message)",
      details: ["group": .string(group), "causes": [cause.json]])
  }

  /// The kind that is served at `path`, and the path's namespace.
  static func served(at path: [String]) -> (kind: ReviewKind, namespace: String?)? {
    guard path.count == 4 || path.count == 6, let plural = path.last,
      let kind = allCases.first(where: { $0.type.plural == plural }), path[1] == kind.group, path[2] == "v1",
      kind.type.isNamespaced == (path.count == 6)
    else { return nil }
    if path.count == 6 { return path[3] == "namespaces" ? (kind, path[4]) : nil }
    return (kind, nil)
  }
}

extension MemoryAPIServer {
  /// Answers a review.
  ///
  /// - Parameters:
  ///   - user: The user who makes the request.
  ///   - namespace: The namespace in the path.
  func review(
    _ kind: ReviewKind, _ request: KubeRequest, by user: APIUser, in namespace: String?, at time: Date
  ) throws(APIFailure) -> MemoryResponse {
    guard request.method == .post else { throw .methodNotAllowed }
    var review = try body(of: kind, request)
    let spec = review["spec"] ?? [:]
    switch kind {
    case .selfSubject: review["status"] = ["userInfo": MemoryAPIServer.json(of: user)]
    case .token:
      guard let token = spec["token"]?.string, !token.isEmpty else {
        throw .badRequest("token is required for TokenReview in authentication")
      }
      review["status"] = tokenStatus(token, spec, at: time)
    case .selfSubjectRules:
      guard let namespace = spec["namespace"]?.string, !namespace.isEmpty else {
        throw .badRequest("no namespace on request")
      }
      // As on the real server, the response doesn't repeat the spec.
      review["spec"] = [:]
      review["status"] = rulesStatus(user, in: namespace)
    case .selfSubjectAccess:
      // Without authorization the response doesn't depend on the spec.
      review["status"] =
        try authorization == .alwaysAllow
        ? MemoryAPIServer.allowedToAll : accessStatus(user, attributes(in: spec, kind))
    case .subjectAccess, .localSubjectAccess:
      let subject = try subject(in: spec, kind)
      let attributes = try attributes(in: spec, kind)
      if let namespace, attributes.namespace != namespace {
        throw kind.invalid(
          .invalid(
            "spec.resourceAttributes.namespace", value: APIFailure.quoted(attributes.namespace),
            problem: "must match metadata.namespace"))
      }
      review["status"] = accessStatus(subject, attributes)
    }
    return .json(review, code: 201)
  }

  private func body(of kind: ReviewKind, _ request: KubeRequest) throws(APIFailure) -> JSONValue {
    let bytes = request.body?.exposed() ?? []
    var review: JSONValue
    if bytes.starts(with: ProtobufBody.magic) {
      do throws(ProtobufBody.Problem) {
        guard let type = BuiltInType.of(kind.type.groupKind) else {
          throw ProtobufBody.Problem("it has no type")
        }
        review = try ProtobufBody.object(bytes, type)
      } catch {
        throw .badRequest(error.description)
      }
    } else {
      guard let json = try? JSONParser().parse(bytes), json.object != nil else {
        throw .badRequest("the body is not a \(kind.rawValue)")
      }
      review = json
    }
    guard review["kind"]?.string ?? kind.rawValue == kind.rawValue,
      review["apiVersion"]?.string ?? kind.type.apiVersion == kind.type.apiVersion
    else { throw .badRequest("the body is not a \(kind.rawValue) of \(kind.type.apiVersion)") }
    if let problem = BuiltInType.of(kind.type.groupKind)?.mismatch(in: review) {
      throw .badRequest(
        "\(kind.rawValue) in version \"v1\" cannot be handled as a \(kind.rawValue): \(problem)")
    }
    review["kind"] = .string(kind.rawValue)
    review["apiVersion"] = .string(kind.type.apiVersion)
    review["metadata"] = review["metadata"] ?? [:]
    review["status"] = nil
    return review
  }

  // MARK: Access

  /// The attributes that a review is about.
  private func attributes(in spec: JSONValue, _ kind: ReviewKind) throws(APIFailure) -> AccessAttributes {
    func text(_ value: JSONValue?, _ name: String) -> String { value?[name]?.string ?? "" }
    let resource = spec["resourceAttributes"].flatMap { $0.isNull ? nil : $0 }
    let path = spec["nonResourceAttributes"].flatMap { $0.isNull ? nil : $0 }
    switch (resource, path) {
    case (let resource?, nil):
      return .resource(
        ResourceAccess(
          verb: text(resource, "verb"), group: text(resource, "group"), resource: text(resource, "resource"),
          subresource: text(resource, "subresource"), namespace: text(resource, "namespace"),
          name: text(resource, "name")))
    case (nil, let path?): return .path(text(path, "path"), verb: text(path, "verb"))
    case (.some, .some):
      throw kind.invalid(
        .invalid(
          "spec.nonResourceAttributes", value: "{}",
          problem: "cannot be specified in combination with resourceAttributes"))
    case (nil, nil):
      throw kind.invalid(
        .invalid(
          "spec.resourceAttributes", value: "null",
          problem: "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
    }
  }

  /// The user that a review is about.
  private func subject(in spec: JSONValue, _ kind: ReviewKind) throws(APIFailure) -> APIUser {
    let name = spec["user"]?.string ?? ""
    let groups = spec["groups"]?.array?.compactMap(\.string) ?? []
    guard !name.isEmpty || !groups.isEmpty else {
      throw kind.invalid(
        .invalid("spec.user", value: "\"\"", problem: "at least one of user or group must be specified"))
    }
    return APIUser(name: name, uid: spec["uid"]?.string ?? "", groups: groups)
  }

  private static let allowedToAll: JSONValue = [
    "allowed": true, "reason": "this in-memory server has no authorization: every user may do everything",
  ]

  private func accessStatus(_ user: APIUser, _ attributes: AccessAttributes) -> JSONValue {
    guard authorization == .rbac else { return MemoryAPIServer.allowedToAll }
    let isAllowed = isAllowed(user, attributes)
    let reason = isAllowed ? allowanceReason(user, attributes) : denialReason(user, attributes)
    return .fields(["allowed": .bool(isAllowed), "reason": reason.isEmpty ? nil : .string(reason)])
  }

  /// The rules of `user` in a namespace, those of the whole cluster included.
  private func rulesStatus(_ user: APIUser, in namespace: String) -> JSONValue {
    var rules = rules(of: user, in: namespace)
    if authorization == .alwaysAllow || user.isPrivileged {
      rules.insert(PolicyRule(verbs: ["*"], nonResourceURLs: ["*"]), at: 0)
      rules.insert(PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]), at: 0)
    }
    func part(_ values: KeyPath<PolicyRule, [String]>, without other: WritableKeyPath<PolicyRule, [String]>)
      -> JSONValue
    {
      .array(
        rules.filter { !$0[keyPath: values].isEmpty }.map { rule in
          var rule = rule
          rule[keyPath: other] = []
          return rule.json
        })
    }
    return [
      "resourceRules": part(\.resources, without: \.nonResourceURLs),
      "nonResourceRules": part(\.nonResourceURLs, without: \.resources), "incomplete": false,
    ]
  }

  // MARK: Authentication

  private static func json(of user: APIUser) -> JSONValue {
    .fields([
      "username": user.name.isEmpty ? nil : .string(user.name),
      "uid": user.uid.isEmpty ? nil : .string(user.uid),
      "groups": user.groups.isEmpty ? nil : user.groups.json,
      "extra": user.extra.isEmpty
        ? nil
        : .object(user.extra.reduce(into: JSONObject()) { $0[$1.key] = $1.value.json }),
    ])
  }

  private func tokenStatus(_ token: String, _ spec: JSONValue, at time: Date) -> JSONValue {
    let (user, audiences, problem) = accountUser(ofToken: token, at: time)
    guard let user else { return ["user": [:], "error": .string(problem)] }
    let asked = spec["audiences"]?.array?.compactMap(\.string) ?? []
    let common = (asked.isEmpty ? [MemoryAPIServer.issuer] : asked).filter(audiences.contains)
    guard !common.isEmpty else {
      return [
        "user": [:],
        "error": .string(
          "[invalid bearer token, token audiences \(audiences) is invalid for the target audiences \(asked.isEmpty ? [MemoryAPIServer.issuer] : asked)]"
        ),
      ]
    }
    return ["authenticated": true, "user": MemoryAPIServer.json(of: user), "audiences": common.json]
  }
}
