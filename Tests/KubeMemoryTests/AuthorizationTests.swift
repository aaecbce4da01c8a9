import HTTPTypes
import KubeCore
import KubeKindsRBAC
import KubeMemory
import KubeTransport
import Testing

import struct Foundation.Date

/// A world with RBAC on, and the short forms in which its roles are written.
struct RBACWorld {
  var world = World(authorization: .rbac)

  static let account = APIUser.serviceAccount(namespace: "default", name: "robot")
  static let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
  static let roleBindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
  static let clusterRoles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
  static let clusterRoleBindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"

  static func rule(_ verbs: [String], _ resources: [String], group: String = "", names: [String] = [])
    -> PolicyRule
  {
    PolicyRule(verbs: verbs, apiGroups: [group], resources: resources, resourceNames: names)
  }

  static let rbac = "rbac.authorization.k8s.io"

  static func role(_ name: String, _ rules: [PolicyRule]) -> JSONValue {
    Role(metadata: ObjectMeta(name: name, namespace: "default"), rules: rules).json
  }

  static func clusterRole(_ name: String, _ rules: [PolicyRule]) -> JSONValue {
    ClusterRole(metadata: ObjectMeta(name: name), rules: rules).json
  }

  static func binding(_ name: String, _ kind: String, _ role: String) -> JSONValue {
    let subjects = [RBACSubject(kind: "ServiceAccount", name: "robot", namespace: "default")]
    let roleRef = RoleRef(apiGroup: rbac, kind: kind, name: role)
    return RoleBinding(
      metadata: ObjectMeta(name: name, namespace: "default"), subjects: subjects, roleRef: roleRef
    ).json
  }

  static func clusterBinding(_ name: String, _ role: String) -> JSONValue {
    let subjects = [RBACSubject(kind: "ServiceAccount", name: "robot", namespace: "default")]
    return ClusterRoleBinding(
      metadata: ObjectMeta(name: name), subjects: subjects,
      roleRef: RoleRef(apiGroup: rbac, kind: "ClusterRole", name: role)
    ).json
  }

  /// Grants `rules` to the robot, in the namespace `default` or in the whole cluster.
  mutating func grant(_ name: String, _ rules: [PolicyRule], everywhere: Bool = false) {
    let former = world.user
    world.user = nil
    if everywhere {
      #expect(world.post(Self.clusterRoles, Self.clusterRole(name, rules)).code == 201)
      #expect(world.post(Self.clusterRoleBindings, Self.clusterBinding(name, name)).code == 201)
    } else {
      #expect(world.post(Self.roles, Self.role(name, rules)).code == 201)
      #expect(world.post(Self.roleBindings, Self.binding(name, "Role", name)).code == 201)
    }
    world.user = former
  }

  /// The robot's world.
  init() { world.user = Self.account }
}

@Suite struct AuthorizationTests {
  @Test func `without RBAC every user may do everything`() {
    var world = World()
    world.user = .anonymous
    #expect(world.post(Sample.secrets, Sample.secret("a")).code == 201)
    #expect(world.server.authorization == .alwaysAllow)
    #expect(world.get(RBACWorld.clusterRoles + "/cluster-admin").code == 404)
  }

  @Test func `a request without a user is an administrator's`() {
    var world = World(authorization: .rbac)
    #expect(world.post(Sample.secrets, Sample.secret("a")).code == 201)
    world.user = .admin
    #expect(world.get(Sample.secrets + "/a").code == 200)
  }

  @Test func `a refusal holds no HTML, whatever follows a bracket`() {
    var world = World(authorization: .rbac)
    world.user = APIUser(name: "<\u{338}b>&", groups: [])
    let message = world.get(Sample.secrets).message ?? ""
    #expect(message.contains("User \"&lt;\u{338}b&gt;&amp;\" cannot list"), "\(message)")
  }

