import GatewayAPI
import KubeCore
import Testing

@Suite struct ValidationTests {
  /// A change of the full configuration (dotted path, new value; `nil` removes) and the paths of
  /// the problems it gives.
  struct Case: Sendable, CustomTestStringConvertible {
    var path: String
    var value: JSONValue?
    var problems: [String]
    /// Why the CustomResourceDefinition takes it; `nil` where the API server refuses it, too.
    var takenByDefinition: String?

    /// The case of a rule that the definition doesn't have.
    func managerAlone(_ reason: String) -> Case {
      var copy = self
      copy.takenByDefinition = reason
      return copy
    }

    init(_ path: String, _ value: JSONValue?, _ problems: String...) {
      self.path = path
      self.value = value
      self.problems = problems
    }

    var testDescription: String { "\(path) = \(value.map { "\($0)" } ?? "nothing")" }
  }

  private static let tunnel: JSONValue = [
    "type": "ClusterProxy",
    "clusterProxy": [
      "proxyServerHost": "proxy", "proxyServerPort": 8090,
      "credentials": ["namespace": "a", "proxyClientSecretName": "b", "proxyClientCASecretName": "c"],
    ],
  ]

  private static func tunnel(_ path: String, _ value: JSONValue?) -> JSONValue {
    var egress = tunnel
    egress.set(value, at: path.split(separator: ".").map(String.init))
    return egress
  }

