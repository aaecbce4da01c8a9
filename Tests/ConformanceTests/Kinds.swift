import HTTPTypes
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCoordination
import KubeKindsCore
import KubeKindsRBAC
import KubeTransport

extension Behavior {
  static let definitions: [Behavior] = [
    Behavior("a definition is established and served; when it goes, its objects go") { s in
      let group = "\(s.namespace).example.org"
      let definition = Widget.definition(group: group, kind: "Gadget", plural: "gadgets")
      let type = ResourceType(
        group: group, version: "v1", kind: "Gadget", plural: "gadgets", isNamespaced: true)
      let key = s.key("gadgets.\(group)", CustomResourceDefinition.type)
      let created = try await s.create(definition)
      try expect(created.at("spec", "names", "listKind"), "GadgetList")
      try expect(created.at("spec", "names", "singular"), "gadget")
      let conditions = try await s.eventually("it is established") { () -> [JSONValue]? in
        let conditions = try await s.read(key).at("status", "conditions")?.array ?? []
        return conditions.contains { $0["type"] == "Established" && $0["status"] == "True" }
          ? conditions : nil
      }
      try expect(
        conditions.contains { $0["type"] == "NamesAccepted" && $0["status"] == "True" },
        "its names aren't accepted")
      try await ServerPool.waitUntilServed(type, s.client())
      let object = document(type, "a", ["spec": ["size": 1]])
      _ = try await s.eventually("an object is taken") { () -> DynamicObject? in
        do {
          return try await s.client().create(s.key("a", type), object)
        } catch let error as KubeError where error.code == .notFound {
          return nil
        }
      }
      try expect(try await s.read(key).at("status", "storedVersions"), ["v1"])
      let versions = try await s.eventually("the group is discovered") { () -> [String]? in
        let versions = try await s.client().serverVersions(of: group)
        return versions.isEmpty ? nil : versions
      }
      try expect(versions, ["v1", "v1beta1"])
      try await s.delete(key)
      try await s.isGone(key)
      _ = try await s.eventually("it is served no more") { () -> Bool? in
        do {
          _ = try await s.client().get(s.key("a", type))
          return nil
        } catch let error as KubeError where error.code == .notFound {
          return true
        }
      }
    },
    Behavior("a definition is named after its plural and group") { s in
      var definition = Widget.definition(group: "\(s.namespace).example.org")
      definition.set("other.example.org", at: ["metadata", "name"])
      try await s.invalid(["metadata.name"]) { try await s.create(definition) }
    },
    Behavior("a definition has one storage version") { s in
      var definition = Widget.definition(group: "\(s.namespace).example.org")
      var versions = definition.value(at: "spec", "versions")?.array ?? []
      versions[0]["storage"] = false
      definition.set(.array(versions), at: ["spec", "versions"])
      let error = try await s.refused(.invalid, 422, "Invalid") { try await s.create(definition) }
      try expect(
        error.status?.details?.causes.contains { $0.field == "spec.versions" } == true, "\(error)")
    },
    Behavior("a schema's rules are kept, and the refusal names each field") { s in
      try await s.invalid(["spec.size"]) { try await s.create(widget("a", ["size": 0])) }
      let error = try await s.invalid(["spec.size"]) { try await s.create(widget("a", [:])) }
      try expect(error.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["FieldValueRequired"])
      let mode = try await s.invalid(["spec.mode"]) {
        try await s.create(widget("a", ["size": 1, "mode": "Other"]))
      }
      try expect(mode.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["FieldValueNotSupported"])
      try await s.invalid(["spec.note"]) {
        try await s.create(widget("a", ["size": 1, "note": "longer than ten"]))
      }
      try await s.refused(.invalid, 422, "Invalid") { try await s.create(widget("a", ["size": "one"])) }
    },
    Behavior("defaults of a schema are filled in, also in what is stored already") { s in
      try expect(try await s.create(widget("a")).at("spec", "mode"), "Slow")
      let cleared = try await s.merge(s.key("a", Widget.type), ["spec": ["mode": .null]])
      try expect(cleared.at("spec", "mode"), "Slow")
    },
    Behavior("free fields are kept") { s in
      let object = try await s.create(
        widget("a", ["size": 1, "free": ["x": ["y": 1]], "extra": ["any": "thing"]]))
      try expect(object.at("spec", "free", "x", "y"), 1)
      try expect(object.at("spec", "extra", "any"), "thing")
    },
    Behavior("an object is served in each version") { s in
      try await s.create(widget("a"))
      let older = try await s.read(s.key("a", Widget.older))
      try expect(older.apiVersion, Widget.older.apiVersion)
      try expect(older.at("spec", "size"), 1)
    },
    Behavior("a change of the definition is served") { s in
      let group = "\(s.namespace).example.org"
      let type = ResourceType(
        group: group, version: "v1", kind: "Gizmo", plural: "gizmos", isNamespaced: true)
      let definition = Widget.definition(group: group, kind: "Gizmo", plural: "gizmos")
      let key = s.key("gizmos.\(group)", CustomResourceDefinition.type)
      try await s.create(definition)
      try await ServerPool.waitUntilServed(type, s.client())
      let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/mode/default"
      try await s.patch(key, [.replace(path: path, "Fast")])
      _ = try await s.eventually("the new default is there") { () -> Bool? in
        do {
          let object = try await s.client().create(
            s.key("a", type), document(type, "a", ["spec": ["size": 1]]))
          try await s.delete(s.key("a", type))
          return object.at("spec", "mode") == "Fast" ? true : nil
        } catch let error as KubeError where error.code == .notFound {
          return nil
        }
      }
      try await s.delete(key)
    },
  ]

