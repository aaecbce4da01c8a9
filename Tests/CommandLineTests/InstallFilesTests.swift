import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsApps
import KubeKindsCore
import KubeKindsNetworking
import KubeKindsPolicy
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import KubeYAML
import OCMSimulator
import Testing

/// What installs the manager: the manifests, and what `Scripts/check-install` recorded of the
/// chart and the kustomizations.
@Suite struct InstallFilesTests {
  private static let recorded =
    [
      "chart-default", "chart-cluster-proxy", "chart-unused-tunnel", "chart-manual", "chart-everything",
      "kustomize-cluster-proxy", "kustomize-monitoring",
    ].map { "Tests/Fixtures/install/\($0).yaml" } + [
      "deploy/kustomize/base/operator.yaml", "deploy/manifests.yaml",
    ]
  private static let definition = "deploy/chart/crds/clustergatewayconfigurations.yaml"

  private func byName(_ objects: [DynamicObject]) -> [String: JSONValue] {
    Dictionary(
      objects.map { ("\($0.kind) \($0.metadata.namespace ?? "")/\($0.metadata.name)", $0.json) },
      uniquingKeysWith: { first, _ in first })
  }

  @Test func `the chart's default objects are those of the manifests`() throws {
    var chart = byName(
      try Repository.objects("Tests/Fixtures/install/chart-default.yaml")
        + Repository.objects(Self.definition))
    var manifests = byName(try Repository.objects("deploy/manifests.yaml"))
    // Helm makes the release's namespace, and leaves the others there by an annotation.
    manifests["Namespace /open-cluster-management-addon"] = nil
    for name in chart.keys where name.hasPrefix("Namespace ") {
      chart[name]?.set(nil, at: ["metadata", "annotations"])
    }
    #expect(chart.keys.sorted() == manifests.keys.sorted())
    for (name, object) in manifests { #expect(chart[name] == object, "\(name)") }
  }

  // MARK: Rights

  /// What roles grant, however it is spread over rules.
  private func rights(_ objects: [DynamicObject]) -> Set<RequiredRight> {
    let roles = objects.filter { ["Role", "ClusterRole"].contains($0.kind) }
    let rights = roles.flatMap { role in
      (role.json["rules"]?.array ?? []).map { rule in
        func texts(_ key: String) -> [String] { rule[key]?.array?.compactMap(\.string) ?? [] }
        return RequiredRight(
          namespace: role.metadata.namespace,
          rule: PolicyRule(
            verbs: texts("verbs"), apiGroups: texts("apiGroups"), resources: texts("resources"),
            resourceNames: texts("resourceNames")), reasons: [])
      }
    }
    return Set(rights.merged)
  }

  private func printed(_ arguments: [String]) async throws -> [DynamicObject] {
    let ending = try await Program.run(["manifests"] + arguments)
    #expect(ending.code == 0, "\(ending.errors)")
    return try YAMLReader().objects(Array(ending.output.utf8)).map(\.object)
  }

  @Test(
    arguments: [
      ("kustomize-monitoring", []), ("chart-default", []),
      ("kustomize-cluster-proxy", ["--egress", "ClusterProxy"]),
      ("chart-cluster-proxy", ["--egress", "ClusterProxy"]),
    ] as [(String, [String])]) func `the manager's rights are those of the manifests`(
      name: String, arguments: [String]
    ) async throws
  {
    let files = rights(try Repository.objects("Tests/Fixtures/install/\(name).yaml"))
    #expect(files.symmetricDifference(rights(try await printed(arguments))) == [])
    #expect(files.count > 30)
  }

  @Test(arguments: ["manual", "everything", "unused-tunnel"])
  func `the chart's rights follow its values`(name: String) async throws {
    let everything = try JSONParser().parse(Repository.text("deploy/chart/ci/everything-values.json"))
    var spec = everything.value(at: "configuration", "spec") ?? .null
    var arguments = ["--leaving-namespace", "former", "--leaving-account", "former-account"]
    arguments += ["--signer-secret-name", "another-signer", "--metrics-secure"]
    var configurationName = "another"
    if name != "everything" {
      let path = name == "manual" ? "deploy/manifests.yaml" : "Tests/Fixtures/install/chart-\(name).yaml"
      spec = try #require(
        try Repository.objects(path).first { $0.kind == ClusterGatewayConfiguration.type.kind }?.json["spec"])
      (arguments, configurationName) = ([], ManagerIdentity.addOnName)
    }
    if name == "manual" {
      spec.set(["type": "Manual"], at: ["secretManagement"])
      spec.set("vela-system", at: ["secretNamespace"])
    }
    let folder = try TemporaryFolder()
    let configuration: JSONValue = [
      "apiVersion": .string(ClusterGatewayConfiguration.type.apiVersion),
      "kind": .string(ClusterGatewayConfiguration.type.kind),
      "metadata": ["name": .string(configurationName)],
      "spec": spec,
    ]
    let file = try folder.write("configuration.yaml", configuration.description)
    let files = rights(try Repository.objects("Tests/Fixtures/install/chart-\(name).yaml"))
    #expect(files.symmetricDifference(rights(try await printed(["-f", file] + arguments))) == [])
  }

