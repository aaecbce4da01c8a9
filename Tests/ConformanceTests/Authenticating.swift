import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeKindsRBAC
import KubeTransport

extension Behavior {
  /// A token of the account `robot`, which is made.
  private static func token(_ s: Sandbox) async throws -> SecretBytes {
    try await s.create(document(ServiceAccount.type, "robot"))
    let (status, body) = try await s.raw(
      .post, ["api", "v1", "namespaces", s.namespace, "serviceaccounts", "robot", "token"],
      body: #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#)
    try expect(status, 201, "the status of the token request")
    return SecretBytes(utf8: try unwrap(body?.value(at: "status", "token")?.string, "the token"))
  }

  private static func sandbox(_ s: Sandbox, token: SecretBytes) async throws -> Sandbox {
    var sandbox = s
    sandbox.transport = try await s.server.transportForToken(token)
    return sandbox
  }

  private static let secrets = ["api", "v1", "secrets"]

  static let authentication: [Behavior] = [
    Behavior("a token makes its account the user, until the account is gone") { s in
      let robot = try await sandbox(s, token: token(s))
      let (status, body) = try await robot.raw(.get, secrets)
      try expect(status, 403, "the status")
      try expect(
        body?["message"],
        .string(
          "secrets is forbidden: \(Robot(s).cannot) list resource \"secrets\" in API group \"\" at the cluster scope"
        ))
      try await Robot(s).grant("reader", [Robot.rule(["list"], ["configmaps"])])
      let configMaps = ["api", "v1", "namespaces", s.namespace, "configmaps"]
      try expect(try await robot.raw(.get, configMaps).status, 200, "what is granted")
      try await s.delete(s.key("robot", ServiceAccount.type))
      _ = try await s.eventually("the token is good no more") {
        try await robot.raw(.get, configMaps).status == 401 ? true : nil
      }
    },
    Behavior("a token that isn't good is refused with 401") { s in
      let robot = try await sandbox(s, token: SecretBytes(utf8: "not.a.token"))
      let (status, body) = try await robot.raw(.get, ["version"])
      try expect(status, 401, "the status")
      try expect(body?["message"], "Unauthorized")
      try expect(body?["reason"], "Unauthorized")
      try expect(body?["code"], 401)
    },
    Behavior("a TokenReview says whose a token is, and whether it is for an audience") { s in
      let token = try await JSONValue.string(String(decoding: token(s).exposed(), as: UTF8.self))
      let good = try await Robot.review("TokenReview", ["token": token], in: s)
      try expect(good.status, 201, "the status")
      let status = good.body?["status"]
      try expect(status?["authenticated"], true)
      try expect(status?.value(at: "user", "username"), .string(Robot(s).user))
      try expect(status?.value(at: "user", "uid") != nil, "the uid is missing")
      try expect(
        status?.value(at: "user", "groups"),
        ["system:serviceaccounts", .string("system:serviceaccounts:\(s.namespace)"), "system:authenticated"])
      let other = try await Robot.review("TokenReview", ["token": token, "audiences": ["x"]], in: s)
      try expect(other.body?.value(at: "status", "authenticated"), nil)
      let bad = try await Robot.review("TokenReview", ["token": "x"], in: s)
      try expect(bad.body?["status"], ["user": [:], "error": "invalid bearer token"])
      try expect(try await Robot.review("TokenReview", ["token": ""], in: s).status, 400, "without a token")
    },
    Behavior(
      "who may not impersonate a user lacks a verb for the request itself",
      differs: .since(36, "the refusal names the user")
    ) { s in
      let robot = try await sandbox(s, token: token(s))
      func refused(_ user: String, _ mode: String, groups: [String] = []) async throws {
        var sandbox = robot
        sandbox.transport = ImpersonatingTransport(
          robot.transport, as: Impersonation(user: user, groups: groups))
        let paths = [
          (secrets, "secrets is", "resource \"secrets\" in API group \"\" at the cluster scope", "list"),
          (["version"], "", "path \"/version\"", "get"),
        ]
        for (path, what, resource, verb) in paths {
          let (status, body) = try await sandbox.raw(.get, path)
          try expect(status, 403, "the status")
          let verb = "impersonate-on:\(mode):\(verb)"
          try expect(
            body?["message"],
            .string("\(what.isEmpty ? "" : what + " ")forbidden: \(Robot(s).cannot) \(verb) \(resource)"))
        }
      }
      try await refused("jane", "user-info", groups: ["devs"])
      try await refused("system:serviceaccount:default:other", "serviceaccount")
      try await refused("system:node:n", "arbitrary-node")
    },
    Behavior("impersonation is authorised for the user, each group and each extra value") { s in
      let robot = try await sandbox(s, token: token(s))
      func message(_ user: Impersonation) async throws -> JSONValue? {
        var sandbox = robot
        sandbox.transport = ImpersonatingTransport(robot.transport, as: user)
        return try await sandbox.raw(.get, secrets).body?["message"]
      }
      let cannot = "\(Robot(s).cannot) impersonate resource"
      try expect(
        try await message(
          Impersonation(user: "system:serviceaccount:default:other", groups: ["devs"])),
        .string(
          "serviceaccounts \"other\" is forbidden: \(cannot) \"serviceaccounts\" in API group \"\" in the namespace \"default\""
        ))
      let role = ClusterRole(
        metadata: ObjectMeta(name: s.unique("imp")), rules: [Robot.rule(["impersonate"], ["users"])])
      try await s.create(role.json)
      let subject = RBACSubject(kind: "ServiceAccount", name: "robot", namespace: s.namespace)
      try await s.create(
        ClusterRoleBinding(
          metadata: ObjectMeta(name: s.unique("imp")), subjects: [subject],
          roleRef: RoleRef(apiGroup: Robot.group, kind: "ClusterRole", name: role.metadata.name)
        ).json)
      _ = try await s.eventually("the robot may impersonate users") {
        try await message(Impersonation(user: "jane"))
          == "secrets is forbidden: User \"jane\" cannot list resource \"secrets\" in API group \"\" at the cluster scope"
          ? true : nil
      }
      try expect(
        try await message(Impersonation(user: "jane", groups: ["devs"])),
        .string("groups \"devs\" is forbidden: \(cannot) \"groups\" in API group \"\" at the cluster scope"))
      try expect(
        try await message(Impersonation(user: "jane", extra: ["scopes": ["read"]])),
        .string(
          "userextras.authentication.k8s.io \"read\" is forbidden: \(cannot) \"userextras/scopes\" in API group \"authentication.k8s.io\" at the cluster scope"
        ))
    },
  ]

  private static func attributes(_ s: Sandbox, _ verb: String) -> JSONValue {
    [
      "resourceAttributes": [
        "namespace": .string(s.namespace), "verb": .string(verb), "resource": "secrets", "name": "x",
      ]
    ]
  }

  static let reviews: [Behavior] = [
    Behavior("a SelfSubjectAccessReview tells what RBAC decides, and by which binding") { s in
      let robot = Robot(s)
      try await robot.grant("reader", [Robot.rule(["get"], ["secrets"])])
      let kind = "SelfSubjectAccessReview"
      let allowed = try await Robot.review(kind, attributes(s, "get"), in: robot.sandbox)
      try expect(allowed.status, 201, "the status")
      try expect(
        allowed.body?["status"],
        [
          "allowed": true,
          "reason": .string(
            "RBAC: allowed by RoleBinding \"reader/\(s.namespace)\" of Role \"reader\" to ServiceAccount \"robot/\(s.namespace)\""
          ),
        ])
      let denied = try await Robot.review(kind, attributes(s, "list"), in: robot.sandbox)
      try expect(denied.body?["status"], ["allowed": false])
      let path = try await Robot.review(
        kind, ["nonResourceAttributes": ["path": "/apis", "verb": "get"]], in: robot.sandbox)
      try expect(path.body?.value(at: "status", "allowed"), true)
      try expect(try await Robot.review(kind, [:], in: robot.sandbox).status, 422, "without attributes")
      let get = try await s.raw(
        .get, ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"])
      try expect(get.status, 405, "a GET")
    },
    Behavior("a SubjectAccessReview tells it of others, a local one of its namespace") { s in
      let robot = Robot(s)
      try await robot.grant("reader", [Robot.rule(["get"], ["secrets"])])
      var spec = attributes(s, "get")
      try expect(try await Robot.review("SubjectAccessReview", spec, in: s).status, 422, "without a user")
      spec["user"] = .string(robot.user)
      let asked = try await Robot.review("SubjectAccessReview", spec, in: s)
      try expect(asked.body?.value(at: "status", "allowed"), true)
      let local = "LocalSubjectAccessReview"
      let here = try await Robot.review(local, spec, in: s, namespace: s.namespace)
      try expect(here.body?.value(at: "status", "allowed"), true)
      try expect(
        try await Robot.review(local, spec, in: s, namespace: "default").status, 422, "another namespace")
      let refused = try await Robot.review("SubjectAccessReview", spec, in: robot.sandbox)
      try expect(refused.status, 403, "for the robot itself")
    },
    Behavior("a SelfSubjectRulesReview lists the rules that hold in a namespace") { s in
      let robot = Robot(s)
      let rule = Robot.rule(["get"], ["secrets"], names: ["x"])
      try await robot.grant("reader", [rule])
      let kind = "SelfSubjectRulesReview"
      let answer = try await Robot.review(kind, ["namespace": .string(s.namespace)], in: robot.sandbox)
      let status = answer.body?["status"]
      try expect(status?["incomplete"], false)
      try expect(status?["resourceRules"]?.array?.contains(rule.json) == true, "the rule is missing")
      let paths = status?["nonResourceRules"]?.array ?? []
      try expect(
        paths.contains { $0["nonResourceURLs"]?.array?.contains("/apis") == true }, "the paths are missing")
      try expect(try await Robot.review(kind, [:], in: robot.sandbox).status, 400, "without a namespace")
    },
  ]
}
