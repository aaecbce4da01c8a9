import Foundation
import KubeCore
import KubeYAML
import Testing

/// `plan` on files.
@Suite struct PlanTests {
  static let operations: Set<String> = ["create", "apply", "patch", "delete"]
  static let early = "2026-12-01T00:00:00Z"
  static let late = "2027-05-10T00:00:00Z"

  private func plan(_ name: String, _ arguments: String...) async throws -> Ending {
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", fixture().text(name))
    return try await Program.run(["plan", "-f", file] + arguments)
  }

  static func targets(_ plan: JSONValue, _ operation: String? = nil) -> [String] {
    (plan["patches"]?.array ?? []).filter { operation == nil || $0["operation"]?.string == operation }.map {
      let target = $0["target"]
      return [target?["kind"], target?["namespace"], target?["name"]].compactMap { $0?.string }
        .joined(separator: " ")
    }
  }

  private func expectSchema(_ plan: JSONValue, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let keys = Set(plan.object?.map(\.key) ?? [])
    #expect(
      keys.subtracting(["requeueAfterSeconds"]) == ["patches", "issuanceRequests", "findings"],
      sourceLocation: sourceLocation)
    for patch in plan["patches"]?.array ?? [] {
      let operation = try #require(patch["operation"]?.string, sourceLocation: sourceLocation)
      #expect(PlanTests.operations.contains(operation), sourceLocation: sourceLocation)
      #expect(patch["reason"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
      for key in ["apiVersion", "kind", "name"] {
        #expect(patch["target"]?[key]?.string?.isEmpty == false, sourceLocation: sourceLocation)
      }
      // An apply without a uid would recreate an object that is deleted meanwhile.
      let precondition = patch["precondition"]
      if operation == "create" {
        #expect(precondition?["absent"]?.bool == true, sourceLocation: sourceLocation)
      } else {
        #expect(precondition?["uid"]?.string?.isEmpty == false, "\(patch)", sourceLocation: sourceLocation)
      }
      if operation != "delete" { #expect(patch["body"] != nil, sourceLocation: sourceLocation) }
    }
    for request in plan["issuanceRequests"]?.array ?? [] {
      for key in ["id", "purpose", "commonName", "notBefore", "notAfter", "reason"] {
        #expect(request[key]?.string?.isEmpty == false, sourceLocation: sourceLocation)
      }
    }
    for finding in plan["findings"]?.array ?? [] {
      for key in ["severity", "code", "problem", "remedy"] {
        #expect(finding[key]?.string?.isEmpty == false, sourceLocation: sourceLocation)
      }
    }
  }

  @Test func `the plan of a fresh hub lists the installation and both clusters`() async throws {
    let ending = try await plan(Fixture.fresh, "-o", "json")
    #expect(ending.code == 0, "\(ending.errors)")
    #expect(ending.errors == "")
    let plan = try ending.json()
    try expectSchema(plan)
    let created = Set(PlanTests.targets(plan, "create"))
    let names = [
      "Namespace vela-system", "Namespace open-cluster-management-credentials",
      "ServiceAccount vela-system cluster-gateway", "Service vela-system cluster-gateway",
      "RoleBinding kube-system extension-apiserver-authentication-reader:cluster-gateway",
      "Role open-cluster-management-credentials cluster-gateway",
      "RoleBinding open-cluster-management-credentials cluster-gateway",
      "ClusterRole apiserver-aggregation:cluster-gateway",
      "ClusterRoleBinding apiserver-aggregation:cluster-gateway", "Secret vela-system proxy-client",
      "Secret vela-system proxy-server-ca", "ManagedClusterAddOn cluster1 cluster-gateway",
      "ManagedClusterAddOn local-cluster cluster-gateway",
    ]
    for name in names { #expect(created.contains(name), "\(name)") }
    #expect(created.contains { $0.hasPrefix("ClusterRoleBinding") && $0.contains("delegator") })
    let purposes = (plan["issuanceRequests"]?.array ?? []).compactMap { $0["purpose"]?.string }
    #expect(purposes.sorted() == ["ca", "serving"])
  }

  @Test func `a cluster whose name can be no namespace's is a finding, and the others are planned`()
    async throws
  {
    let hub = try fixture().text(Fixture.fresh)
    let dotted = hub.replacingOccurrences(
      of: "  name: cluster1\n", with: "  name: cluster0.host.example.com\n")
    let cluster = try #require(
      Fixture.documents(dotted).first {
        $0.contains("kind: ManagedCluster\n") && $0.contains("cluster0.host.example.com")
      })
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", hub + "\n---\n" + cluster)
    let ending = try await Program.run(["plan", "-f", file, "-o", "json"])
    #expect(ending.code == 0, "\(ending.errors)")
    let plan = try ending.json()
    let created = PlanTests.targets(plan, "create")
    #expect(created.contains("ManagedClusterAddOn cluster1 cluster-gateway"))
    #expect(!created.contains { $0.contains("cluster0.host.example.com") })
    let finding = plan["findings"]?.array?.first { $0["code"] == "ClusterNameUnusable" }
    #expect(finding?["severity"] == "warning")
    #expect(finding?["problem"]?.string?.contains("no namespace") == true, "\(finding ?? .null)")
  }