  // MARK: Schemas

  private static let types: [ResourceType] = [
    CustomResourceDefinition.type, Namespace.type, ServiceAccount.type, Service.type, ConfigMap.type,
    Deployment.type, PodDisruptionBudget.type, NetworkPolicy.type, Role.type, RoleBinding.type,
    ClusterRole.type,
    ClusterRoleBinding.type, ClusterManagementAddOn.type, ClusterGatewayConfiguration.type,
  ]

  /// A server that knows OCM's kinds and ours, with the namespaces that `objects` are in.
  private func server(for objects: [DynamicObject], at time: Date) throws -> MemoryAPIServer {
    var server = MemoryAPIServer(at: time)
    for definition in try Repository.objects("Tests/Fixtures/ocm-crds.yaml") {
      let key = ObjectKey(CustomResourceDefinition.type, name: definition.metadata.name)
      try server.require(.create(key, definition.json), at: time)
    }
    let own = Set(objects.map { "\($0.kind) \($0.metadata.name)" })
    for name in Set(objects.compactMap(\.metadata.namespace)) where !own.contains("Namespace \(name)") {
      let namespace = Namespace(metadata: ObjectMeta(name: name))
      let response = server.handle(.create(namespace.key, namespace.json), at: time)
      #expect([201, 409].contains(response.status.code))
    }
    return server
  }

