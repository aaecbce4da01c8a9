import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

import struct Foundation.Date

@Suite struct AuthenticationTests {
  private static let accounts = "/api/v1/namespaces/default/serviceaccounts"
  private static let authorization = "/apis/authorization.k8s.io/v1/"

  /// A world with the robot's account, and a token of it.
  private func worldWithToken(_ spec: JSONValue = [:]) -> (RBACWorld, HTTPFields) {
    var robot = RBACWorld()
    robot.world.user = nil
    let account: JSONValue = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "robot"]]
    #expect(robot.world.post(Self.accounts, account).code == 201)
    let answer = robot.world.post(Self.accounts + "/robot/token", ["spec": spec])
    let token = answer.json.value(at: "status", "token")?.string ?? ""
    #expect(!token.isEmpty)
    return (robot, [.authorization: "Bearer " + token])
  }

  private func list(_ robot: inout RBACWorld, _ headers: HTTPFields) -> Int {
    robot.world.send(.get, Sample.secrets, headers: headers).code
  }

  @Test func `a token makes its account the user`() {
    var (robot, headers) = worldWithToken()
    #expect(list(&robot, headers) == 403)
    robot.grant("reader", [RBACWorld.rule(["list"], ["secrets"])])
    #expect(list(&robot, headers) == 200)
    #expect(list(&robot, [:]) == 200)
  }

  @Test func `a token that isn't good is refused with 401`() {
    var (robot, headers) = worldWithToken()
    let token = headers[.authorization] ?? ""
    let refused = robot.world.send(.get, Sample.secrets, headers: [.authorization: token + "x"])
    #expect(refused.code == 401)
    #expect(refused.json["message"] == "Unauthorized")
    #expect(refused.reason == "Unauthorized")
    for header in ["Bearer", "Bearer x.y.z", "Basic abc", String(token.dropLast(8))] {
      #expect(list(&robot, [.authorization: header]) == 401, "\(header)")
    }
    var other = World()
    other.server = MemoryAPIServer(seed: 1, authorization: .rbac)
    #expect(other.send(.get, Sample.secrets, headers: headers).code == 401)
  }

  @Test func `a token ends with its time, its account and its bound object`() {
    var (robot, headers) = worldWithToken(["expirationSeconds": 600])
    robot.world.seconds += 590
    #expect(list(&robot, headers) == 403)
    robot.world.seconds += 75
    #expect(list(&robot, headers) == 401)

    (robot, headers) = worldWithToken()
    #expect(robot.world.delete(Self.accounts + "/robot").code == 200)
    #expect(list(&robot, headers) == 401)
    let again: JSONValue = ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "robot"]]
    #expect(robot.world.post(Self.accounts, again).code == 201)
    #expect(list(&robot, headers) == 401)

    (robot, headers) = worldWithToken()
    #expect(robot.world.post(Sample.secrets, Sample.secret("s")).code == 201)
    let bound = robot.world.post(
      Self.accounts + "/robot/token",
      ["spec": ["boundObjectRef": ["kind": "Secret", "apiVersion": "v1", "name": "s"]]])
    headers = [.authorization: "Bearer " + (bound.json.value(at: "status", "token")?.string ?? "")]
    #expect(list(&robot, headers) == 403)
    #expect(robot.world.delete(Sample.secrets + "/s").code == 200)
    #expect(list(&robot, headers) == 401)
  }

  @Test func `a token for another audience is none for this server`() {
    var (robot, headers) = worldWithToken(["audiences": ["vault"]])
    #expect(list(&robot, headers) == 401)
    let token = String((headers[.authorization] ?? "").dropFirst("Bearer ".count))
    let review: JSONValue = ["spec": ["token": .string(token), "audiences": ["vault", "other"]]]
    let answer = robot.world.post("/apis/authentication.k8s.io/v1/tokenreviews", review)
    #expect(answer.code == 201)
    #expect(answer.json.value(at: "status", "authenticated") == true)
    #expect(answer.json.value(at: "status", "audiences") == ["vault"])
    #expect(answer.json.value(at: "status", "user", "username") == "system:serviceaccount:default:robot")
  }

  @Test func `a TokenReview of a bad token says so`() {
    var world = World()
    let answer = world.post("/apis/authentication.k8s.io/v1/tokenreviews", ["spec": ["token": "x"]])
    #expect(answer.code == 201)
    #expect(answer.json.value(at: "status", "authenticated") == nil)
    #expect(answer.json.value(at: "status", "error") == "invalid bearer token")
  }

  // MARK: Impersonation

  private func impersonating(_ fields: [(String, String)]) -> HTTPFields {
    var headers = HTTPFields()
    for (name, value) in fields {
      if let name = HTTPField.Name("Impersonate-" + name) {
        headers.append(HTTPField(name: name, value: value))
      }
    }
    return headers
  }

  private func whoami(_ robot: inout RBACWorld, _ headers: HTTPFields) -> World.Answer {
    robot.world.send(
      .post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", [:], headers: headers)
  }

  @Test func `an administrator impersonates whom they like`() {
    var robot = RBACWorld()
    robot.world.user = .admin
    let info = whoami(
      &robot, impersonating([("User", "jane"), ("Group", "a"), ("Group", "b"), ("Extra-Acme.com%2Fx", "1")])
    ).json.value(at: "status", "userInfo")
    #expect(
      info == [
        "username": "jane", "groups": ["a", "b", "system:authenticated"], "extra": ["acme.com/x": ["1"]],
      ])
    let account = whoami(&robot, impersonating([("User", "system:serviceaccount:default:robot")])).json
    #expect(
      account.value(at: "status", "userInfo", "groups") == [
        "system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated",
      ])
    let anonymous = robot.world.send(
      .get, Sample.secrets, headers: impersonating([("User", "system:anonymous")]))
    #expect(anonymous.code == 403)
    #expect(whoami(&robot, impersonating([("Group", "a")])).code == 500)
  }

  @Test func `impersonation is authorized part by part`() {
    var robot = RBACWorld()
    let headers = impersonating([("User", "jane"), ("Group", "devs"), ("Extra-scopes", "read"), ("Uid", "1")])
    func refused() -> String? {
      let answer = robot.world.send(.get, Sample.secrets, headers: headers)
      #expect(answer.code == 403)
      return answer.message
    }
    let who = #"User "system:serviceaccount:default:robot" cannot impersonate resource"#
    let lacks = #"secrets is forbidden: User "system:serviceaccount:default:robot" cannot impersonate-on:"#
    let list = #":list resource "secrets" in API group "" in the namespace "default""#
    #expect(refused() == lacks + "user-info" + list)
    robot.grant("users", [RBACWorld.rule(["impersonate"], ["users"], names: ["jane"])], everywhere: true)
    #expect(
      refused() == #"groups "devs" is forbidden: \#(who) "groups" in API group "" at the cluster scope"#)
    robot.grant("groups", [RBACWorld.rule(["impersonate"], ["groups"])], everywhere: true)
    #expect(
      refused()
        == #"userextras.authentication.k8s.io "read" is forbidden: \#(who) "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope"#
    )
    let group = "authentication.k8s.io"
    robot.grant(
      "extras", [RBACWorld.rule(["impersonate"], ["userextras/scopes"], group: group)], everywhere: true)
    #expect(refused()?.hasPrefix(#"uids.authentication.k8s.io "1" is forbidden"#) == true)
    robot.grant("uids", [RBACWorld.rule(["impersonate"], ["uids"], group: group)], everywhere: true)
    #expect(refused()?.contains(#"User "jane" cannot list resource "secrets""#) == true)

    let account = impersonating([("User", "system:serviceaccount:kube-system:other")])
    let answer = robot.world.send(.get, Sample.secrets, headers: account)
    #expect(answer.message == lacks + "serviceaccount" + list)
    let more = robot.world.send(
      .get, Sample.secrets,
      headers: impersonating([("User", "system:serviceaccount:kube-system:other"), ("Group", "devs")]))
    #expect(
      more.message
        == #"serviceaccounts "other" is forbidden: \#(who) "serviceaccounts" in API group "" in the namespace "kube-system""#
    )
  }

  // MARK: Reviews

  private func review(_ kind: String, _ spec: JSONValue) -> JSONValue {
    ["kind": .string(kind), "apiVersion": "authorization.k8s.io/v1", "spec": spec]
  }

  private let getSecret: JSONValue = [
    "namespace": "default", "verb": "get", "resource": "secrets", "name": "x",
  ]

  @Test func `access reviews tell what RBAC would decide`() {
    var robot = RBACWorld()
    let selfReview = review("SelfSubjectAccessReview", ["resourceAttributes": getSecret])
    let path = Self.authorization + "selfsubjectaccessreviews"
    let before = robot.world.server.resourceVersion
    let denied = robot.world.post(path, selfReview)
    #expect(denied.code == 201)
    #expect(denied.json["status"] == ["allowed": false])
    #expect(robot.world.server.resourceVersion == before)
    robot.grant("reader", [RBACWorld.rule(["get"], ["secrets"])])
    #expect(
      robot.world.post(path, selfReview).json["status"] == [
        "allowed": true,
        "reason":
          #"RBAC: allowed by RoleBinding "reader/default" of Role "reader" to ServiceAccount "robot/default""#,
      ])

    let others: JSONValue = [
      "resourceAttributes": getSecret, "user": "jane", "groups": ["system:masters"],
    ]
    let subjects = Self.authorization + "subjectaccessreviews"
    #expect(robot.world.post(subjects, review("SubjectAccessReview", others)).code == 403)
    robot.world.user = .admin
    #expect(
      robot.world.post(subjects, review("SubjectAccessReview", others)).json.value(at: "status", "allowed")
        == true)
    let local = Self.authorization + "namespaces/default/localsubjectaccessreviews"
    let jane: JSONValue = ["resourceAttributes": getSecret, "user": "jane"]
    #expect(
      robot.world.post(local, review("LocalSubjectAccessReview", jane)).json.value(at: "status", "allowed")
        == false)
    let elsewhere = Self.authorization + "namespaces/kube-system/localsubjectaccessreviews"
    #expect(robot.world.post(elsewhere, review("LocalSubjectAccessReview", jane)).code == 422)
    #expect(robot.world.post(subjects, review("SubjectAccessReview", ["user": "jane"])).code == 422)
    #expect(
      robot.world.post(subjects, review("SubjectAccessReview", ["resourceAttributes": getSecret])).code == 422
    )
  }

  @Test func `a rules review lists the rules of a namespace`() {
    var robot = RBACWorld()
    robot.grant("reader", [RBACWorld.rule(["get"], ["secrets"], names: ["a"])])
    let path = Self.authorization + "selfsubjectrulesreviews"
    let status = robot.world.post(path, review("SelfSubjectRulesReview", ["namespace": "default"])).json[
      "status"]
    #expect(status?["incomplete"] == false)
    #expect(
      status?["resourceRules"]?.array?.last == [
        "verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"],
      ])
    #expect(
      status?["nonResourceRules"]?.array?.contains { $0["nonResourceURLs"]?.array?.contains("/apis") == true }
        == true)
    let elsewhere = robot.world.post(path, review("SelfSubjectRulesReview", ["namespace": "kube-system"]))
    #expect(
      elsewhere.json.value(at: "status", "resourceRules")?.array?.contains { $0["resources"] == ["secrets"] }
        == false)
  }

  // MARK: Transports

  @Test func `a cluster's transport for a user makes that user's requests`() async throws {
    let cluster = InMemoryCluster(MemoryAPIServer(authorization: .rbac))
    let request = KubeRequest(method: .get, path: ["api", "v1", "secrets"])
    #expect(try await cluster.send(request).status.code == 200)
    #expect(try await cluster.transport(as: RBACWorld.account).send(request).status.code == 403)
    #expect(try await cluster.transport(as: .admin).send(request).status.code == 200)
    var impersonating = request
    impersonating.impersonation = Impersonation(user: "jane")
    #expect(try await cluster.send(impersonating).status.code == 403)
  }
}