  @Test func `what is not granted is forbidden, as kube-apiserver says it`() {
    var robot = RBACWorld()
    let answer = robot.world.get(Sample.secrets + "/x")
    #expect(answer.code == 403)
    #expect(answer.reason == "Forbidden")
    #expect(
      answer.message
        == #"secrets "x" is forbidden: User "system:serviceaccount:default:robot" cannot get resource "secrets" in API group "" in the namespace "default""#
    )
    #expect(answer.json["details"] == ["name": "x", "kind": "secrets"])
    let list = robot.world.get("/apis/apps/v1/deployments")
    #expect(
      list.message
        == #"deployments.apps is forbidden: User "system:serviceaccount:default:robot" cannot list resource "deployments" in API group "apps" at the cluster scope"#
    )
    #expect(list.json["details"] == ["group": "apps", "kind": "deployments"])
    let scale = robot.world.get(Sample.deployments + "/d/scale")
    #expect(
      scale.message
        == #"deployments.apps "d" is forbidden: User "system:serviceaccount:default:robot" cannot get resource "deployments/scale" in API group "apps" in the namespace "default""#
    )
    let path = robot.world.get("/metrics")
    #expect(path.code == 403)
    #expect(
      path.message == #"forbidden: User "system:serviceaccount:default:robot" cannot get path "/metrics""#)
  }

  @Test func `authorization comes before the question whether a resource is served`() {
    var robot = RBACWorld()
    #expect(robot.world.get("/apis/nowhere.example.org/v1/namespaces/default/things/x").code == 403)
    robot.world.user = .admin
    #expect(robot.world.get("/apis/nowhere.example.org/v1/namespaces/default/things/x").code == 404)
  }

  @Test func `a role is granted in its binding's namespace only`() {
    var robot = RBACWorld()
    robot.grant("reader", [RBACWorld.rule(["get", "list"], ["secrets"])])
    #expect(robot.world.get(Sample.secrets).code == 200)
    #expect(robot.world.get("/api/v1/namespaces/kube-system/secrets").code == 403)
    #expect(robot.world.get("/api/v1/secrets").code == 403)
    #expect(robot.world.post(Sample.secrets, Sample.secret("a")).code == 403)
    robot.grant("all-reader", [RBACWorld.rule(["list"], ["secrets"])], everywhere: true)
    #expect(robot.world.get("/api/v1/secrets").code == 200)
    #expect(robot.world.get("/api/v1/namespaces/kube-system/secrets").code == 200)
  }

  @Test func `what was granted is seen at once, and so is what was taken away`() {
    var robot = RBACWorld()
    #expect(robot.world.get(Sample.secrets).code == 403)
    robot.grant("reader", [RBACWorld.rule(["list"], ["secrets"])])
    #expect(robot.world.get(Sample.secrets).code == 200)
    let copy = robot
    robot.world.user = .admin
    #expect(robot.world.delete(RBACWorld.roleBindings + "/reader").code == 200)
    robot.world.user = RBACWorld.account
    #expect(robot.world.get(Sample.secrets).code == 403)
    var other = copy
    #expect(other.world.get(Sample.secrets).code == 200)
    other.world.user = .admin
    #expect(other.world.merge(RBACWorld.roles + "/reader", ["rules": []]).code == 200)
    other.world.user = RBACWorld.account
    #expect(other.world.get(Sample.secrets).code == 403)
  }

  @Test func `each verb is asked for by its request`() {
    let path = Sample.configMaps
    let cases: [(String, (inout World) -> World.Answer)] = [
      ("get", { $0.get(path + "/a") }), ("list", { $0.get(path) }),
      ("watch", { $0.get(path + "?watch=true") }),
      ("create", { $0.post(path, Sample.configMap("b")) }),
      ("update", { $0.put(path + "/a", Sample.configMap("a")) }),
      ("patch", { $0.merge(path + "/a", ["data": ["x": "y"]]) }), ("delete", { $0.delete(path + "/a") }),
      ("deletecollection", { $0.delete(path) }),
    ]
    for (verb, request) in cases {
      var robot = RBACWorld()
      robot.world.user = .admin
      _ = robot.world.post(path, Sample.configMap("a"))
      robot.world.user = RBACWorld.account
      robot.grant("others", [RBACWorld.rule(cases.map(\.0).filter { $0 != verb }, ["configmaps"])])
      let refused = request(&robot.world)
      #expect(refused.code == 403, "\(verb)")
      #expect(
        refused.message?.contains(" cannot \(verb) resource ") == true, "\(verb): \(refused.message ?? "")")
      robot.grant("this", [RBACWorld.rule([verb], ["configmaps"])])
      #expect((200...201).contains(request(&robot.world).code), "\(verb)")
    }
  }

  @Test func `a list that selects one name is authorized by that name`() {
    var robot = RBACWorld()
    robot.grant("one", [RBACWorld.rule(["get", "list", "watch"], ["secrets"], names: ["a"])])
    #expect(robot.world.get(Sample.secrets).code == 403)
    #expect(robot.world.get(Sample.secrets + "?fieldSelector=metadata.name=a").code == 200)
    #expect(robot.world.get(Sample.secrets + "?fieldSelector=metadata.name=a&watch=true").code == 200)
    let other = robot.world.get(Sample.secrets + "?fieldSelector=metadata.name=b")
    #expect(other.code == 403)
    #expect(other.json.value(at: "details", "name") == "b")
    #expect(robot.world.get(Sample.secrets + "?fieldSelector=metadata.name!=a").code == 403)
  }

  @Test func `a Namespace is authorized within itself`() {
    var robot = RBACWorld()
    robot.grant("self", [RBACWorld.rule(["get"], ["namespaces"])])
    #expect(robot.world.get("/api/v1/namespaces/default").code == 200)
    let other = robot.world.get("/api/v1/namespaces/kube-system")
    #expect(other.code == 403)
    #expect(other.message?.hasSuffix(#"in the namespace "kube-system""#) == true)
  }

  @Test func `apply that creates needs the verb create too`() {
    var robot = RBACWorld()
    robot.grant("patcher", [RBACWorld.rule(["patch"], ["configmaps"])])
    let refused = robot.world.apply(Sample.configMaps + "/a", "m", Sample.configMap("a"))
    #expect(refused.code == 403)
    #expect(
      refused.message
        == #"configmaps "a" is forbidden: User "system:serviceaccount:default:robot" cannot create resource "configmaps" in API group "" in the namespace "default""#
    )
    robot.grant("creator", [RBACWorld.rule(["create"], ["configmaps"], names: ["a"])])
    #expect(robot.world.apply(Sample.configMaps + "/a", "m", Sample.configMap("a")).code == 201)
    #expect(robot.world.apply(Sample.configMaps + "/b", "m", Sample.configMap("b")).code == 403)
    #expect(robot.world.post(Sample.configMaps, Sample.configMap("a2")).code == 403)
  }

  @Test func `everyone reads the discovery documents, and anonymous users the version`() {
    var robot = RBACWorld()
    for path in ["/api", "/apis", "/apis/apps/v1", "/version", "/healthz", "/openapi/v3"] {
      #expect(robot.world.get(path).code == 200, "\(path)")
    }
    robot.world.user = .anonymous
    #expect(robot.world.get("/version").code == 200)
    let api = robot.world.get("/api")
    #expect(api.code == 403)
    #expect(api.message == #"forbidden: User "system:anonymous" cannot get path "/api""#)
  }

  @Test func `a binding to a role that isn't there says so`() {
    var robot = RBACWorld()
    robot.world.user = .admin
    #expect(robot.world.post(RBACWorld.roleBindings, RBACWorld.binding("b", "Role", "gone")).code == 201)
    robot.world.user = RBACWorld.account
    let message = robot.world.get(Sample.secrets + "/x").message
    #expect(message?.hasSuffix(#": RBAC: role.rbac.authorization.k8s.io "gone" not found"#) == true)
  }

  @Test func `an aggregated ClusterRole gets the rules of those that it selects`() {
    var robot = RBACWorld()
    var part = RBACWorld.clusterRole("part", [RBACWorld.rule(["list"], ["secrets"])])
    part.set(["to": "whole"], at: ["metadata", "labels"])
    var whole = RBACWorld.clusterRole("whole", [])
    whole["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": ["to": "whole"]]]]
    robot.world.user = .admin
    for role in [part, whole] { #expect(robot.world.post(RBACWorld.clusterRoles, role).code == 201) }
    #expect(
      robot.world.post(RBACWorld.clusterRoleBindings, RBACWorld.clusterBinding("b", "whole")).code == 201)
    robot.world.collectGarbage()
    robot.world.user = RBACWorld.account
    #expect(robot.world.get("/api/v1/secrets").code == 200)
    robot.world.user = .admin
    #expect(robot.world.delete(RBACWorld.clusterRoles + "/part").code == 200)
    robot.world.collectGarbage()
    robot.world.user = RBACWorld.account
    #expect(robot.world.get("/api/v1/secrets").code == 403)
  }

  @Test func `turning RBAC on leaves roles that are there as they are`() {
    var world = World()
    let own = RBACWorld.clusterRole("system:auth-delegator", [])
    #expect(world.post(RBACWorld.clusterRoles, own).code == 201)
    world.server.setAuthorization(.rbac, at: Date(timeIntervalSince1970: 0))
    #expect(world.server.authorization == .rbac)
    #expect(world.get(RBACWorld.clusterRoles + "/system:auth-delegator").json["rules"] ?? .null == .null)
    #expect(world.get(RBACWorld.clusterRoleBindings + "/cluster-admin").code == 200)
    world.server.setAuthorization(.alwaysAllow, at: Date(timeIntervalSince1970: 0))
    world.user = .anonymous
    #expect(world.get(Sample.secrets).code == 200)
  }
}