  @Test(arguments: recorded)
  func `every object is valid by the strict rules of Kubernetes 1.36`(path: String) throws {
    let time = Date()
    var objects = try Repository.objects(path)
    if !objects.contains(where: { $0.kind == CustomResourceDefinition.type.kind }) {
      objects += try Repository.objects(Self.definition)
    }
    let order = ["CustomResourceDefinition", "Namespace"]
    func place(_ object: DynamicObject) -> Int { order.firstIndex(of: object.kind) ?? order.count }
    objects.sort { place($0) < place($1) }
    var server = try server(for: objects, at: time)
    var unknown: [String] = []
    for object in objects {
      guard let type = Self.types.first(where: { $0.groupKind == object.groupKind }) else {
        unknown.append(object.kind)
        continue
      }
      #expect(type.apiVersion == object.apiVersion, "\(object.kind)")
      let key = ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
      var wrong = object.json
      wrong.set("x", at: ["unknownField"])
      #expect(
        server.handle(.create(key, wrong), at: time).status.code == 400,
        "\(key) with a field that is not known")
      do { try server.require(.create(key, object.json), at: time) } catch {
        Issue.record("\(key): \(error)")
      }
    }
    // Kinds of the Prometheus operator.
    #expect(Set(unknown).isSubset(of: ["ServiceMonitor", "PrometheusRule"]))
  }

  @Test(arguments: recorded)
  func `the manager's pods are restricted as Pod Security asks`(path: String) throws {
    let deployment = try #require(try Repository.objects(path).first { $0.kind == "Deployment" })
    let pod = try #require(deployment.json.value(at: "spec", "template", "spec"))
    #expect(pod.value(at: "securityContext", "runAsNonRoot") == true)
    #expect(pod.value(at: "securityContext", "seccompProfile", "type") == "RuntimeDefault")
    #expect(pod["hostNetwork"] == nil && pod["hostPID"] == nil)
    // The certificate of the metrics, where the values name one, and nothing else.
    let volumes = pod["volumes"]?.array ?? []
    let mounts = (pod["containers"]?.array ?? []).flatMap { $0["volumeMounts"]?.array ?? [] }
    let wanted: [JSONValue] =
      path.hasSuffix("chart-everything.yaml")
      ? [["name": "metrics-tls", "secret": ["secretName": "metrics-tls"]]] : []
    #expect(volumes == wanted)
    #expect(mounts.count == wanted.count && mounts.allSatisfy { $0["readOnly"] == true })
    for container in pod["containers"]?.array ?? [] {
      #expect(container.value(at: "securityContext", "allowPrivilegeEscalation") == false)
      #expect(container.value(at: "securityContext", "capabilities", "drop") == ["ALL"])
      #expect(container.value(at: "securityContext", "readOnlyRootFilesystem") == true)
    }
  }

  // MARK: Monitoring

  @Test func `the ServiceMonitor asks for secure metrics as they are served`() throws {
    let objects = try Repository.objects("Tests/Fixtures/install/chart-everything.yaml")
    let monitor = try #require(objects.first { $0.kind == "ServiceMonitor" })
    let endpoint = try #require(monitor.json.value(at: "spec", "endpoints")?.array?.first)
    #expect(endpoint["scheme"] == "https" && endpoint["bearerTokenFile"]?.string != nil)
    let service = try #require(objects.first { $0.kind == "Service" }).metadata
    #expect(
      endpoint.value(at: "tlsConfig", "serverName")?.string
        == "\(service.name).\(service.namespace ?? "").svc")
    #expect(endpoint.value(at: "tlsConfig", "insecureSkipVerify") == nil)
    let plain = try Repository.objects("Tests/Fixtures/install/kustomize-monitoring.yaml")
    let other = try #require(plain.first { $0.kind == "ServiceMonitor" })
    #expect(other.json.value(at: "spec", "endpoints")?.array?.first?["scheme"] == nil)
  }

  @Test func `alert rules and dashboard ask for metrics and labels that are exported`() throws {
    let known = Dictionary(GatewayMetrics.descriptions.map { ($0.name, $0) }) { first, _ in first }
    var asked: Set<String> = []
    for path in ["deploy/monitoring/rules.yaml", "deploy/monitoring/dashboard.json"] {
      let text = try Repository.text(path).replacingOccurrences(of: "\\\"", with: "\"")
      let pattern =
        /\b((?:gateway|workqueue|controller_runtime|rest_client|leader_election|process)_[a-z_]+)(?:\{([^}]*)\})?/
      for match in text.matches(of: pattern) {
        var name = String(match.1)
        for suffix in ["_bucket", "_sum", "_count"] where known[name] == nil && name.hasSuffix(suffix) {
          name.removeLast(suffix.count)
        }
        let description = try #require(known[name], "\(path): \(name)")
        asked.insert(name)
        for label in (match.2 ?? "").matches(of: /([a-z]+)(?:=|!)/) where label.1 != "job" {
          #expect(description.labels.contains(String(label.1)), "\(path): \(name) has no label \(label.1)")
        }
      }
    }
    #expect(asked.count > 15)
  }
}