  static let cases: [Case] = [
    Case("spec.image", nil, "spec.image"),
    Case("spec.image", "", "spec.image"),
    Case("spec.image", "a b", "spec.image"),
    Case("spec.image", "a\n", "spec.image"),
    Case("spec.image", "a\u{1B}]0;b\u{07}", "spec.image").managerAlone(
      "its pattern takes all but white space"),
    Case("spec.installNamespace", nil, "spec.installNamespace"),
    Case("spec.installNamespace", "Vela", "spec.installNamespace"),
    Case("spec.installNamespace", "a.b", "spec.installNamespace"),
    Case("spec.secretNamespace", nil, "spec.secretNamespace"),
    Case("spec.secretNamespace", "-a", "spec.secretNamespace"),
    Case("spec.secretNamespace", .string(String(repeating: "a", count: 64)), "spec.secretNamespace"),
    Case("spec.secretManagement.type", "Manuel", "spec.secretManagement.type"),
    Case(
      "spec.secretManagement.managedServiceAccount.name", "",
      "spec.secretManagement.managedServiceAccount.name"),
    Case(
      "spec.secretManagement.managedServiceAccount.name", "A_b",
      "spec.secretManagement.managedServiceAccount.name"),
    Case("spec.egress", nil, "spec.egress.type"),
    Case("spec.egress", [:], "spec.egress.type"),
    Case("spec.egress", ["type": "direct"], "spec.egress.type"),
    Case("spec.egress", ["type": "ClusterProxy"], "spec.egress.clusterProxy"),
    Case(
      "spec.egress", ["type": "ClusterProxy", "clusterProxy": [:]],
      "spec.egress.clusterProxy.proxyServerHost",
      "spec.egress.clusterProxy.proxyServerPort", "spec.egress.clusterProxy.credentials.namespace",
      "spec.egress.clusterProxy.credentials.proxyClientSecretName",
      "spec.egress.clusterProxy.credentials.proxyClientCASecretName"),
    Case(
      "spec.egress", tunnel("clusterProxy.proxyServerHost", "https://proxy"),
      "spec.egress.clusterProxy.proxyServerHost"
    ).managerAlone("it has no pattern for hosts, which may be addresses"),
    Case(
      "spec.egress", tunnel("clusterProxy.proxyServerHost", "proxy:8090"),
      "spec.egress.clusterProxy.proxyServerHost"
    ).managerAlone("it has no pattern for hosts, which may be addresses"),
    Case(
      "spec.egress", tunnel("clusterProxy.proxyServerPort", 0), "spec.egress.clusterProxy.proxyServerPort"),
    Case(
      "spec.egress", tunnel("clusterProxy.proxyServerPort", 65_536),
      "spec.egress.clusterProxy.proxyServerPort"),
    Case(
      "spec.egress", tunnel("clusterProxy.credentials.proxyClientSecretName", "a/b"),
      "spec.egress.clusterProxy.credentials.proxyClientSecretName"),
    Case(
      "spec.egress.permissions", [["verbs": []]], "spec.egress.permissions[0].verbs",
      "spec.egress.permissions[0].apiGroups", "spec.egress.permissions[0].resources"),
    Case(
      "spec.egress.permissions",
      [["verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "nonResourceURLs": ["/x"]]],
      "spec.egress.permissions[0].nonResourceURLs"),
    Case(
      "spec.egress.permissions", [["verbs": ["get"], "nonResourceURLs": ["healthz"]]],
      "spec.egress.permissions[0].nonResourceURLs[0]"
    ).managerAlone("it has no pattern for paths"),
    Case(
      "spec.clusters.selector.matchLabels", ["a b": "c", "d": "e f"],
      "spec.clusters.selector.matchLabels[a b]", "spec.clusters.selector.matchLabels[d]"
    ).managerAlone("it has no pattern for keys of maps"),
    Case(
      "spec.clusters.selector.matchExpressions",
      [["key": "/a", "operator": "In", "values": ["b", "-"]], ["key": "", "operator": "Exists"]],
      "spec.clusters.selector.matchExpressions[0].key",
      "spec.clusters.selector.matchExpressions[0].values[1]",
      "spec.clusters.selector.matchExpressions[1].key"),
    Case(
      "spec.clusters.selector.matchExpressions", [["key": "a", "operator": "In"]],
      "spec.clusters.selector.matchExpressions[0].values"),
    Case(
      "spec.clusters.selector.matchExpressions", [["key": "a", "operator": "Exists", "values": ["b"]]],
      "spec.clusters.selector.matchExpressions[0].values"),
    Case(
      "spec.clusters.selector.matchExpressions", [["key": "a", "operator": "Like"]],
      "spec.clusters.selector.matchExpressions[0].operator"),
    Case("spec.clusters.selector", "env=prod", "spec.clusters.selector"),
    Case("spec.health", ["interval": "9s"], "spec.health.interval"),
    Case("spec.health", ["interval": "1h1s"], "spec.health.interval"),
    Case("spec.health", ["interval": "often"], "spec.health.interval"),
    Case("spec.health", ["timeout": "0s"], "spec.health.timeout"),
    Case("spec.health", ["timeout": "61s", "interval": "5m"], "spec.health.timeout"),
    Case("spec.health", ["timeout": "11s", "interval": "10s"], "spec.health.timeout"),
    Case("spec.health", ["failureThreshold": 0], "spec.health.failureThreshold"),
    Case("spec.health", ["failureThreshold": 21], "spec.health.failureThreshold"),
    Case("spec.health", ["concurrency": 1025], "spec.health.concurrency"),
    Case("spec.health", ["concurrency": "many"], "spec.health.concurrency"),
    Case("spec.replicas", 0, "spec.replicas"),
    Case("spec.replicas", -1, "spec.replicas"),
    Case("spec.replicas", 101, "spec.replicas"),
    Case("spec.replicas", "3", "spec.replicas"),
    Case("spec.replicas", 4_294_967_296, "spec.replicas"),
    Case("spec.resources.requests", ["cpu": "lots"], "spec.resources.requests[cpu]"),
    Case("spec.resources.requests", ["cpu": "1100m"], "spec.resources.requests[cpu]").managerAlone(
      "comparing quantities needs a library of CEL that came with 1.29"),
    Case(
      "spec.resources.limits", ["cpu": "-1"], "spec.resources.requests[cpu]", "spec.resources.limits[cpu]"
    ).managerAlone("its pattern of quantities, Kubernetes' own, takes a sign"),
    Case("spec.scheduling.priorityClassName", "Big One", "spec.scheduling.priorityClassName"),
    Case("spec.scheduling.nodeSelector", ["": "x"], "spec.scheduling.nodeSelector[]").managerAlone(
      "it has no pattern for keys of maps"),
    Case("spec.scheduling.affinity", "near", "spec.scheduling.affinity"),
    Case("spec.scheduling.tolerations", ["all"], "spec.scheduling.tolerations[0]"),
    Case(
      "spec.scheduling.topologySpreadConstraints", [["maxSkew": 1, "topologyKey": "zone"]],
      "spec.scheduling.topologySpreadConstraints[0].whenUnsatisfiable"
    ).managerAlone("fields that it preserves without declaring them are none to CEL"),
    Case(
      "spec.imagePullSecrets", [["name": "a"], ["name": "a"], ["name": "B"]], "spec.imagePullSecrets[1].name",
      "spec.imagePullSecrets[2].name"),
    Case("spec.certificates.algorithm", "RSA1024", "spec.certificates.algorithm"),
    Case("spec.certificates.validity", "180d", "spec.certificates.validity"),
    Case("spec.certificates.validity", "-1h", "spec.certificates.validity"),
    Case("spec.certificates.validity", "0s", "spec.certificates.validity"),
    Case(
      "spec.certificates.caValidity", "300h", "spec.certificates.caValidity",
      "spec.certificates.caRenewBefore"),
    Case("spec.certificates.renewBefore", "720h", "spec.certificates.renewBefore"),
    Case("spec.certificates", ["validity": "10m"], "spec.certificates.validity").managerAlone(
      "the Go manager took any validity"),
    Case("spec.certificates.caRenewBefore", "8760h", "spec.certificates.caRenewBefore"),
    Case("spec.certificates.overlap", "30s", "spec.certificates.overlap"),
    Case("spec.certificates.overlap", "soon", "spec.certificates.overlap"),
    Case("spec.certificates.overlap", "720h", "spec.certificates.overlap"),
    Case("spec.certificates.renewBefore", "4m", "spec.certificates.renewBefore"),
    Case(
      "spec.certificates", ["validity": "24h", "renewBefore": "18h1m"], "spec.certificates.renewBefore"),
    Case(
      "spec.certificates", ["validity": "24h", "caValidity": "48h", "caRenewBefore": "36h1m"],
      "spec.certificates.caRenewBefore"),
    Case(
      "spec.certificates", ["validity": "24h", "caValidity": "25h", "overlap": "12h"],
      "spec.certificates.caValidity"),
    Case(
      "spec.certificates", ["validity": "1h", "caValidity": "74m", "overlap": "10m"],
      "spec.certificates.caValidity"),
    Case("spec.certificates", ["caRenewBefore": "14m"], "spec.certificates.caRenewBefore"),
    Case("spec.featureGates", ["A=true,B": true], "spec.featureGates[A=true,B]").managerAlone(
      "it has no pattern for keys of maps"),
    Case("spec.featureGates", ["A": "true"], "spec.featureGates[A]"),
    Case("spec.egress", "Direct", "spec.egress"),
    Case("spec", nil, "spec.image", "spec.installNamespace", "spec.secretNamespace", "spec.egress.type")
      .managerAlone("the Go manager's definition does not require a spec"),
  ]

  @Test(arguments: cases)
  func `an invalid configuration has its problems with their paths`(_ example: Case) throws {
    var document = try parsed(Documents.fullConfiguration)
    document.set(example.value, at: example.path.split(separator: ".").map(String.init))
    let problems = ClusterGatewayConfiguration.problems(in: document)
    #expect(problems.map(\.path.description) == example.problems)
    #expect(problems.allSatisfy { !$0.problem.isEmpty })
  }

  @Test func `valid configurations have no problems`() throws {
    #expect(ClusterGatewayConfiguration.problems(in: try parsed(Documents.configuration)) == [])
    #expect(ClusterGatewayConfiguration.problems(in: try parsed(Documents.fullConfiguration)) == [])
    var document = try parsed(Documents.configuration)
    for host in ["10.0.0.1", "fd00::1", "proxy"] {
      document.set(.string(host), at: ["spec", "egress", "clusterProxy", "proxyServerHost"])
      #expect(ClusterGatewayConfiguration.problems(in: document) == [])
    }
  }

  @Test func `the shortest allowed durations are accepted`() throws {
    var document = try parsed(Documents.configuration)
    for certificates: JSONValue in [
      ["validity": "1h", "caValidity": "75m", "overlap": "10m"],
      ["validity": "1h", "renewBefore": "45m", "caValidity": "61m"],
      ["validity": "24h", "renewBefore": "5m", "caRenewBefore": "15m"],
      ["caValidity": "2562047h", "caRenewBefore": "1921535h"],
    ] {
      document.set(certificates, at: ["spec", "certificates"])
      #expect(ClusterGatewayConfiguration.problems(in: document) == [])
    }
  }

  @Test func `invalid values of unused fields are no problem`() throws {
    var document = try parsed(Documents.configuration)
    document.set("Direct", at: ["spec", "egress", "type"])
    document.set("not a host", at: ["spec", "egress", "clusterProxy", "proxyServerHost"])
    document.set(nil, at: ["spec", "secretManagement"])
    #expect(ClusterGatewayConfiguration.problems(in: document) == [])
  }

  @Test func `all problems are reported at once with remedies`() throws {
    var document = try parsed(Documents.fullConfiguration)
    document.set("", at: ["spec", "image"])
    document.set("Clusterproxy", at: ["spec", "egress", "type"])
    document.set(0, at: ["spec", "replicas"])
    document.set("x", at: ["spec", "certificates", "validity"])
    let problems = ClusterGatewayConfiguration.problems(in: document)
    #expect(
      problems.map(\.path.description) == [
        "spec.image", "spec.egress.type", "spec.replicas", "spec.certificates.validity",
      ])
    #expect(problems.allSatisfy { $0.remedy?.isEmpty == false })
    #expect(problems[1].remedy == "did you mean \"ClusterProxy\"?")
  }

  @Test func `misspelled fields are reported with a suggestion`() throws {
    var document = try parsed(Documents.fullConfiguration)
    document.set("x", at: ["spec", "instalNamespace"])
    document.set("x", at: ["spec", "egress", "clusterproxy"])
    document.set(1, at: ["spec", "certificates", "zzzzzzzzzzzzzzzz"])
    document.set([["name": "a", "nmae": "b"]], at: ["spec", "imagePullSecrets"])
    document.set([:], at: ["specs"])
    let unknown = ClusterGatewayConfiguration.unknownFields(in: document)
    #expect(
      unknown.map(\.path.description) == [
        "spec.certificates.zzzzzzzzzzzzzzzz", "spec.egress.clusterproxy", "spec.imagePullSecrets[0].nmae",
        "spec.instalNamespace", "specs",
      ])
    #expect(
      unknown.map(\.remedy) == [
        "use one of: algorithm, caRenewBefore, caValidity, overlap, renewBefore, validity",
        "did you mean \"clusterProxy\"?",
        "did you mean \"name\"?", "did you mean \"installNamespace\"?", "did you mean \"spec\"?",
      ])
  }

  @Test func `unknown fields of the status are no problem`() throws {
    var document = try parsed(Documents.configuration)
    document.set(["x": [["y": 1]]], at: ["status", "newer"])
    #expect(ClusterGatewayConfiguration.problems(in: document) == [])
  }

  @Test func `the contents of free-form fields are not checked`() throws {
    var document = try parsed(Documents.fullConfiguration)
    document.set(["anything": ["goes": true]], at: ["spec", "scheduling", "affinity"])
    document.set(["x": "y"], at: ["metadata", "labels"])
    document.set([["anything": 1]], at: ["metadata", "managedFields"])
    #expect(ClusterGatewayConfiguration.unknownFields(in: document) == [])
  }

  @Test(arguments: [
    "null", "1", "[]", "{}", #""x""#, #"{"metadata":1}"#, #"{"metadata":{"name":"x"},"spec":[]}"#,
  ])
  func `any document has problems and crashes nothing`(text: String) throws {
    #expect(!ClusterGatewayConfiguration.problems(in: try parsed(text)).isEmpty)
  }
}
