import HTTPTypes
import KubeCore
import KubeKindsApps
import KubeKindsCoordination
import KubeKindsRBAC
import KubeTransport

extension Behavior {
  private static func path(_ s: Sandbox, _ resource: String, _ rest: String...) -> [String] {
    ["api", "v1", "namespaces", s.namespace, resource] + rest
  }

  static let authorization: [Behavior] = [
    Behavior("what isn't granted is forbidden; the refusal says who can't do what where") { s in
      let robot = Robot(s)
      try await robot.forbidden(
        path(s, "secrets", "x"),
        "secrets \"x\" is forbidden: \(robot.cannot) get resource \"secrets\" in API group \"\" in the namespace \"\(s.namespace)\"",
        ["name": "x", "kind": "secrets"])
      try await robot.forbidden(
        ["apis", "apps", "v1", "deployments"],
        "deployments.apps is forbidden: \(robot.cannot) list resource \"deployments\" in API group \"apps\" at the cluster scope",
        ["group": "apps", "kind": "deployments"])
      try await robot.forbidden(
        ["apis", "apps", "v1", "namespaces", s.namespace, "deployments", "d", "scale"],
        "deployments.apps \"d\" is forbidden: \(robot.cannot) get resource \"deployments/scale\" in API group \"apps\" in the namespace \"\(s.namespace)\"",
        ["name": "d", "group": "apps", "kind": "deployments"])
      try await robot.forbidden(
        ["metrics"], "forbidden: \(robot.cannot) get path \"/metrics\"", [:])
    },
    Behavior("authorisation comes before the question whether a resource is served") { s in
      let robot = Robot(s)
      try await robot.forbidden(
        ["apis", "nowhere.example.org", "v1", "things", "x"],
        "things.nowhere.example.org \"x\" is forbidden: \(robot.cannot) get resource \"things\" in API group \"nowhere.example.org\" at the cluster scope"
      )
    },
    Behavior("a user who is authenticated reads discovery documents, another one the version") { s in
      let robot = Robot(s)
      for path in [["api"], ["apis"], ["apis", "apps", "v1"], ["version"]] {
        try expect(try await robot.sandbox.raw(.get, path).status, 200, "\(path)")
      }
      let anonymous = s.acting(as: Impersonation(user: "system:anonymous"))
      try expect(try await anonymous.raw(.get, ["version"]).status, 200, "the version")
      let (status, body) = try await anonymous.raw(.get, ["api"])
      try expect(status, 403, "the status")
      try expect(body?["message"], "forbidden: User \"system:anonymous\" cannot get path \"/api\"")
    },
    Behavior("a role is granted in its binding's namespace only, verb by verb") { s in
      let robot = Robot(s)
      try await s.create(configMap("a"))
      try await robot.grant("reader", [Robot.rule(["get", "list"], ["configmaps"])])
      try expect(try await robot.sandbox.read(s.key("a")).metadata.name, "a")
      try expect(try await robot.sandbox.raw(.get, path(s, "configmaps")).status, 200, "a list")
      let watch = try await robot.sandbox.raw(.get, path(s, "configmaps"), query: [("watch", "true")])
      try expect(watch.status, 403, "a watch")
      try expect(
        try await robot.sandbox.raw(.get, ["api", "v1", "namespaces", "default", "configmaps"]).status, 403,
        "another namespace")
      try expect(
        try await robot.sandbox.raw(.get, ["api", "v1", "configmaps"]).status, 403, "all namespaces")
      try expect(
        try await robot.sandbox.raw(.get, path(s, "configmaps", "a", "status")).status, 403, "status")
      try await robot.forbidden(
        "configmaps is forbidden: \(robot.cannot) create resource \"configmaps\" in API group \"\" in the namespace \"\(s.namespace)\""
      ) { try await $0.create(configMap("b")) }
      try await robot.forbidden(
        "configmaps \"a\" is forbidden: \(robot.cannot) delete resource \"configmaps\" in API group \"\" in the namespace \"\(s.namespace)\""
      ) { try await $0.delete(s.key("a")) }
      try expect(
        try await robot.sandbox.raw(.delete, path(s, "configmaps")).body?["message"],
        .string(
          "configmaps is forbidden: \(robot.cannot) deletecollection resource \"configmaps\" in API group \"\" in the namespace \"\(s.namespace)\""
        ))
    },
    Behavior("a list or watch that selects one name is authorised by that name") { s in
      let robot = Robot(s)
      try await robot.grant("one", [Robot.rule(["list", "watch"], ["secrets"], names: ["a"])])
      func status(_ selector: String?, watch: Bool = false) async throws -> Int {
        var query = selector.map { [("fieldSelector", $0)] } ?? []
        if watch { query += [("watch", "true"), ("timeoutSeconds", "1")] }
        return try await robot.sandbox.raw(.get, path(s, "secrets"), query: query).status
      }
      try expect(try await status("metadata.name=a"), 200, "a list of a")
      try expect(try await status("metadata.name=a", watch: true), 200, "a watch of a")
      try expect(try await status("metadata.name=a,type=Opaque"), 200, "a list of a with a type")
      try expect(try await status("metadata.name=b"), 403, "a list of b")
      try expect(try await status("metadata.name!=a"), 403, "a list of others")
      try expect(try await status(nil), 403, "a list of all")
      try await robot.forbidden(
        path(s, "secrets"), query: [("fieldSelector", "metadata.name=b")],
        "secrets \"b\" is forbidden: \(robot.cannot) list resource \"secrets\" in API group \"\" in the namespace \"\(s.namespace)\"",
        ["name": "b", "kind": "secrets"])
    },
    Behavior("a subresource is granted by its own name or by an asterisk for the resource") { s in
      let robot = Robot(s)
      try await s.create(document(Deployment.type, "d", Sandbox.deploymentSpec))
      let path = ["apis", "apps", "v1", "namespaces", s.namespace, "deployments", "d"]
      try await robot.grant("scales", [Robot.rule(["get"], ["*/scale"], group: "apps")])
      try expect(try await robot.sandbox.raw(.get, path + ["scale"]).status, 200, "the scale")
      try expect(try await robot.sandbox.raw(.get, path).status, 403, "the object")
      try expect(try await robot.sandbox.raw(.get, path + ["status"]).status, 403, "the status")
    },
    Behavior("a Namespace is authorised within itself") { s in
      let robot = Robot(s)
      try await robot.grant("self", [Robot.rule(["get"], ["namespaces"])])
      try expect(
        try await robot.sandbox.raw(.get, ["api", "v1", "namespaces", s.namespace]).status, 200, "its own")
      try await robot.forbidden(
        ["api", "v1", "namespaces", "default"],
        "namespaces \"default\" is forbidden: \(robot.cannot) get resource \"namespaces\" in API group \"\" in the namespace \"default\"",
        ["name": "default", "kind": "namespaces"])
    },
    Behavior("an apply that creates needs the verb create for the object's name") { s in
      let robot = Robot(s)
      try await robot.grant("patcher", [Robot.rule(["patch"], ["configmaps"])])
      try await s.refused(.forbidden, 403, "Forbidden") { try await robot.sandbox.apply(configMap("a")) }
      try await robot.grant("creator", [Robot.rule(["create"], ["configmaps"], names: ["a"])])
      try await robot.sandbox.apply(configMap("a"))
      try await s.refused(.forbidden, 403, "Forbidden") { try await robot.sandbox.apply(configMap("b")) }
      try await s.refused(.forbidden, 403, "Forbidden") { try await robot.sandbox.create(configMap("c")) }
    },
    Behavior(
      "an apply or replace that may not create says which verb it lacks",
      differs: .since(21, "1.20 gives no reason; the exact release isn't known")
    ) { s in
      let robot = Robot(s)
      let leases = Lease.type.group
      try await robot.grant("patcher", [Robot.rule(["patch"], ["configmaps"])])
      try await robot.forbidden(
        "configmaps \"a\" is forbidden: \(robot.cannot) create resource \"configmaps\" in API group \"\" in the namespace \"\(s.namespace)\""
      ) { try await $0.apply(configMap("a")) }
      try await robot.grant("putter", [Robot.rule(["update"], ["leases"], group: leases)])
      try await robot.forbidden(
        "leases.\(leases) \"a\" is forbidden: \(robot.cannot) create resource \"leases\" in API group \"\(leases)\" in the namespace \"\(s.namespace)\""
      ) { try await $0.replace(document(Lease.type, "a")) }
    },
    Behavior("a binding to a role that isn't there is named in the refusals of its subjects") { s in
      let robot = Robot(s)
      try await s.create(robot.binding("gone", to: "gone"))
      let message =
        "secrets \"x\" is forbidden: \(robot.cannot) get resource \"secrets\" in API group \"\" in the namespace \"\(s.namespace)\": RBAC: role.rbac.authorization.k8s.io \"gone\" not found"
      _ = try await s.eventually("the server knows the binding") {
        try await robot.sandbox.raw(.get, path(s, "secrets", "x")).body?["message"] == .string(message)
          ? true : nil
      }
    },
    Behavior("an aggregated ClusterRole gets the rules of those that it selects") { s in
      let label = s.unique("aggregate")
      var part = ClusterRole(
        metadata: ObjectMeta(name: s.unique("part")), rules: [Robot.rule(["get"], ["secrets"])]
      ).json
      part.set(.object([label: "yes"]), at: ["metadata", "labels"])
      try await s.create(part)
      var whole = ClusterRole(metadata: ObjectMeta(name: s.unique("whole"))).json
      whole["aggregationRule"] = [
        "clusterRoleSelectors": [["matchLabels": .object([label: "yes"])]]
      ]
      try await s.create(whole)
      let key = ObjectKey(ClusterRole.type, name: s.unique("whole"))
      _ = try await s.eventually("the rules are collected") {
        try await s.read(key).at("rules") == part["rules"] ? true : nil
      }
    },
    Behavior("a role's rules are complete, and a cluster's role is bound in the cluster") { s in
      let robot = Robot(s)
      try await s.invalid(["rules[0].verbs", "rules[0].resources"]) {
        try await s.create(robot.role("a", [PolicyRule(apiGroups: [""])]))
      }
      try await s.invalid(["rules[0].apiGroups"]) {
        try await s.create(robot.role("a", [PolicyRule(verbs: ["get"], resources: ["pods"])]))
      }
      try await s.invalid(["rules[0].nonResourceURLs"]) {
        try await s.create(robot.role("a", [PolicyRule(verbs: ["get"], nonResourceURLs: ["/x"])]))
      }
      try await s.invalid(["roleRef.kind"]) {
        try await s.create(
          ClusterRoleBinding(
            metadata: ObjectMeta(name: s.unique("b")),
            roleRef: RoleRef(apiGroup: Robot.group, kind: "Role", name: "x")
          ).json)
      }
      try await s.invalid(["aggregationRule.clusterRoleSelectors"]) {
        var role = ClusterRole(metadata: ObjectMeta(name: s.unique("c"))).json
        role["aggregationRule"] = [:]
        try await s.create(role)
      }
    },
  ]
}

extension Sandbox {
  /// The smallest Deployment spec that is accepted.
  static let deploymentSpec: JSONValue = [
    "spec": [
      "replicas": 0, "selector": ["matchLabels": ["app": "x"]],
      "template": [
        "metadata": ["labels": ["app": "x"]], "spec": ["containers": [["name": "main", "image": "x:1"]]],
      ],
    ]
  ]
}
