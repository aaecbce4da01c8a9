import GatewayAPI
import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

import struct Foundation.Date
import struct Foundation.URL

/// One table of configurations for both validators: the manager
/// (`ClusterGatewayConfiguration.validate()`) and the API server, by the CustomResourceDefinition's
/// schema and its CEL rules.
///
/// The API server is `KubeMemory`. What kube-apiserver 1.36.2 answered to the same documents is in
/// `Fixtures/real-server/admission-1.36.2.jsonl`.
@Suite struct AdmissionTests {
  /// A change of the full configuration (dotted path, new value; `nil` removes).
  struct Case: Sendable, CustomTestStringConvertible {
    var path: String
    var value: JSONValue?
    /// The message of the CEL rule that alone refuses it.
    var rule: String?

    init(_ path: String, _ value: JSONValue?, rule: String? = nil) {
      self.path = path
      self.value = value
      self.rule = rule
    }

    var testDescription: String { "\(path) = \(value.map { "\($0)" } ?? "nothing")" }
  }

  private static func document(_ path: String, _ value: JSONValue?) throws -> JSONValue {
    var document = try parsed(Documents.fullConfiguration)
    document.set(value, at: path.split(separator: ".").map(String.init))
    return document
  }

  private static let time = Date(timeIntervalSince1970: 1_700_000_000)

  /// An API server that serves the kind.
  private static let server: MemoryAPIServer = {
    var server = MemoryAPIServer(at: time)
    let definitions = ["apis", "apiextensions.k8s.io", "v1", "customresourcedefinitions"]
    _ = create(ClusterGatewayConfiguration.definition, at: definitions, on: &server)
    return server
  }()

  private static func create(_ object: JSONValue, at path: [String], on server: inout MemoryAPIServer)
    -> MemoryResponse
  {
    let body = SecretBytes(JSONWriter().bytes(object))
    let request = KubeRequest(method: .post, path: path, query: [], headers: [:], body: body)
    return server.handle(request, at: time)
  }

