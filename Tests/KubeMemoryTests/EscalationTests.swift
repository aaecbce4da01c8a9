import KubeCore
import KubeMemory
import Testing

@Suite struct EscalationTests {
  private let writeRoles = RBACWorld.rule(
    ["create", "update", "patch", "get"], ["roles", "rolebindings", "clusterroles"], group: RBACWorld.rbac)
  private let secrets = RBACWorld.rule(["get", "list"], ["secrets"])

  private func robot(_ rules: [PolicyRule] = []) -> RBACWorld {
    var robot = RBACWorld()
    robot.grant("robot", [writeRoles] + rules)
    return robot
  }

  @Test func `a role with rules that its writer doesn't hold is refused`() {
    var robot = robot([RBACWorld.rule(["get"], ["secrets"])])
    let role = RBACWorld.role("x", [secrets, RBACWorld.rule(["delete"], ["pods"], names: ["p"])])
    let answer = robot.world.post(RBACWorld.roles, role)
    #expect(answer.code == 403)
    #expect(
      answer.message == """
        roles.rbac.authorization.k8s.io "x" is forbidden: user "system:serviceaccount:default:robot" \
        (groups=["system:serviceaccounts" "system:serviceaccounts:default" "system:authenticated"]) \
        is attempting to grant RBAC permissions not currently held:
        {APIGroups:[""], Resources:["pods"], ResourceNames:["p"], Verbs:["delete"]}
        {APIGroups:[""], Resources:["secrets"], Verbs:["list"]}
        """)
    #expect(answer.json["details"] == ["name": "x", "group": "rbac.authorization.k8s.io", "kind": "roles"])
    robot.grant("rest", [secrets, RBACWorld.rule(["delete"], ["pods"])])
    #expect(robot.world.post(RBACWorld.roles, role).code == 201)
  }

  @Test func `a role isn't widened beyond what its writer holds`() {
    var robot = robot([secrets])
    #expect(robot.world.post(RBACWorld.roles, RBACWorld.role("x", [secrets])).code == 201)
    let wider = [secrets, RBACWorld.rule(["watch"], ["secrets"])]
    #expect(robot.world.put(RBACWorld.roles + "/x", RBACWorld.role("x", wider)).code == 403)
    #expect(
      robot.world.apply(RBACWorld.roles + "/x", "m", RBACWorld.role("x", wider), force: true).code == 403)
    #expect(robot.world.merge(RBACWorld.roles + "/x", ["rules": .array(wider.map(\.json))]).code == 403)
    #expect(robot.world.put(RBACWorld.roles + "/x", RBACWorld.role("x", [])).code == 200)
  }

  @Test func `escalate by name covers an update and an apply but no POST`() {
    var robot = robot([
      RBACWorld.rule(["escalate"], ["roles"], group: RBACWorld.rbac, names: ["x"])
    ])
    let role = RBACWorld.role("x", [secrets])
    #expect(robot.world.post(RBACWorld.roles, role).code == 403)
    #expect(robot.world.apply(RBACWorld.roles + "/x", "m", role).code == 201)
    #expect(robot.world.put(RBACWorld.roles + "/x", role).code == 200)
    #expect(robot.world.apply(RBACWorld.roles + "/y", "m", RBACWorld.role("y", [secrets])).code == 403)
  }

  @Test func `a role is bound by who holds its rules or may bind it by name`() {
    var robot = robot()
    robot.world.user = .admin
    _ = robot.world.post(RBACWorld.roles, RBACWorld.role("target", [secrets]))
    robot.world.user = RBACWorld.account
    let binding = RBACWorld.binding("b", "Role", "target")
    let refused = robot.world.post(RBACWorld.roleBindings, binding)
    #expect(refused.code == 403)
    #expect(refused.message?.contains("attempting to grant RBAC permissions not currently held") == true)
    #expect(robot.world.post(RBACWorld.roleBindings, RBACWorld.binding("c", "Role", "gone")).code == 404)
    robot.grant("binder", [RBACWorld.rule(["bind"], ["roles"], group: RBACWorld.rbac, names: ["target"])])
    #expect(robot.world.post(RBACWorld.roleBindings, binding).code == 201)
    #expect(robot.world.merge(RBACWorld.roleBindings + "/b", ["subjects": []]).code == 200)
    #expect(robot.world.post(RBACWorld.roleBindings, RBACWorld.binding("d", "Role", "robot")).code == 201)
  }

  @Test func `an aggregation rule needs an administrator`() {
    var robot = RBACWorld()
    robot.grant("robot", [writeRoles], everywhere: true)
    var role = RBACWorld.clusterRole("x", [])
    role["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": ["a": "b"]]]]
    let answer = robot.world.post(RBACWorld.clusterRoles, role)
    #expect(answer.code == 403)
    #expect(
      answer.message?.hasSuffix("must have cluster-admin privileges to use the aggregationRule") == true)
  }

  // MARK: Owner references

  private func owned(_ name: String, by owner: World.Answer, blocking: Bool) -> JSONValue {
    var object = Sample.configMap(name)
    object.set(
      [
        [
          "apiVersion": "v1", "kind": "Secret", "name": "owner", "uid": .string(owner.uid ?? ""),
          "blockOwnerDeletion": .bool(blocking),
        ]
      ], at: ["metadata", "ownerReferences"])
    return object
  }

  @Test func `owner references need permissions where the plugin enforces them`() {
    var robot = RBACWorld()
    robot.world.user = .admin
    let owner = robot.world.post(Sample.secrets, Sample.secret("owner"))
    robot.world.user = RBACWorld.account
    robot.grant("writer", [RBACWorld.rule(["create", "update"], ["configmaps"])])
    var free = robot
    #expect(free.world.post(Sample.configMaps, owned("a", by: owner, blocking: true)).code == 201)

    robot.world.server.enforcesOwnerReferencePermissions = true
    let blocked = robot.world.post(Sample.configMaps, owned("a", by: owner, blocking: true))
    #expect(blocked.code == 403)
    #expect(
      blocked.message
        == #"configmaps "a" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>"#
    )
    #expect(robot.world.post(Sample.configMaps, owned("a", by: owner, blocking: false)).code == 201)
    let changed = robot.world.put(Sample.configMaps + "/a", Sample.configMap("a"))
    #expect(
      changed.message
        == #"configmaps "a" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>"#)
    robot.grant(
      "owner",
      [
        RBACWorld.rule(["delete"], ["configmaps"]), RBACWorld.rule(["update"], ["secrets/finalizers"]),
      ])
    #expect(robot.world.put(Sample.configMaps + "/a", owned("a", by: owner, blocking: true)).code == 200)
  }
}
