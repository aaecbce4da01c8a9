import Foundation
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeKindsRBAC
import KubeMemory
import KubeTesting
import KubeTransport
import KubeYAML
import Testing

/// `manifests`: the objects that install the manager.
@Suite struct ManifestsTests {
  private func objects(_ arguments: String...) async throws -> [DynamicObject] {
    let image = arguments.contains("--image") ? [] : ["--image", "example.org/manager:1"]
    let ending = try await Program.run(["manifests"] + image + arguments)
    #expect(ending.code == 0, "\(ending.errors)")
    #expect(ending.errors == "")
    return try YAMLReader().objects(Array(ending.output.utf8)).map(\.object)
  }

  private static let proxied = ["--egress", "ClusterProxy"]

  @Test(arguments: [[], proxied]) func `the manifests are in an order in which they can be applied`(
    arguments: [String]
  )
    async throws
  {
    let ending = try await Program.run(["manifests"] + arguments)
    let objects = try YAMLReader().objects(Array(ending.output.utf8)).map(\.object)
    let kinds = objects.map(\.kind)
    for kind in [
      "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role",
      "RoleBinding",
      "Deployment", "ClusterManagementAddOn", "ClusterGatewayConfiguration",
    ] {
      #expect(kinds.contains(kind), "\(kind)")
    }
    func first(_ kind: String) -> Int { kinds.firstIndex(of: kind) ?? .max }
    func last(_ kind: String) -> Int { kinds.lastIndex(of: kind) ?? -1 }
    #expect(last("CustomResourceDefinition") < first("ClusterGatewayConfiguration"))
    #expect(last("Namespace") < first("ServiceAccount"))
    #expect(last("ServiceAccount") < first("Deployment"))
    #expect(last("RoleBinding") < first("Deployment"))
    #expect(last("ClusterRoleBinding") < first("Deployment"))
    // Every namespace that an object is in comes with it.
    let namespaces = Set(objects.filter { $0.kind == "Namespace" }.map(\.metadata.name))
    for object in objects {
      if let namespace = object.metadata.namespace {
        #expect(
          namespaces.contains(namespace) || ["kube-system", "default"].contains(namespace),
          "\(object.kind) in \(namespace)")
      }
    }
    #expect(
      Set(objects.map { "\($0.kind) \($0.metadata.namespace ?? "") \($0.metadata.name)" }).count
        == objects.count)
  }

  @Test(arguments: [[], proxied]) func `no right has a wildcard, and secrets are named`(arguments: [String])
    async throws
  {
    let ending = try await Program.run(["manifests"] + arguments)
    let objects = try YAMLReader().objects(Array(ending.output.utf8)).map(\.object)
    for role in objects where ["ClusterRole", "Role"].contains(role.kind) {
      for rule in role.json["rules"]?.array ?? [] {
        func strings(_ key: String) -> [String] { (rule[key]?.array ?? []).compactMap(\.string) }
        #expect(!strings("verbs").contains("*"), "\(role.metadata.name)")
        #expect(!strings("resources").contains("*") && !strings("apiGroups").contains("*"))
        if role.kind == "ClusterRole", strings("resources").contains("secrets") {
          #expect(!strings("resourceNames").isEmpty, "\(rule)")
          #expect(Set(strings("verbs")).isSubset(of: ["get", "list", "watch"]), "\(rule)")
        }
        for verb in ["escalate", "bind", "impersonate"] where strings("verbs").contains(verb) {
          #expect(!strings("resourceNames").isEmpty, "\(rule)")
        }
      }
    }
  }

  @Test func `secure metrics bring the flag, the rights to review, and a role for readers`() async throws {
    let plain = try await objects()
    let secure = try await objects("--metrics-secure")
    func arguments(_ objects: [DynamicObject]) -> Set<String> {
      let pod = objects.first { $0.kind == "Deployment" }?.json.value(at: "spec", "template", "spec")
      return Set((pod?["containers"]?.array ?? []).flatMap { $0["args"]?.array ?? [] }.compactMap(\.string))
    }
    #expect(arguments(secure).subtracting(arguments(plain)) == ["--metrics-secure"])
    func rules(_ objects: [DynamicObject], _ name: String) -> Set<JSONValue> {
      let role = objects.first { $0.kind == "ClusterRole" && $0.metadata.name == name }
      return Set(role?.json["rules"]?.array ?? [])
    }
    let review: JSONValue = [
      "verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"],
    ]
    let name = "cluster-gateway-manager"
    // The gateway's role grants the other review anyway.
    #expect(rules(secure, name).subtracting(rules(plain, name)) == [review])
    #expect(
      rules(secure, name).contains([
        "verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"],
      ]))
    #expect(
      rules(secure, name + "-metrics-reader") == [["verbs": ["get"], "nonResourceURLs": ["/metrics"]]])
    #expect(rules(plain, name + "-metrics-reader").isEmpty)
    #expect(secure.count == plain.count + 1)
  }

  @Test func `rights and definition come without what replaces the running manager`() async throws {
    let rights = try await objects("--part", "rbac").map(\.kind)
    #expect(
      Set(rights) == [
        "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
      ])
    let installed = try await objects("--part", "installation").map(\.kind)
    #expect(installed.count { $0.hasSuffix("Role") } == rights.count { $0.hasSuffix("Role") })
    #expect(try await objects("--part", "definition").map(\.kind) == ["CustomResourceDefinition"])
  }

  @Test func `for a live hub the rights are those for its configuration, and for what a former one left`()
    async throws
  {
    var server = try TestHub.server(clusters: [])
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    try server.require(
      .mergePatch(key, ["spec": ["installNamespace": "here", "secretNamespace": "there"]]), at: Date())
    let configuration = try #require(server.object(key)).json
    let namespace = Namespace(metadata: ObjectMeta(name: "old"))
    let labels = ["app": "cluster-gateway"]
    let account = ServiceAccount(
      metadata: ObjectMeta(name: GatewayNames.serviceAccount, namespace: "old", labels: labels))
    let role = Role(metadata: ObjectMeta(name: GatewayNames.role, namespace: "old", labels: labels))
    for (key, json) in [(namespace.key, namespace.json), (account.key, account.json), (role.key, role.json)] {
      // As the Go manager leaves them.
      try server.require(.create(key, json, options: WriteOptions(fieldManager: "addon-manager")), at: Date())
    }
    let folder = try TemporaryFolder()
    let file = try folder.write("configuration.yaml", YAMLWriter().documents([configuration]))
    try await TestHub.open(server, as: .admin) { hub in
      for part in ["rbac", "installation"] {
        let common = ["manifests", "--image", "example.org/manager:1", "--part", part]
        let live = try await Program.run(common + ["--kubeconfig", hub.kubeconfig()])
        #expect(live.code == 0 && live.errors == "", "\(live.errors)")
        for name in ["here", "there", "old"] {
          #expect(live.output.contains("\n  namespace: \(name)\n"), "\(name): \(live.output)")
        }
        let offline = try await Program.run(common + ["-f", file, "--leaving-namespace", "old"])
        #expect(live.output == offline.output)
      }
    }
  }

  @Test(arguments: ["all", "installation"])
  func `manifests without an image warn, and name one that no registry has`(part: String) async throws {
    let ending = try await Program.run("manifests", "--part", part)
    #expect(ending.code == 0)
    #expect(ending.output.contains("image: gateway-manager:-name-your-image\n"))
    #expect(ending.errors.hasPrefix("warning: without --image "), "\(ending.errors)")
  }

  @Test(arguments: ["rbac", "definition", "configuration", "rights", "operator"])
  func `what needs no image has no warning`(part: String) async throws {
    let ending = try await Program.run("manifests", "--part", part)
    #expect(ending.code == 0 && ending.errors == "", "\(ending.errors)")
  }

  @Test(arguments: [[], proxied]) func `the configuration's commented permissions are valid`(
    arguments: [String]
  ) async throws {
    let printed = try await Program.run(["manifests", "--part", "configuration"] + arguments).output
    #expect(try YAMLReader().objects(Array(printed.utf8)).count == 1)
    let lines = printed.split(separator: "\n").filter { !$0.contains("# Without permissions") }
    let text = lines.map { $0.replacing("    # ", with: "    ") }.joined(separator: "\n")
    let objects = try YAMLReader().objects(Array(text.utf8)).map(\.object)
    let configuration = try #require(objects.first).decode(ClusterGatewayConfiguration.self)
    #expect(configuration.validate() == [])
    #expect(configuration.spec.egress.permissions.map(\.verbs) == [["get", "list", "watch"]])
    let again = try await Program.run("manifests", "--part", "configuration", "-f", "-", input: text)
    #expect(!again.output.contains("#"))
  }

  @Test func `the flags set the fields of the manifests`() async throws {
    let objects = try await objects(
      "--namespace", "elsewhere", "--image", "example.org/manager:2", "--replicas", "2",
      "--signer-secret-name", "ca",
      "--install-namespace", "here", "--secret-namespace", "there", "--egress", "ClusterProxy",
      "--proxy-port", "8443")
    let deployment = try #require(objects.first { $0.kind == "Deployment" })
    #expect(deployment.metadata.namespace == "elsewhere")
    #expect(deployment.json.value(at: "spec", "replicas")?.int64 == 2)
    let container = deployment.json.value(at: "spec", "template", "spec", "containers")?.array?.first
    #expect(container?["image"] == "example.org/manager:2")
    #expect(container?["args"]?.array?.contains("--signer-secret-name=ca") == true)
    let configuration = try #require(objects.first { $0.kind == "ClusterGatewayConfiguration" })
    #expect(configuration.json.value(at: "spec", "installNamespace") == "here")
    #expect(configuration.json.value(at: "spec", "secretNamespace") == "there")
    #expect(configuration.json.value(at: "spec", "egress", "clusterProxy", "proxyServerPort")?.int64 == 8443)
  }

  @Test(arguments: [
    ["--namespace", "Not_A_Label"], ["--install-namespace", "Not_A_Label"], ["--secret-namespace", ""],
    ["--egress", "Tunnel"], ["--egress", "ClusterProxy", "--proxy-port", "0"], ["--replicas=-1"],
    ["--replicas", "many"], ["--image", ""], ["--image", "two words"], ["--gateway-image", ""],
    ["--signer-secret-name", "a/b"],
    ["--egress", "ClusterProxy", "--proxy-host", ""], ["--frobnicate"],
  ]) func `bad parameters are refused`(arguments: [String]) async throws {
    let ending = try await Program.run(["manifests"] + arguments)
    #expect(ending.code == 1, "\(ending.output.prefix(100)) \(ending.errors)")
    #expect(ending.output == "")
    #expect(!ending.errors.isEmpty)
  }

  @Test func `the plan reads the manifests`() async throws {
    let manifests = try await Program.run("manifests", "--egress", "ClusterProxy")
    let ending = try await Program.run("plan", "-f", "-", "-o", "json", input: manifests.output)
    // Nothing of it is on a hub yet: without a uid nothing can be owned by the add-on.
    #expect(ending.code == 1)
    #expect(ending.errors.contains("metadata.uid"))
  }
}