  static let defaults: [Behavior] = [
    Behavior("a Deployment is completed") { s in
      let spec = try unwrap(
        try await s.create(deployment("a", replicas: nil)).at("spec"), "the spec")
      for (path, value) in [
        (["replicas"], 1), (["revisionHistoryLimit"], 10), (["progressDeadlineSeconds"], 600),
        (["strategy", "type"], "RollingUpdate"), (["strategy", "rollingUpdate", "maxSurge"], "25%"),
        (["template", "spec", "restartPolicy"], "Always"),
        (["template", "spec", "dnsPolicy"], "ClusterFirst"),
        (["template", "spec", "schedulerName"], "default-scheduler"),
        (["template", "spec", "terminationGracePeriodSeconds"], 30),
        (["template", "spec", "securityContext"], [:]),
      ] as [([String], JSONValue)] {
        try expect(spec.value(at: path), value, path.joined(separator: "."))
      }
      let container = spec.value(at: "template", "spec", "containers")?.array?.first
      try expect(container?["imagePullPolicy"], "IfNotPresent")
      try expect(container?["terminationMessagePath"], "/dev/termination-log")
      try expect(container?["terminationMessagePolicy"], "File")
      try await s.delete(s.key("a", Deployment.type), DeletionOptions(propagation: .background))
    },
    Behavior("probes, ports and volumes are completed") { s in
      var object = deployment(
        "a",
        containers: [
          [
            "name": "c", "image": "example.org/image", "ports": [["containerPort": 1]],
            "readinessProbe": ["httpGet": ["path": "/healthz", "port": 9443]],
          ]
        ])
      object.set(
        [["name": "v", "secret": ["secretName": "s"]]], at: ["spec", "template", "spec", "volumes"])
      let spec = try await s.create(object).at("spec", "template", "spec")
      let container = spec?["containers"]?.array?.first
      try expect(container?["imagePullPolicy"], "Always", "the policy without a tag")
      try expect(container?["ports"], [["containerPort": 1, "protocol": "TCP"]])
      let probe = container?["readinessProbe"]
      try expect(probe?.value(at: "httpGet", "scheme"), "HTTP")
      try expect(probe?["timeoutSeconds"], 1)
      try expect(probe?["periodSeconds"], 10)
      try expect(probe?["successThreshold"], 1)
      try expect(probe?["failureThreshold"], 3)
      try expect(spec?["volumes"]?.array?.first?.value(at: "secret", "defaultMode"), 420)
    },
    Behavior("quantities are written in one way") { s in
      let resources: JSONValue = [
        "limits": ["cpu": "1000m", "memory": "0.5Gi"], "requests": ["cpu": "0.1", "memory": 1024],
      ]
      let object = try await s.create(
        deployment("a", containers: [["name": "c", "image": "i", "resources": resources]]))
      let container = object.at("spec", "template", "spec", "containers")?.array?.first
      try expect(
        container?["resources"],
        [
          "limits": ["cpu": "1", "memory": "512Mi"], "requests": ["cpu": "100m", "memory": "1024"],
        ])
    },
    Behavior("empty lists, maps and strings of built-in kinds are dropped") { s in
      let map = try await s.create(configMap("a", [:], labels: [:], metadata: ["annotations": [:]]))
      try expect(map.at("data"), nil)
      try expect(map.at("metadata", "labels"), nil)
      try expect(map.at("metadata", "annotations"), nil)
      var object = deployment(
        "a", containers: [["name": "c", "image": "i", "env": [["name": "E", "value": ""]]]])
      object.set([:], at: ["spec", "template", "spec", "nodeSelector"])
      object.set("", at: ["spec", "template", "spec", "priorityClassName"])
      let spec = try await s.create(object).at("spec", "template", "spec")
      try expect(spec?["nodeSelector"], nil)
      try expect(spec?["priorityClassName"], nil)
      try expect(spec?["containers"]?.array?.first?["env"], [["name": "E"]])
    },
    Behavior("a Service is completed, and keeps its address") { s in
      let object = try await s.create(
        document(Service.type, "a", ["spec": ["selector": ["a": "b"], "ports": [["port": 443]]]]))
      try expect(object.at("spec", "type"), "ClusterIP")
      try expect(object.at("spec", "sessionAffinity"), "None")
      try expect(
        object.at("spec", "ports"), [["port": 443, "protocol": "TCP", "targetPort": 443]])
      let address = try unwrap(object.at("spec", "clusterIP")?.string, "the address")
      try expect(object.at("spec", "clusterIPs"), [.string(address)])
      let kept = try await s.apply(
        document(
          Service.type, "a", ["spec": ["selector": ["a": "c"], "ports": [["port": 443, "protocol": "TCP"]]]]),
        as: "m1", force: true)
      try expect(kept.at("spec", "clusterIP")?.string, address)
      let error = try await s.refused(.invalid, 422, "Invalid") {
        try await s.merge(s.key("a", Service.type), ["spec": ["clusterIP": "127.43.200.200"]])
      }
      try expect(
        error.status?.details?.causes.contains { $0.field?.hasPrefix("spec.clusterIP") == true } == true,
        "\(error)")
    },
    Behavior("a headless Service has no address") { s in
      let object = try await s.create(
        document(
          Service.type, "a",
          ["spec": ["clusterIP": "None", "selector": ["a": "b"], "ports": [["port": 443]]]]))
      try expect(object.at("spec", "clusterIP"), "None")
    },
    Behavior("a Secret's stringData becomes data, and its type is Opaque") { s in
      let key = s.key("a", Secret.type)
      let object = document(Secret.type, "a", ["data": ["a": "MQ==", "b": ""], "stringData": ["a": "2"]])
      let answer = try await s.json(.create(key, object))
      try expect(answer["data"], ["a": "Mg==", "b": ""])
      try expect(answer["stringData"], nil)
      try expect(answer["type"], "Opaque")
    },
    Behavior("roles' references get their group") { s in
      let object = try await s.create(
        document(
          RoleBinding.type, "a",
          [
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"],
            "subjects": [
              ["kind": "User", "name": "u"], ["kind": "ServiceAccount", "name": "a", "namespace": "default"],
            ],
          ]))
      try expect(
        object.at("subjects")?.array?.first,
        ["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "u"])
      try expect(object.at("subjects")?.array?.last?["apiGroup"], nil)
    },
    // Alone: as long as an aggregated API isn't there, the real server ends no namespace.
    Behavior("an APIService's port is 443", isExclusive: true) { s in
      let group = "\(s.namespace).aggregated.example.org"
      let name = "v1.\(group)"
      let object = try await s.create(
        document(
          APIService.type, name,
          [
            "spec": [
              "group": .string(group), "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10,
              "insecureSkipTLSVerify": true, "service": ["name": "a", "namespace": "default"],
            ]
          ]))
      try expect(object.at("spec", "service", "port"), 443)
      try await s.delete(s.key(name, APIService.type))
    },
    Behavior("a namespace is active and held by its finalizer") { s in
      let object = try await s.read(ObjectKey(Namespace.type, name: s.namespace))
      try expect(object.at("status", "phase"), "Active")
      try expect(object.at("spec", "finalizers"), ["kubernetes"])
    },
    Behavior(
      "a namespace is labeled with its name", differs: .since(21, "there is no such label")
    ) { s in
      let object = try await s.read(ObjectKey(Namespace.type, name: s.namespace))
      try expect(object.metadata.labels["kubernetes.io/metadata.name"], s.namespace)
    },
    Behavior("a Lease is written and read with microseconds") { s in
      let object = try await s.create(
        document(
          Lease.type, "a",
          [
            "spec": [
              "holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.678901Z",
            ]
          ]))
      try expect(object.at("spec", "renewTime"), "2026-01-02T03:04:05.678901Z")
    },
  ]

  static let discovery: [Behavior] = [
    Behavior("versions of a group, the preferred one first") { s in
      try expect(try await s.client().serverVersions(of: Widget.group), ["v1", "v1beta1"])
      try expect(try await s.client().serverVersions(of: ""), ["v1"])
      try expect(try await s.client().serverVersions(of: "apps"), ["v1"])
    },
    Behavior("a group that isn't served has no versions") { s in
      try expect(try await s.client().serverVersions(of: "nothing.example.org"), [])
      try expect(try await s.client().serverResources(apiVersion: "nothing.example.org/v1"), [])
    },
    Behavior("kinds of a version, with their plurals and scopes") { s in
      let widgets = try await s.client().serverResources(apiVersion: Widget.type.apiVersion)
      try expect(widgets, [Widget.type])
      let core = try await s.client().serverResources(apiVersion: "v1")
      for type in [ConfigMap.type, Secret.type, Namespace.type, Service.type] {
        try expect(core.contains(type), "\(type) is missing")
      }
    },
    Behavior("resources by plural, kind, short name and group, in whatever form discovery comes") { s in
      let discovery = try await s.client().discover()
      for (name, expected) in [
        ("configmaps", "configmaps.v1."), ("cm", "configmaps.v1."), ("ConfigMap", "configmaps.v1."),
        ("deploy", "deployments.v1.apps"), ("deployments.v1.apps", "deployments.v1.apps"),
        ("widget.\(Widget.group)", "widgets.v1.\(Widget.group)"),
      ] {
        try expect(try discovery.resource(named: name).description, expected, name)
      }
      let deployments = try discovery.resource(named: "deployments")
      try expect(
        deployments.allows("watch") && !deployments.allows("fly"), "the verbs are not those of a kind")
      try expect(
        Set(deployments.subresources.map(\.name)).isSuperset(of: ["status", "scale"]),
        "the subresources are missing")
      try expect(
        discovery.resources(inCategory: "all").contains { $0.type.plural == "deployments" },
        "the category is missing")
    },
    Behavior("the groups are listed") { s in
      let groups = try await s.json(.raw(path: "/apis"))
      try expect(groups["kind"], "APIGroupList")
      let names = (groups["groups"]?.array ?? []).compactMap { $0["name"]?.string }
      for group in ["apps", "rbac.authorization.k8s.io", "apiextensions.k8s.io", Widget.group] {
        try expect(names.contains(group), "\(group) is missing")
      }
    },
    Behavior("the status subresource is discovered") { s in
      let list = try await s.json(.raw(path: "/apis/\(Widget.group)/v1"))
      let names = (list["resources"]?.array ?? []).compactMap { $0["name"]?.string }
      try expect(Set(names), ["widgets", "widgets/status"])
      let verbs = list["resources"]?.array?.first { $0["name"] == "widgets" }?["verbs"]?.array ?? []
      try expect(
        Set(verbs), ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"])
    },
    Behavior("raw paths: health and version") { s in
      for path in ["/readyz", "/livez", "/healthz"] {
        try expect(String(decoding: try await s.client().bytes(.raw(path: path)), as: UTF8.self), "ok", path)
      }
      let version = try await s.json(.raw(path: "/version"))
      try expect(version["major"], "1")
      try expect(version["gitVersion"]?.string?.hasPrefix("v1.") == true, "the version is \(version)")
    },
  ]
}
