import KubeCore
import KubeKindsCore
import KubeKindsRBAC
import KubeTransport

extension Behavior {
  private static let writeRoles = Robot.rule(
    ["create", "update", "patch"], ["roles", "rolebindings"], group: Robot.group)
  private static let secrets = Robot.rule(["get", "list"], ["secrets"])

  private static func escalation(_ robot: Robot, _ subject: String, _ missing: String...) -> String {
    "\(subject) is forbidden: user \"\(robot.user)\" (groups=\(robot.groups)) is attempting to grant RBAC permissions not currently held:\n"
      + missing.joined(separator: "\n")
  }

  static let escalation: [Behavior] = [
    Behavior("a role with rules that its writer doesn't hold is refused; they are listed") { s in
      let robot = Robot(s)
      try await robot.grant("robot", [writeRoles, Robot.rule(["get"], ["secrets"])])
      let role = robot.role("x", [secrets, Robot.rule(["delete"], ["pods"], names: ["p"])])
      let message = escalation(
        robot, "roles.rbac.authorization.k8s.io \"x\"",
        "{APIGroups:[\"\"], Resources:[\"pods\"], ResourceNames:[\"p\"], Verbs:[\"delete\"]}",
        "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"list\"]}")
      try await robot.forbidden(message) { try await $0.create(role) }
      try await robot.forbidden(message) { try await $0.apply(role) }
      try await robot.grant("rest", [secrets, Robot.rule(["delete"], ["pods"])])
      try await robot.sandbox.create(role)
      try await robot.forbidden(
        escalation(
          robot, "roles.rbac.authorization.k8s.io \"x\"",
          "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"watch\"]}")
      ) {
        try await $0.merge(
          s.key("x", Role.type), ["rules": [Robot.rule(["watch"], ["secrets"]).json]])
      }
      try await robot.sandbox.merge(s.key("x", Role.type), ["rules": []])
    },
    Behavior("a wildcard is granted by who holds it, not by who holds what it stands for") { s in
      let robot = Robot(s)
      let verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
      try await robot.grant("robot", [writeRoles, Robot.rule(verbs, ["secrets"])])
      try await robot.forbidden(
        escalation(
          robot, "roles.rbac.authorization.k8s.io \"x\"",
          "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"*\"]}")
      ) { try await $0.create(robot.role("x", [Robot.rule(["*"], ["secrets"])])) }
    },
    Behavior("escalate by name covers an apply that creates, but no POST") { s in
      let robot = Robot(s)
      let escalate = Robot.rule(["escalate"], ["roles"], group: Robot.group, names: ["x"])
      try await robot.grant("robot", [writeRoles, escalate])
      let role = robot.role("x", [secrets])
      try await s.refused(.forbidden, 403, "Forbidden") { try await robot.sandbox.create(role) }
      try await robot.sandbox.apply(role)
      try await robot.sandbox.replace(role)
      try await s.refused(.forbidden, 403, "Forbidden") {
        try await robot.sandbox.apply(robot.role("y", [secrets]))
      }
    },
    Behavior("a role is bound by who holds its rules or may bind it by name") { s in
      let robot = Robot(s)
      try await s.create(robot.role("target", [secrets]))
      try await robot.grant("robot", [writeRoles])
      let binding = robot.binding("b", to: "target")
      try await robot.forbidden(
        escalation(
          robot, "rolebindings.rbac.authorization.k8s.io \"b\"",
          "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}")
      ) { try await $0.create(binding) }
      try await s.refused(.notFound, 404, "NotFound") {
        try await robot.sandbox.create(robot.binding("c", to: "gone"))
      }
      try await robot.grant(
        "binder", [Robot.rule(["bind"], ["roles"], group: Robot.group, names: ["target"])])
      try await robot.sandbox.create(binding)
      try await robot.sandbox.merge(s.key("b", RoleBinding.type), ["subjects": []])
      try await robot.sandbox.create(robot.binding("d", to: "robot"))
    },
    Behavior("an owner's deletion is held up by who may write the owner's finalizers") { s in
      let robot = Robot(s)
      let owner = try await s.create(document(Secret.type, "owner"))
      func owned(_ name: String, blocking: Bool) -> JSONValue {
        var object = configMap(name)
        object.set(
          [
            [
              "apiVersion": "v1", "kind": "Secret", "name": "owner", "uid": .string(owner.metadata.uid ?? ""),
              "blockOwnerDeletion": .bool(blocking),
            ]
          ], at: ["metadata", "ownerReferences"])
        return object
      }
      try await robot.grant("robot", [Robot.rule(["create", "update"], ["configmaps"])])
      try await robot.forbidden(
        "configmaps \"a\" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>"
      ) { try await $0.create(owned("a", blocking: true)) }
      try await robot.sandbox.create(owned("a", blocking: false))
      try await robot.forbidden(
        "configmaps \"a\" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>"
      ) { try await $0.replace(configMap("a")) }
      try await robot.grant(
        "owner", [Robot.rule(["delete"], ["configmaps"]), Robot.rule(["update"], ["secrets/finalizers"])])
      try await robot.sandbox.replace(owned("a", blocking: true))
    },
  ]
}
