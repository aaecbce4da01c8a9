import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore
import Testing

/// Wrong input of any kind: a clear error, exit code 1, in bounded time, and no plan.
@Suite struct BadInputTests {
  /// An input and the expected words of the error.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var hub: String = Fixture.fresh
    /// The replacement in the hub's text.
    var change: (old: String, new: String)
    /// Words that standard error must contain.
    let says: [String]
    /// Whether findings are printed beside the error: the input could be read, but not be used.
    var isReadable = false

    var testDescription: String { name }
  }

  private func expectRefusal(
    _ ending: Ending, says words: [String], isReadable: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(ending.signal == nil, "\(ending.errors.prefix(500))", sourceLocation: sourceLocation)
    #expect(!ending.tookTooLong, sourceLocation: sourceLocation)
    #expect(ending.code == 1, "\(ending.errors.prefix(500))", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        ending.errors.contains(word), "\(word): \(ending.errors.prefix(1000))", sourceLocation: sourceLocation
      )
    }
    #expect(!ending.errors.isEmpty && ending.errors.utf8.count < 20_000, sourceLocation: sourceLocation)
    if !isReadable { #expect(ending.output == "", sourceLocation: sourceLocation) }
    try fixture().expectNoSecrets(in: ending, sourceLocation: sourceLocation)
  }

  static let cases: [Case] = [
    Case(
      name: "unknown field", change: ("  image: oamdev", "  imagee: oamdev"),
      says: ["hub.yaml:", "spec.imagee", "did you mean", "image"]),
    Case(
      name: "unknown nested field", change: ("      proxyServerHost:", "      proxyServerhost:"),
      says: ["hub.yaml:", "proxyServerhost", "did you mean", "proxyServerHost"]),
    Case(
      name: "text for a number", change: ("proxyServerPort: 8090", "proxyServerPort: eighty"),
      says: ["hub.yaml:", "spec.egress.clusterProxy.proxyServerPort", "expected"]),
    Case(
      name: "port out of range", change: ("proxyServerPort: 8090", "proxyServerPort: 80900"),
      says: ["hub.yaml:", "proxyServerPort", "65535"]),
    Case(
      name: "list for an object",
      change: (
        "  secretManagement:\n    managedServiceAccount:\n      name: cluster-gateway\n    type: ManagedServiceAccount",
        "  secretManagement: []"
      ),
      says: ["hub.yaml:", "spec.secretManagement"]),
    Case(
      name: "number for text", change: ("installNamespace: vela-system", "installNamespace: 17"),
      says: ["hub.yaml:", "spec.installNamespace", "expected"]),
    Case(
      name: "union without its member",
      change: ("    clusterProxy:\n      credentials:", "    clusterPrxy:\n      credentials:"),
      says: ["hub.yaml:", "spec.egress.clusterP"]),
    Case(
      name: "unknown choice", change: ("    type: ClusterProxy", "    type: Tunnel"),
      says: ["hub.yaml:", "spec.egress.type", "Direct"]),
    Case(
      name: "required field missing",
      change: ("  secretNamespace: open-cluster-management-credentials\n", ""),
      says: ["hub.yaml:", "spec.secretNamespace"]),
    Case(
      name: "namespace that is no DNS label",
      change: ("installNamespace: vela-system", "installNamespace: Vela_System"),
      says: ["hub.yaml:", "spec.installNamespace", "Vela_System"]),
    Case(
      name: "cluster that is no DNS label",
      change: ("  name: cluster1\n  resourceVersion: '", "  name: Cluster_1\n  resourceVersion: '"),
      says: ["hub.yaml:", "metadata.name", "Cluster_1"]),
    Case(
      name: "Secret name that is no DNS name",
      change: ("proxyClientSecretName: proxy-client", "proxyClientSecretName: ../proxy"),
      says: ["hub.yaml:", "proxyClientSecretName"]),
    Case(
      name: "bad Base64", change: ("  tls.key: ", "  tls.key: '!!! no Base64 '\n  other: "),
      says: ["hub.yaml:", "data", "Base64"]),
    Case(
      name: "duplicate key", change: ("kind: ManagedCluster\n", "kind: ManagedCluster\nkind: Secret\n"),
      says: ["hub.yaml:", "kind"]),
    Case(name: "no kind", change: ("kind: ManagedCluster\n", ""), says: ["hub.yaml:", "kind"]),
    Case(name: "no name", change: ("  name: proxy-client\n", ""), says: ["hub.yaml:", "metadata.name"]),
    Case(name: "tab", change: ("spec:\n  egress", "spec:\n\t egress"), says: ["hub.yaml:"]),
    Case(name: "NUL byte", change: ("  image: oamdev", "  image: oam\0dev"), says: ["hub.yaml:"]),
    Case(
      name: "object that is a list", change: ("apiVersion: v1\n", "- apiVersion: v1\n"), says: ["hub.yaml:"]),
  ]

  @Test(arguments: cases) func `a hub with wrong objects is refused`(_ bad: Case) async throws {
    let text = try fixture().text(bad.hub)
    #expect(text.contains(bad.change.old), "the fixture has changed")
    var parts = text.components(separatedBy: bad.change.old)
    let first = parts.removeFirst()
    let changed = first + bad.change.new + parts.joined(separator: bad.change.old)
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", changed)
    try expectRefusal(
      try await Program.run(["plan", "-f", file, "-o", "json"]), says: bad.says, isReadable: bad.isReadable)
  }

  @Test func `the missing member of a union is named`() async throws {
    let configuration = """
      apiVersion: proxy.open-cluster-management.io/v1alpha1
      kind: ClusterGatewayConfiguration
      metadata: {name: cluster-gateway}
      spec:
        image: example.org/gateway:1
        installNamespace: one
        secretNamespace: two
        egress: {type: ClusterProxy}
      """
    try expectRefusal(
      try await Program.run("plan", "-f", "-", input: configuration),
      says: ["standard input:", "spec.egress.clusterProxy"])
  }

  /// Certificates and keys that can't be used. The hub can be read, but nothing that depends on
  /// them may be planned.
  static let brokenMaterial: [(String, [String: String], String)] = [
    ("signer: no PEM", ["SIGNER_CA": "no certificate"], "cluster-gateway-signer"),
    (
      "signer: broken PEM", ["SIGNER_CA": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
      "cluster-gateway-signer"
    ),
    ("signer: key cut off", ["SIGNER_KEY": "-----BEGIN PRIVATE KEY-----\nMIIE"], "cluster-gateway-signer"),
    ("serving: no PEM", ["SERVING_CHAIN": "\u{0}\u{1}"], "cluster-gateway-tls-cert"),
    (
      "serving: broken key",
      ["SERVING_KEY": "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"],
      "cluster-gateway-tls-cert"
    ),
  ]

  @Test(arguments: brokenMaterial.indices) func `broken certificates are named`(_ index: Int) async throws {
    let (_, values, object) = BadInputTests.brokenMaterial[index]
    let ending = try await Program.run(
      "plan", "-f", "-", "-o", "json", "--at", PlanTests.early,
      input: try fixture().text(Fixture.taken, values))
    try expectBrokenMaterial(ending, object)
  }

  @Test(arguments: ["SIGNER_KEY", "SERVING_KEY"]) func `a key that does not match is named`(_ key: String)
    async throws
  {
    let fixture = try fixture()
    let other = key == "SIGNER_KEY" ? "SERVING_KEY" : "SIGNER_KEY"
    let value = try #require(fixture.values[other])
    let ending = try await Program.run(
      "plan", "-f", "-", "-o", "json", "--at", PlanTests.early,
      input: try fixture.text(Fixture.taken, [key: value]))
    try expectBrokenMaterial(
      ending, key == "SIGNER_KEY" ? "cluster-gateway-signer" : "cluster-gateway-tls-cert")
  }

  private func expectBrokenMaterial(
    _ ending: Ending, _ object: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expectRefusal(
      ending, says: ["error:", object],
      isReadable: true,
      sourceLocation: sourceLocation)
    // Unreadable material is never replaced without a request: at most its fields' owner changes.
    let plan = try ending.json(sourceLocation: sourceLocation)
    for patch in plan["patches"]?.array ?? []
    where patch.value(at: "target", "name")?.string == object && patch.value(at: "target", "kind") == "Secret"
    {
      #expect(patch["operation"] == "patch", sourceLocation: sourceLocation)
      let paths = (patch["body"]?.array ?? []).compactMap { $0["path"]?.string }
      #expect(paths.allSatisfy { $0.hasPrefix("/metadata/") }, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ["", "\n\n", "---\n---\n", "# nothing\n", "null\n"])
  func `input without objects is refused`(text: String) async throws {
    try expectRefusal(
      try await Program.run("plan", "-f", "-", input: text), says: ["no objects"])
  }

  @Test func `a truncated file is refused or holds whole objects`() async throws {
    let text = Array(try fixture().text(Fixture.fresh).utf8)
    let folder = try TemporaryFolder()
    for tenth in [0.013, 0.171, 0.333, 0.52, 0.781, 0.9, 0.987] {
      let cut = Int(Double(text.count) * tenth)
      let file = try folder.write("hub.yaml", text[..<cut])
      let ending = try await Program.run(["plan", "-f", file, "-o", "json"])
      #expect(ending.signal == nil && !ending.tookTooLong)
      // A cut between two fields may leave valid objects: then there is a plan for them.
      #expect(
        ending.code == 1 || (ending.code == 0 && ending.errors == ""),
        "at \(cut): \(ending.errors.prefix(300))")
      if ending.code == 1 { #expect(ending.errors.contains("hub.yaml") || ending.errors.contains("error:")) }
    }
  }

  @Test func `truncated JSON is refused`() async throws {
    let json = Array(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"one","uid":"u"}}"#.utf8)
    for cut in stride(from: 1, to: json.count - 1, by: 12) {
      try expectRefusal(
        try await Program.run(["plan", "-f", "-"], input: Array(json[..<cut])), says: ["standard input:"])
    }
  }

  @Test(arguments: ["[", "{", "- ", "{a: ", "&a [", "? "])
  func `the nesting depth is bounded`(text: String) async throws {
    let megabytes = text == "[" ? 20 : 2
    let input = Array(String(repeating: text, count: (megabytes << 20) / text.utf8.count).utf8)
    try expectRefusal(
      try await Program.run(["plan", "-f", "-"], input: input),
      says: ["standard input:1:"])
  }

  @Test func `the expansion of aliases is bounded`() async throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<12 {
      text +=
        "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
        + "]\n"
    }
    try expectRefusal(
      try await Program.run(["plan", "-f", "-"], input: Array(text.utf8)),
      says: ["standard input:", "alias"])
  }

  @Test(arguments: 0..<10) func `random bytes are refused`(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...4000, using: &generator)
    var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    // Half of them within a manifest.
    if seed % 2 == 1 {
      let text = Array(try fixture().text(Fixture.fresh).utf8)
      let place = Int.random(in: 0..<text.count, using: &generator)
      bytes = Array(text[..<place]) + bytes + Array(text[place...])
    }
    try expectRefusal(try await Program.run(["plan", "-f", "-"], input: bytes), says: ["standard input"])
  }

  @Test func `two different objects of the same name are both named`() async throws {
    let folder = try TemporaryFolder()
    let hub = try folder.write("hub.yaml", try fixture().text(Fixture.fresh))
    func namespace(_ uid: String) -> String {
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: twice, uid: \(uid)}\n"
    }
    let (one, other) = (
      try folder.write("one.yaml", namespace("a")), try folder.write("other.yaml", namespace("b"))
    )
    try expectRefusal(
      try await Program.run("plan", "-f", hub, "-f", one, "-f", other), says: [one, other, "second time"])
    // Overlapping files hold the same.
    let ending = try await Program.run("plan", "-f", hub, "-f", one, "-f", hub, "-f", one)
    #expect(ending.code == 0, "\(ending.errors.prefix(300))")
  }

  @Test func `files that cannot be read are named`() async throws {
    let folder = try TemporaryFolder()
    let missing = folder.path + "/missing.yaml"
    try expectRefusal(try await Program.run("plan", "-f", missing), says: [missing, "no such file"])
    try expectRefusal(try await Program.run("plan", "-f", folder.path), says: [folder.path, "no .yaml"])
    // Not even the superuser can follow a link to itself.
    let unreadable = folder.path + "/hub.yaml"
    try FileManager.default.createSymbolicLink(atPath: unreadable, withDestinationPath: unreadable)
    try expectRefusal(try await Program.run("plan", "-f", folder.path), says: [unreadable, "permissions"])
  }

  @Test func `wrong arguments are named`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", try fixture().text(Fixture.fresh))
    let cases: [([String], [String])] = [
      (
        ["plan", "-f", file, "--at", "yesterday"], ["--at", "yesterday", "RFC 3339", "2026-12-01T00:00:00Z"]
      ),
      (["plan", "-f", file, "--at", "2026-13-01T00:00:00Z"], ["--at"]),
      (["plan", "-f", file, "--rounds", "0"], ["--rounds", "1 to 100"]),
      (["plan", "-f", file, "--rounds", "-1"], ["--rounds", "1 to 100"]),
      (["plan", "-f", file, "--rounds", "many"], ["rounds"]),
      (["plan", "-f", file, "-o", "xml"], ["output", "yaml"]),
      (["plan", "-f", file, "--kubeconfig", file], ["-f", "--kubeconfig"]),
      (["plan"], ["-f", "--kubeconfig"]),
      (["plan", "-f", file, "--namespace", "No_Label"], ["--namespace", "No_Label"]),
      (["plan", "-f", file, "--signer-secret-name", "../x"], ["--signer-secret-name"]),
      (["plan", "-f", file, "--frobnicate"], ["frobnicate"]),
      (["plan", "--kubeconfig", folder.path + "/none"], ["none"]),
      (["run", "--once", "--timeout", "soon"], ["--timeout", "90s"]),
      (["run", "--timeout", "3s"], ["--timeout", "--once"]),
      (["plan", "-f", "hub.yaml", "--context", "x"], ["--context", "-f"]),
      (["certs", "-f", "hub.yaml", "--context", "x"], ["--context", "-f"]),
      (["run", "--once", "--timeout=-5s"], ["--timeout", "90s"]),
      (["run", "--once", "--kubeconfig", folder.path + "/none"], ["none"]),
      (["run", "--once", "--kubeconfig", file], [file]),
      (["run", "--probe-port", "70000"], ["--probe-port", "65535"]),
      (
        ["run", "--probe-port", "1", "--metrics-bind-address", "0"],
        ["--probe-port", "--metrics-bind-address"]
      ),
      (["run", "--metrics-cert-dir", "x"], ["--metrics-cert-dir", "--metrics-secure"]),
      (
        [
          "run", "--metrics-secure", "--metrics-bind-address", ":1", "--health-probe-bind-address", ":1",
        ], ["--metrics-secure", "--health-probe-bind-address"]
      ),
      (["run", "--metrics-secure", "--probe-port", "1"], ["--metrics-secure", "--metrics-bind-address"]),
      (["run", "--metrics-bind-address", "48080"], ["--metrics-bind-address", "48080"]),
      (["run", "--health-probe-bind-address", ":70000"], ["--health-probe-bind-address"]),
      (["run", "--log-format", "xml"], ["--log-format", "text", "json"]),
      (["frobnicate"], ["frobnicate"]),
      (["statu"], ["'statu'", "Did you mean `gateway-manager status`?"]),
      (["certs", "rotat"], ["'rotat'", "Did you mean `gateway-manager certs rotate`?"]),
      (["plan", "--rounds", "2"], ["--rounds", "-f"]),
      (["status"], ["-f", "--kubeconfig"]),
      (["status", "-l", "a=b,,"], ["--selector", "a=b"]),
      (["status", "-w", "-f", file], ["--watch", "-f"]),
      (["status", "-w", "-o", "json"], ["--watch", "json"]),
      (["status", "-f", file, "cluster0"], ["cluster0", "ManagedCluster"]),
      (["explain"], ["cluster"]),
      (["explain", "../x"], ["../x"]),
      (["explain", "cluster1"], ["--kubeconfig"]),
      (["doctor", "--kubeconfig", folder.path + "/none"], ["none"]),
      (["diff", "-f", file, "-o", "xml"], ["output", "yaml"]),
    ]
    for (arguments, words) in cases {
      let ending = try await Program.run(arguments)
      #expect(ending.signal == nil && !ending.tookTooLong, "\(arguments)")
      #expect(ending.code == 1, "\(arguments): \(ending.errors)")
      #expect(ending.output == "", "\(arguments)")
      for word in words { #expect(ending.errors.contains(word), "\(arguments): \(word): \(ending.errors)") }
    }
  }
}
