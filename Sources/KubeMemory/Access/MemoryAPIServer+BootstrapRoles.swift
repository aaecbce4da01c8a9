import HTTPTypes
import KubeCore
import KubeTransport

extension MemoryAPIServer {
  /// Creates the roles and bindings that every cluster begins with, except those of its own
  /// components.
  mutating func createBootstrapRoles(at time: Date) {
    for object in MemoryAPIServer.bootstrapObjects {
      guard let namespace = object.value(at: "metadata", "namespace")?.string else {
        create(object, in: [], at: time)
        continue
      }
      create(object, in: ["namespaces", namespace], at: time)
    }
  }

  private mutating func create(_ object: JSONValue, in place: [String], at time: Date) {
    guard let kind = object["kind"]?.string,
      let rules = registry[GroupKind(group: RBACKinds.group, kind: kind)]
    else { return }
    // Refused where it exists, or where the server has no such namespace; both are correct.
    _ = handle(
      KubeRequest(
        method: .post, path: ["apis", RBACKinds.group, "v1"] + place + [rules.plural],
        query: [.init("fieldManager", "kube-apiserver")], body: SecretBytes(JSONWriter().bytes(object))),
      at: time)
  }

  private static var bootstrapObjects: [JSONValue] {
    let probes = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
    let authentication = "authentication.k8s.io"
    let authorization = "authorization.k8s.io"
    let everyone = [APIUser.allAuthenticated]
    return [
      clusterRole(
        "cluster-admin",
        [
          PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]),
          PolicyRule(verbs: ["*"], nonResourceURLs: ["*"]),
        ], boundTo: [APIUser.masters]),
      clusterRole(
        "system:discovery",
        [
          PolicyRule(
            verbs: ["get"],
            nonResourceURLs: ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"] + probes)
        ], boundTo: everyone),
      clusterRole(
        "system:basic-user",
        [
          PolicyRule(
            verbs: ["create"], apiGroups: [authorization],
            resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
          PolicyRule(verbs: ["create"], apiGroups: [authentication], resources: ["selfsubjectreviews"]),
        ], boundTo: everyone),
      clusterRole(
        "system:public-info-viewer", [PolicyRule(verbs: ["get"], nonResourceURLs: probes)],
        boundTo: everyone + [APIUser.allUnauthenticated]),
      clusterRole(
        "system:auth-delegator",
        [
          PolicyRule(verbs: ["create"], apiGroups: [authentication], resources: ["tokenreviews"]),
          PolicyRule(verbs: ["create"], apiGroups: [authorization], resources: ["subjectaccessreviews"]),
        ], boundTo: []),
      [
        object(
          RBACKinds.role, name: "extension-apiserver-authentication-reader", namespace: "kube-system",
          [
            "rules": [
              PolicyRule(
                verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["configmaps"],
                resourceNames: ["extension-apiserver-authentication"]
              ).json
            ]
          ])
      ],
    ].flatMap { $0 }
  }

  private static func object(
    _ type: ResourceType, name: String, namespace: String? = nil, _ members: JSONValue
  ) -> JSONValue {
    var object = members
    object["apiVersion"] = .string(type.apiVersion)
    object["kind"] = .string(type.kind)
    object["metadata"] = .fields([
      "name": .string(name), "namespace": namespace.map { .string($0) },
      "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
      "annotations": ["rbac.authorization.kubernetes.io/autoupdate": "true"],
    ])
    return object
  }

  private static func clusterRole(_ name: String, _ rules: [PolicyRule], boundTo groups: [String])
    -> [JSONValue]
  {
    let role = object(RBACKinds.clusterRole, name: name, ["rules": .array(rules.map(\.json))])
    guard !groups.isEmpty else { return [role] }
    let group = JSONValue.string(RBACKinds.group)
    let subjects = groups.map { name -> JSONValue in
      ["kind": "Group", "name": .string(name), "apiGroup": group]
    }
    let binding = object(
      RBACKinds.clusterRoleBinding, name: name,
      [
        "subjects": .array(subjects),
        "roleRef": [
          "apiGroup": group, "kind": .string(RBACKinds.clusterRole.kind), "name": .string(name),
        ],
      ])
    return [role, binding]
  }

  /// A step of kube-controller-manager's clusterrole-aggregation: a ClusterRole with an
  /// aggregationRule gets the rules of the ClusterRoles that it selects.
  mutating func aggregateRoles() {
    guard access != nil, let rules = registry[RBACKinds.clusterRole.groupKind] else { return }
    let roles = store.objects(rules.groupKind, namespace: nil)
    for role in roles {
      let json = role.json
      guard let selectors = json.value(at: "aggregationRule", "clusterRoleSelectors")?.array else { continue }
      var wanted: [JSONValue] = []
      for selector in selectors {
        guard let selector = try? LabelSelector(from: FieldReader(selector)) else { continue }
        for other in roles where other.name != role.name {
          let labels = (other.metadata["labels"]?.object ?? [:]).reduce(into: [String: String]()) {
            $0[$1.key] = $1.value.string
          }
          guard selector.matches(labels) else { continue }
          for rule in other.json["rules"]?.array ?? [] where !wanted.contains(rule) { wanted.append(rule) }
        }
      }
      guard wanted != json["rules"]?.array ?? [] else { continue }
      var changed = json
      changed["rules"] = .array(wanted)
      commit(changed, rules, replacing: role)
    }
  }
}