  @Test func `an integer may be written as a float that is whole`() async throws {
    let hub = try fixture().text(Fixture.fresh)
    func plan(replicas: String) async throws -> Ending {
      let folder = try TemporaryFolder()
      let text = hub.replacingOccurrences(
        of: "  image: oamdev", with: "  replicas: \(replicas)\n  image: oamdev")
      return try await Program.run([
        "plan", "-f", folder.write("hub.yaml", text), "-o", "json", "--at", "2026-11-23T00:00:00Z",
      ])
    }
    let whole = try await plan(replicas: "3")
    #expect(whole.code == 0, "\(whole.errors)")
    for spelling in ["3.0", "3e0"] {
      let ending = try await plan(replicas: spelling)
      #expect(ending.code == 0 && ending.output == whole.output, "\(ending.errors)")
    }
    #expect(try await plan(replicas: "3.5").code == 1)
  }

  @Test func `rounds end when the plan changes nothing, and name the awaited controllers`() async throws {
    let ending = try await plan(Fixture.fresh, "-o", "json", "--rounds", "4", "--at", PlanTests.early)
    #expect(ending.code == 0, "\(ending.errors)")
    let rounds = try #require(try ending.json()["rounds"]?.array)
    #expect(rounds.count == 4)
    for round in rounds { try expectSchema(round) }
    let last = try #require(rounds.last)
    #expect(last["patches"] == [])
    #expect(last["issuanceRequests"] == [])
    let awaiting = (last["findings"]?.array ?? []).filter { $0["severity"] == "awaiting" }
    #expect(!awaiting.isEmpty)
    for finding in awaiting { #expect(finding["awaitedFrom"]?.string?.isEmpty == false, "\(finding)") }
    for cluster in ["cluster1", "local-cluster"] {
      #expect(
        awaiting.contains {
          "\($0["cluster"]?.string ?? "") \($0["object"]?.description ?? "")".contains(cluster)
        },
        "\(cluster)")
    }
    let everything = Set(rounds.flatMap { PlanTests.targets($0, "create") })
    // The APIService comes after a pod, which files don't bring.
    #expect(awaiting.contains { $0["code"] == "APINotRegistered" })
    for name in [
      "Deployment vela-system gateway-deployment",
      "Secret vela-system cluster-gateway-tls-cert",
      "Secret open-cluster-management-addon cluster-gateway-signer",
      "ManagedServiceAccount cluster1 cluster-gateway",
      "ManifestWork cluster1 addon-cluster-gateway-deploy-0",
    ] {
      #expect(everything.contains(name), "\(name)")
    }
  }