  /// `field: message` of each cause for which the API server refuses a configuration.
  private static func refusal(of document: JSONValue) throws -> [String] {
    var server = server
    let path = ["apis", "proxy.open-cluster-management.io", "v1alpha1", "clustergatewayconfigurations"]
    let response = create(document, at: path, on: &server)
    if response.status.code == 201 { return [] }
    let status = try JSONParser().parse(response.body)
    try #require(response.status.code == 422, "\(status)")
    let causes = (status.value(at: "details", "causes")?.array ?? []).map {
      "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")"
    }
    try #require(!causes.isEmpty)
    return causes
  }

  /// The problems that the manager finds in a document.
  private static func problems(in document: JSONValue) -> [FieldError] {
    let problems = ClusterGatewayConfiguration.problems(in: document)
    return problems.isEmpty ? ClusterGatewayConfiguration.definitionProblems(in: document) : problems
  }

  // MARK: The table

  private static func proxy(_ path: String, _ value: JSONValue?, type: JSONValue = "ClusterProxy")
    -> JSONValue
  {
    var egress: JSONValue = [
      "type": type,
      "clusterProxy": [
        "proxyServerHost": "proxy", "proxyServerPort": 8090,
        "credentials": ["namespace": "a", "proxyClientSecretName": "b", "proxyClientCASecretName": "c"],
      ],
    ]
    if !path.isEmpty { egress.set(value, at: path.split(separator: ".").map(String.init)) }
    return egress
  }

  private static func many(_ count: Int, _ value: JSONValue) -> JSONValue {
    .array(Array(repeating: value, count: count))
  }

  private static func map(_ count: Int, _ value: JSONValue) -> JSONValue {
    .object(JSONObject((0..<count).map { ("key\($0)", value) }))
  }

  private static func text(_ count: Int) -> JSONValue { .string(String(repeating: "a", count: count)) }

  private static let rule: JSONValue = ["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]
  private static let paths: JSONValue = ["verbs": ["get"], "nonResourceURLs": ["/x"]]

  private static func rule(_ field: String, _ value: JSONValue, of rule: JSONValue = rule) -> JSONValue {
    var rule = rule
    rule[field] = value
    return [rule]
  }

  /// Configurations that both accept.
  static let accepted: [Case] = [
    Case("spec.image", "a:b"), Case("spec.image", text(1024)), Case("spec.installNamespace", text(63)),
    Case("spec.secretManagement", nil), Case("spec.secretManagement", ["type": "Manual"]),
    Case("spec.egress", proxy("", nil)),
    Case("spec.egress", proxy("clusterProxy.proxyServerHost", "10.0.0.1")),
    Case("spec.egress", proxy("clusterProxy.proxyServerHost", "not a host", type: "Direct")),
    Case("spec.egress", ["type": "Direct"]), Case("spec.egress.permissions", nil),
    Case("spec.egress.permissions", []),
    Case("spec.egress.permissions", many(64, rule)), Case("spec.egress.permissions", [paths]),
    Case("spec.egress.permissions", rule("resourceNames", ["a"])),
    Case("spec.egress.permissions", rule("resourceNames", [])), Case("spec.clusters", [:]),
    Case("spec.clusters.selector", [:]),
    Case(
      "spec.clusters.selector.matchExpressions",
      [
        ["key": "a", "operator": "NotIn", "values": ["b"]], ["key": "c", "operator": "Exists", "values": []],
      ]),
    Case("spec.replicas", 1), Case("spec.replicas", 100), Case("spec.replicas", nil),
    Case("spec.resources.requests", ["cpu": 1, "memory": "1Gi"]),
    Case("spec.resources.requests", ["cpu": "0.5"]),
    Case("spec.scheduling", [:]), Case("spec.scheduling.nodeSelector", map(64, "b")),
    Case("spec.imagePullSecrets", []), Case("spec.featureGates", map(64, true)), Case("spec.ownership", [:]),
    Case("spec.health", [:]), Case("spec.health", ["interval": "10s", "timeout": "10s"]),
    Case("spec.health", ["interval": "1h", "timeout": "1m"]),
    Case("spec.health", ["interval": "3600000ms", "timeout": "1s"]),
    Case("spec.certificates", nil), Case("spec.certificates", [:]),
    Case("spec.certificates", ["validity": "1h", "caValidity": "75m", "overlap": "10m"]),
    Case("spec.certificates", ["validity": "1h", "renewBefore": "45m", "caValidity": "61m"]),
    Case("spec.certificates", ["validity": "24h", "renewBefore": "5m", "caRenewBefore": "15m"]),
    Case("spec.certificates", ["caValidity": "2562047h", "caRenewBefore": "1921535h"]),
    Case("spec.certificates", ["validity": "1.5h1ns", "overlap": "60000000µs"]),
  ]

  /// Configurations that both refuse, beside those of `ValidationTests`.
  static let refused: [Case] = [
    Case("spec.image", text(1025)), Case("spec.egress", proxy("clusterProxy.proxyServerHost", "")),
    Case("spec.egress", proxy("clusterProxy.proxyServerHost", .string(String(repeating: "a:", count: 127)))),
    Case("spec.egress", proxy("clusterProxy.credentials", nil)),
    Case("spec.egress", proxy("clusterProxy.credentials.namespace", nil, type: "Direct")),
    Case("spec.egress", proxy("clusterProxy.credentials.proxyClientSecretName", "A", type: "Direct")),
    Case("spec.egress", proxy("clusterProxy.proxyServerPort", 0, type: "Direct")),
    Case("spec.secretManagement", ["type": "Manual", "managedServiceAccount": ["name": "A_b"]]),
    Case("spec.egress.permissions", many(65, rule)), Case("spec.egress.permissions", rule("verbs", [])),
    Case("spec.egress.permissions", rule("verbs", many(65, "get"))),
    Case("spec.egress.permissions", rule("resources", [text(254)])),
    Case("spec.egress.permissions", rule("resourceNames", many(65, "a"))),
    Case("spec.egress.permissions", rule("apiGroups", [], of: paths)),
    Case("spec.clusters.selector.matchExpressions", many(33, ["key": "a", "operator": "Exists"])),
    Case(
      "spec.clusters.selector.matchExpressions", [["key": "a", "operator": "In", "values": many(65, "b")]]),
    Case("spec.clusters.selector.matchLabels", map(65, "b")),
    Case("spec.clusters.selector.matchLabels", ["a": text(64)]),
    Case("spec.scheduling.nodeSelector", map(65, "b")), Case("spec.scheduling.tolerations", many(65, [:])),
    Case("spec.imagePullSecrets", many(65, ["name": "a"])), Case("spec.imagePullSecrets", [[:]]),
    Case("spec.resources.limits", map(65, 1)), Case("spec.featureGates", map(65, true)),
    Case("spec.health.interval", "+30s"), Case("spec.health.interval", ".5m"),
    Case("spec.health.interval", "30.s"),
    Case("spec.health.interval", "30\u{3BC}s30s"),
    Case("spec.certificates.validity", "0000000000000000000000000000720h0"),
    Case("spec.certificates.validity", "000000000000000000000000000000720h"),
    Case("spec.certificates.validity", "99999999999h"),
    // What the rules count in whole seconds is a fraction below in the manager's nanoseconds.
    Case("spec.certificates", ["validity": "3601.9s", "renewBefore": "2701.4s"]),
    // Each rule of the definition alone.
    Case(
      "spec.certificates", ["validity": "48h", "caValidity": "48h"],
      rule: "validity must be shorter than caValidity"),
    Case(
      "spec.certificates", ["validity": "24h", "renewBefore": "18h1s"],
      rule: "renewBefore must be at most three quarters of validity"),
    Case("spec.certificates", ["renewBefore": "299s"], rule: "renewBefore must be five minutes or longer"),
    Case(
      "spec.certificates", ["validity": "24h", "caValidity": "48h", "caRenewBefore": "36h1s"],
      rule: "caRenewBefore must be at most three quarters of caValidity"),
    Case(
      "spec.certificates", ["caRenewBefore": "899s"],
      rule: "caRenewBefore, or a third of caValidity, must be at least twice the overlap and five minutes"),
    Case(
      "spec.certificates", ["validity": "1h", "overlap": "1h"], rule: "overlap must be shorter than validity"),
    Case("spec.certificates", ["overlap": "59s"], rule: "overlap must be a minute or longer"),
    Case("spec.health", ["interval": "9.9s"], rule: "interval must be from 10s to 1h0m0s"),
    Case("spec.health", ["timeout": "999ms"], rule: "timeout must be from 1s to 1m0s"),
    Case(
      "spec.health", ["interval": "10s", "timeout": "10001ms"],
      rule: "timeout must not be longer than interval"),
    Case(
      "spec.egress", ["type": "ClusterProxy"],
      rule: "egress of type ClusterProxy needs clusterProxy: host, port and credentials of the tunnel"),
    Case(
      "spec.egress.permissions", rule("nonResourceURLs", ["/x"]),
      rule: "a rule is either for resources (apiGroups and resources) or for paths (nonResourceURLs)"),
    Case(
      "spec.egress.permissions", rule("resourceNames", [], of: paths),
      rule: "a rule is either for resources (apiGroups and resources) or for paths (nonResourceURLs)"),
    Case(
      "spec.egress.permissions", [["verbs": ["get"]]],
      rule: "a rule is either for resources (apiGroups and resources) or for paths (nonResourceURLs)"),
    Case(
      "spec.clusters.selector.matchExpressions", [["key": "a", "operator": "NotIn", "values": []]],
      rule: "In and NotIn need values; Exists and DoesNotExist take none"),
    Case(
      "spec.clusters.selector.matchExpressions", [["key": "a", "operator": "DoesNotExist", "values": ["b"]]],
      rule: "In and NotIn need values; Exists and DoesNotExist take none"),
  ]

  @Test(arguments: accepted)
  func `a good configuration is taken by the manager and the API server`(_ example: Case) throws {
    let document = try AdmissionTests.document(example.path, example.value)
    #expect(AdmissionTests.problems(in: document) == [])
    #expect(try AdmissionTests.refusal(of: document) == [])
  }

  @Test(arguments: refused)
  func `a bad configuration is refused by the manager and the API server`(_ example: Case) throws {
    let document = try AdmissionTests.document(example.path, example.value)
    #expect(!AdmissionTests.problems(in: document).isEmpty)
    let causes = try AdmissionTests.refusal(of: document)
    #expect(!causes.isEmpty)
    if let rule = example.rule {
      #expect(causes.count == 1 && causes[0].hasSuffix(": Invalid value: \(rule)"), "\(causes)")
    }
  }

  @Test(arguments: ValidationTests.cases)
  func `what the manager refuses, the API server refuses unless the case says why not`(
    _ example: ValidationTests.Case
  ) throws {
    let causes = try AdmissionTests.refusal(of: AdmissionTests.document(example.path, example.value))
    #expect(causes.isEmpty == (example.takenByDefinition != nil), "\(causes)")
  }

  @Test func `every rule of the definition is the only one to refuse some configuration`() {
    let tested = Set(AdmissionTests.refused.compactMap(\.rule))
    #expect(AdmissionTests.rules(of: ClusterGatewayConfiguration.definition) == tested)
  }

  /// The messages of all CEL rules in a document.
  private static func rules(of value: JSONValue) -> Set<String> {
    switch value {
    case .array(let elements): return elements.reduce(into: []) { $0.formUnion(rules(of: $1)) }
    case .object(let object):
      var messages = Set<String>()
      for rule in object["x-kubernetes-validations"]?.array ?? [] {
        messages.insert(rule["message"]?.string ?? "")
      }
      return object.reduce(into: messages) { $0.formUnion(rules(of: $1.value)) }
    default: return []
    }
  }

  @Test func `the definition has nothing that isn't evaluated`() {
    var server = MemoryAPIServer(at: AdmissionTests.time)
    let path = ["apis", "apiextensions.k8s.io", "v1", "customresourcedefinitions"]
    let definition = ClusterGatewayConfiguration.definition
    let response = AdmissionTests.create(definition, at: path, on: &server)
    #expect(response.status.code == 201)
    #expect(response.headers.filter { $0.name.canonicalName == "warning" }.map(\.value) == [])
  }

  // MARK: Recorded answers

  /// The recorded answers, each with the members of the full configuration's spec that its document
  /// changes and removes.
  private static func recordings() throws -> [JSONValue] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/real-server/admission-1.36.2.jsonl")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try parsed(String($0)) }
  }

  @Test func `what kube-apiserver 1.36 accepted is accepted, and its CEL rules refuse alike`() throws {
    let recordings = try AdmissionTests.recordings()
    let rules = AdmissionTests.rules(of: ClusterGatewayConfiguration.definition)
    var seen: Set<String> = []
    for recording in recordings {
      var document = try parsed(Documents.fullConfiguration)
      for member in recording["changed"]?.object ?? [:] {
        document.set(member.value, at: ["spec", member.key])
      }
      for field in recording["removed"]?.array ?? [] {
        document.set(nil, at: ["spec", field.string ?? ""])
      }
      if recording["spec"] == .null { document.set(nil, at: ["spec"]) }
      let causes = try AdmissionTests.refusal(of: document)
      #expect(causes.isEmpty == (recording["accepted"] == true), "\(recording)")
      let recorded = (recording["causes"]?.array ?? []).compactMap(\.string)
      guard recorded.count == 1, let rule = rules.first(where: { recorded[0].hasSuffix($0) }) else {
        continue
      }
      #expect(causes == recorded)
      seen.insert(rule)
    }
    #expect(recordings.count == 165 && seen == rules)
  }

  // MARK: Generated configurations

  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// Places of the configuration, those below others first.
  private static func places(in value: JSONValue, below path: [String]) -> [[String]] {
    guard let object = value.object else { return [path] }
    return object.flatMap { places(in: $0.value, below: path + [$0.key]) } + [path]
  }

  private static let values: [JSONValue] = [
    "", "a", "A", "a.b", "-a", "a b", text(64), text(254), "1h", "5m", "59s", "4321h", "87601h", "0s",
    "-1h", "1.5h", "+1h", "1d", "3601.9s", "2701.4s",
    0, 1, -1, 21, 101, 65_536, 4_294_967_296, true, false, .null, [], [:], ["a"], ["a": "b"],
    [["name": "a"]], [["key": "a", "operator": "In"]],
    [["verbs": ["*"]]], [["verbs": ["*"], "nonResourceURLs": ["*"], "resourceNames": []]],
    ["type": "ClusterProxy"], ["cpu": "1x"], proxy("", nil),
  ]

  @Test func `what the API server refuses of a random configuration, the manager refuses`() throws {
    var random = Numbers(state: 5)
    let durations = ["validity", "caValidity", "renewBefore", "caRenewBefore", "overlap"]
    let lengths: [Double] = [60, 300, 600, 900, 2_700, 3_600, 7_200, 86_400]
    var refusals = 0
    for round in 0..<1_500 {
      var document = try parsed(Documents.fullConfiguration)
      let places = AdmissionTests.places(in: document["spec"] ?? [:], below: ["spec"])
      if round.isMultiple(of: 2) {
        for _ in 0..<Int.random(in: 1...2, using: &random) {
          guard let place = places.randomElement(using: &random) else { continue }
          document.set(AdmissionTests.values.randomElement(using: &random), at: place)
        }
      } else {
        var certificates: JSONValue = [:]
        for field in durations where Bool.random(using: &random) {
          let length = lengths.randomElement(using: &random) ?? 60
          let around = Double.random(in: -2...2, using: &random)
          certificates[field] = .string("\(((length + around) * 10).rounded() / 10)s")
        }
        document.set(certificates, at: ["spec", "certificates"])
      }
      let causes = try AdmissionTests.refusal(of: document)
      guard !causes.isEmpty else { continue }
      refusals += 1
      #expect(!AdmissionTests.problems(in: document).isEmpty, "\(document["spec"] ?? [:]): \(causes)")
    }
    #expect(refusals > 300)
  }
}