  @Test func `taking over an installation changes no Secret and no pod`() async throws {
    let ending = try await plan(Fixture.taken, "-o", "json", "--at", PlanTests.early)
    #expect(ending.code == 0, "\(ending.errors)")
    let plan = try ending.json()
    try expectSchema(plan)
    #expect(plan["issuanceRequests"] == [])
    for patch in plan["patches"]?.array ?? [] {
      let (kind, name) = (patch["target"]?["kind"]?.string, patch["target"]?["name"]?.string ?? "")
      #expect(patch["operation"] != "delete", "\(name)")
      if kind == "Secret", patch["operation"] == "patch" {
        #expect(!(patch["body"]?.description.contains("/data/") ?? false), "\(name)")
      }
    }
    let rounds = try #require(
      try await self.plan(
        Fixture.taken, "-o", "json", "--at", PlanTests.early, "--rounds", "4", "--show-secrets"
      ).json()["rounds"]?.array)
    #expect(rounds.last?["patches"] == [])
    #expect(rounds.allSatisfy { $0["issuanceRequests"] == [] })
    let before = try YAMLReader().documents(Array(fixture().text(Fixture.taken).utf8)).map(\.value)
    func former(_ target: JSONValue?) -> JSONValue? {
      before.first { object in
        object["kind"] == target?["kind"] && object["metadata"]?["name"] == target?["name"]
          && object["metadata"]?["namespace"] == target?["namespace"]
      }
    }
    var kinds: Set<String> = []
    for patch in rounds.flatMap({ $0["patches"]?.array ?? [] }) where patch["operation"] == "apply" {
      guard let body = patch["body"], let kind = body["kind"]?.string else { continue }
      let object = former(patch["target"])
      kinds.insert(kind)
      if kind == "Secret" {
        var data = object?["data"]
        // Of the tunnel's client Secret the gateway doesn't read the CA.
        if patch.value(at: "target", "name") == "proxy-client" { data?["ca.crt"] = nil }
        #expect(body["data"] == data, "\(patch["target"]?.description ?? "")")
      }
      if kind == "Deployment" {
        let path = ["spec", "template", "spec"]
        let (now, then) = (body.value(at: path), object?.value(at: path))
        for field in ["args", "image"] {
          #expect(now?["containers"]?.array?.first?[field] == then?["containers"]?.array?.first?[field])
        }
        func mounted(_ pod: JSONValue?) -> [String?] {
          (pod?["volumes"]?.array ?? []).map { $0.value(at: "secret", "secretName")?.string }
        }
        #expect(mounted(now) == mounted(then))
        #expect(
          body.value(at: "spec", "template", "metadata") == object?.value(at: "spec", "template", "metadata"))
      }
    }
    #expect(kinds.isSuperset(of: ["Secret", "Deployment"]))
    let late = try await self.plan(Fixture.taken, "-o", "json", "--at", PlanTests.late).json()
    let purposes = (late["issuanceRequests"]?.array ?? []).compactMap { $0["purpose"]?.string }
    #expect(purposes == ["serving"])
  }

  @Test func `another egress is set up in a safe order`() async throws {
    let text = try fixture().text(Fixture.taken).replacingOccurrences(
      of: "    type: ClusterProxy\n", with: "    type: Direct\n")
    let ending = try await Program.run(
      "plan", "-f", "-", "-o", "json", "--at", PlanTests.early, "--rounds", "5", input: text)
    #expect(ending.code == 0, "\(ending.errors)")
    let rounds = try #require(try ending.json()["rounds"]?.array)
    #expect(rounds.last?["patches"] == [])
    func first(_ isIt: (JSONValue) -> Bool) -> Int? {
      rounds.firstIndex { ($0["patches"]?.array ?? []).contains(where: isIt) }
    }
    // The clusters' Secrets leave the tunnel before the pods forget it.
    let relabeled = first {
      $0["operation"] == "apply" && $0["target"]?["kind"] == "Secret" && $0["target"]?["name"] == "cluster1"
        && $0["body"]?.value(at: "metadata", "labels", "cluster.core.oam.dev/cluster-endpoint-type")
          == "Const"
    }
    let forgotten = first {
      $0["operation"] == "apply" && $0["target"]?["kind"] == "Deployment"
        && !$0.description.contains("--proxy-host")
    }
    #expect(relabeled != nil)
    if let relabeled, let forgotten { #expect(relabeled < forgotten) } else { #expect(forgotten != nil) }
  }

  @Test func `YAML and JSON hold the same plan`() async throws {
    let json = try await plan(Fixture.fresh, "-o", "json", "--at", PlanTests.early)
    let yaml = try await plan(Fixture.fresh, "-o", "yaml", "--at", PlanTests.early)
    #expect(json.code == 0 && yaml.code == 0)
    let documents = try YAMLReader().documents(Array(yaml.output.utf8))
    #expect(documents.map(\.value) == [try json.json()])
  }

  @Test func `the text names writes, requests and findings without colors`() async throws {
    let ending = try await plan(Fixture.fresh, "--at", PlanTests.early)
    #expect(ending.code == 0)
    for words in ["to write:", "+ create", "to issue:", "Findings:", "remedy:", "ManagedClusterAddOn"] {
      #expect(ending.output.contains(words), "\(words)")
    }
    #expect(!ending.output.contains("\u{1B}"))
  }

  @Test func `the exit code shows whether there is something to do`() async throws {
    #expect(try await plan(Fixture.fresh, "--exit-code").code == 2)
    #expect(try await plan(Fixture.fresh).code == 0)
    let folder = try TemporaryFolder()
    let lonely = try folder.write(
      "hub.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: one, uid: u, resourceVersion: '1'}\n")
    let unchanged = try await Program.run("plan", "-f", lonely, "--exit-code")
    #expect(unchanged.code == 0)
    #expect(unchanged.output.contains("No change is planned: the findings below are in its way."))
  }

  @Test func `all objects that lack a uid are named at once`() async throws {
    let hub = try fixture().text(Fixture.taken).replacing(/\n  uid: .*/, with: "")
    let ending = try await Program.run("plan", "-f", "-", "--at", PlanTests.early, input: hub)
    #expect(ending.code == 1 && !ending.output.contains("Nothing to do."), "\(ending.output)")
    for words in ["objects have no metadata.uid: ", "ManagedCluster cluster1, ", "--show-managed-fields"] {
      #expect(ending.errors.contains(words), "\(ending.errors)")
    }
  }

  @Test func `rounds on files without a Namespace name it`() async throws {
    let documents = Fixture.documents(try fixture().text(Fixture.fresh)).filter {
      !$0.contains("kind: Namespace\n") || $0.contains("\n  name: cluster1\n")
    }
    let ending = try await Program.run(
      "plan", "-f", "-", "--rounds", "4", "--at", PlanTests.early,
      input: documents.joined(separator: "\n---\n"))
    #expect(ending.code == 1)
    for words in ["the files lack its Namespace", "`kubectl get namespace "] {
      #expect(ending.errors.contains(words), "\(ending.errors)")
    }
  }

  @Test func `files, folders and standard input give the same plan`() async throws {
    let text = try fixture().text(Fixture.fresh)
    let documents = Fixture.documents(text)
    let folder = try TemporaryFolder()
    var several: [String] = []
    for (index, part) in stride(from: 0, to: documents.count, by: 4).enumerated() {
      let slice = documents[part..<min(part + 4, documents.count)]
      let file = try folder.write(
        "part\(index).\(index % 2 == 0 ? "yaml" : "yml")", slice.joined(separator: "\n---\n"))
      several += ["-f", file]
    }
    try folder.write("README.md", "not a manifest: {{{")
    let options = ["-o", "json", "--at", PlanTests.early]
    let whole = try await Program.run(["plan", "-f", "-"] + options, input: Array(text.utf8))
    #expect(whole.code == 0, "\(whole.errors)")
    let asFolder = try await Program.run(["plan", "-f", folder.path] + options)
    let asFiles = try await Program.run(["plan"] + several + options)
    #expect(asFolder.output == whole.output)
    #expect(asFiles.output == whole.output)
  }

  @Test(arguments: [Fixture.fresh, Fixture.taken])
  func `the plan does not depend on the order of the documents`(name: String) async throws {
    let documents = Fixture.documents(try fixture().text(name))
    var generator = SeededGenerator(seed: 7)
    var outputs: Set<String> = []
    for round in 0..<4 {
      let order = round < 2 ? documents : documents.shuffled(using: &generator)
      let ending = try await Program.run(
        ["plan", "-f", "-", "-o", "json", "--at", PlanTests.early],
        input: Array(order.joined(separator: "\n---\n").utf8))
      #expect(ending.code == 0, "\(ending.errors)")
      outputs.insert(ending.output)
    }
    #expect(outputs.count == 1)
  }

  @Test(arguments: ["text", "json", "yaml"], [Fixture.fresh, Fixture.taken])
  func `secrets are hidden by default`(format: String, name: String) async throws {
    let fixture = try fixture()
    let folder = try TemporaryFolder()
    // Also a copy in the annotation in which kubectl records the applied object.
    let annotation =
      "    kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"tls.key\":\"@PROXY_KEY@\"}}'"
    let key = Base64.encode(Array((fixture.values["PROXY_KEY"] ?? "").utf8))
    let text = try fixture.text(name).replacingOccurrences(
      of: "\n  name: proxy-client\n",
      with:
        "\n  annotations:\n\(annotation.replacingOccurrences(of: "@PROXY_KEY@", with: key))\n  name: proxy-client\n"
    )
    let file = try folder.write("hub.yaml", text)
    for extra in [["--at", PlanTests.early], ["--at", PlanTests.late, "--rounds", "3"]] {
      let ending = try await Program.run(["plan", "-f", file, "-o", format] + extra)
      #expect(ending.code == 0, "\(ending.errors)")
      fixture.expectNoSecrets(in: ending)
      #expect(!ending.output.contains("PRIVATE KEY"))
      // Base64 of "-----BEGIN PRIVATE KEY" and of "-----BEGIN RSA".
      #expect(
        !ending.output.contains("LS0tLS1CRUdJTiBQUklWQVRF") && !ending.output.contains("LS0tLS1CRUdJTiBSU0"))
    }
  }

  @Test func `secrets are shown on request`() async throws {
    let ending = try await plan(Fixture.fresh, "-o", "json", "--show-secrets")
    #expect(ending.code == 0)
    #expect(ending.output.contains(Base64.encode(Array((try fixture().values["PROXY_KEY"] ?? "").utf8))))
  }
}
