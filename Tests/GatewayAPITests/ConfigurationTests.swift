import GatewayAPI
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsCore
import Testing

@Suite struct ConfigurationTests {
  @Test func `the defaults are those of the Go manager`() throws {
    let spec = try configuration().defaulted().spec
    #expect(spec.replicas == 3)
    #expect(spec.resources.requests == ["cpu": "100m", "memory": "200Mi"])
    #expect(spec.resources.limits == ["cpu": "500m", "memory": "600Mi"])
    #expect(spec.egress.permissions == [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])])
    #expect(spec.featureGates == ["HealthinessCheck": true, "SecretCache": true])
    #expect(spec.certificates.algorithm == .ecdsap256)
    #expect(spec.certificates.validityDuration == GoDuration(seconds: 180 * 86_400))
    #expect(spec.certificates.caValidityDuration == GoDuration(seconds: 3650 * 86_400))
    #expect(spec.certificates.renewBeforeDuration == nil)
    #expect(spec.ownership.force == false)
    #expect(spec.selects(clusterLabels: [:]))
  }

  @Test func `the parsed defaults are the written ones`() {
    let silent = ClusterGatewayConfiguration.Certificates()
    #expect(silent.validityDuration == GoDuration(seconds: 4320 * 3600))
    #expect(silent.caValidityDuration == GoDuration(seconds: 87_600 * 3600))
    #expect(silent.overlapDuration == GoDuration(seconds: 300))
    #expect(silent.caRenewBeforeDuration == nil)
    let unreadable = ClusterGatewayConfiguration.Certificates(overlap: "soon", validity: "")
    #expect(unreadable.validityDuration == silent.validityDuration)
    #expect(unreadable.overlapDuration == silent.overlapDuration)
  }

  @Test func `defaults change no value that is set`() throws {
    let full = try configuration(Documents.fullConfiguration)
    var expected = full
    expected.spec.featureGates["HealthinessCheck"] = true
    #expect(full.defaulted() == expected)
    #expect(full.defaulted().defaulted() == full.defaulted())
    #expect(full.spec.selects(clusterLabels: ["env": "prod", "example.com/region": "eu"]))
    #expect(!full.spec.selects(clusterLabels: ["env": "prod"]))
  }

  @Test func `Secrets are managed by default`() throws {
    var spec = try configuration().spec
    spec.secretManagement = .init()
    #expect(spec.managesSecrets && spec.managedServiceAccountName == "cluster-gateway")
    #expect(spec.defaulted().managedServiceAccountName == "cluster-gateway")
    spec.secretManagement.type = .manual
    #expect(!spec.managesSecrets)
    #expect(spec.defaulted().secretManagement.fields.keys.elementsEqual(["type"]))
  }

  @Test func `the tunnel counts only where it is used`() throws {
    var spec = try configuration().spec
    #expect(spec.clusterProxy?.proxyServerPort == 8090)
    spec.egress.type = .direct
    #expect(spec.clusterProxy == nil)
  }

  @Test func `the spec hash is the one of Go`() throws {
    var document = try parsed(Documents.configuration)
    #expect(ClusterGatewayConfiguration.specHash(of: try DynamicObject(document)) == Documents.specHash)
    document.set(["lastObservedGeneration": 7], at: ["status"])
    document.set(["a": "b"], at: ["metadata", "labels"])
    #expect(ClusterGatewayConfiguration.specHash(of: try DynamicObject(document)) == Documents.specHash)
    document.set("a&b<c>", at: ["spec", "image"])
    #expect(
      ClusterGatewayConfiguration.specHash(of: try DynamicObject(document))
        == "ea55ee5a66a76bec1618d3230edee26b6046bfc182a91429c59d732bd103aabe")
  }

  @Test func `unknown enumeration names are kept`() throws {
    var document = try parsed(Documents.configuration)
    document.set("Carrier", at: ["spec", "egress", "type"])
    let value = try ClusterGatewayConfiguration(from: FieldReader(document))
    #expect(value.spec.egress.type == .unknown("Carrier"))
    #expect(value.json == document)
  }
}

@Suite struct DefinitionTests {
  private static var schema: JSONValue {
    get throws {
      let definition = try CustomResourceDefinition(
        from: FieldReader(ClusterGatewayConfiguration.definition))
      return try #require(definition.spec.versions.first?.schema?.openAPIV3Schema)
    }
  }

  @Test func `the definition serves the kind`() throws {
    let definition = try CustomResourceDefinition(
      from: FieldReader(ClusterGatewayConfiguration.definition))
    #expect(definition.servedTypes == [ClusterGatewayConfiguration.type])
    #expect(definition.metadata.name == "clustergatewayconfigurations.proxy.open-cluster-management.io")
    let version = try #require(definition.spec.versions.first)
    #expect(version.storage && version.subresources == CustomResourceSubresources(status: [:]))
    #expect(
      version.additionalPrinterColumns.map(\.name) == [
        "Image", "Egress", "Available", "Age",
      ])
  }

  @Test func `no field is required that the Go manager doesn't require`() throws {
    let required = try Self.schema.value(at: "properties", "spec", "required")?.array?.compactMap(\.string)
    #expect(
      Set(required ?? []).isSubset(of: [
        "image", "installNamespace", "secretNamespace", "secretManagement", "egress",
      ]))
    #expect(try Self.schema["required"] == nil)
  }

  /// Every node of a structural schema has a type, or says that it is an integer or a string.
  @Test func `the schema is structural`() throws {
    func check(_ node: JSONValue, _ path: String) {
      let isIntOrString = node["x-kubernetes-int-or-string"]?.bool == true
      #expect(node["type"]?.string != nil || isIntOrString, "\(path) has no type")
      if node["type"]?.string == "array" { #expect(node["items"] != nil, "\(path) has no items") }
      #expect(node["properties"] == nil || node["additionalProperties"] == nil, "\(path)")
      for member in node["properties"]?.object ?? [:] { check(member.value, "\(path).\(member.key)") }
      if let items = node["items"] { check(items, path + "[]") }
      if let values = node["additionalProperties"] { check(values, path + "{}") }
      // Defaults must satisfy the enumeration beside them.
      if let value = node["default"], let names = node["enum"]?.array {
        #expect(names.contains(value), "\(path)")
      }
    }
    check(try Self.schema, "")
  }

  @Test func `every field of a full configuration is in the schema`() throws {
    let document = try parsed(Documents.fullConfiguration)
    #expect(ClusterGatewayConfiguration.unknownFields(in: document) == [])
    // And the other way round: every field of the schema's spec is read by the type.
    let full = try configuration(Documents.fullConfiguration)
    let fields = try Self.schema.value(at: "properties", "spec", "properties")?.object
    for field in fields ?? [:] { #expect(full.json["spec"]?[field.key] != nil, "\(field.key)") }
  }

  @Test func `every kind of problem has its place in the schema`() throws {
    for example in ValidationTests.cases {
      for problem in example.problems {
        var node = try Self.schema
        for name in problem.replacing(#/\[[^\]]*\]/#, with: "").split(separator: ".") {
          if let items = node["items"] { node = items }
          // Free-form parts are the API server's own business.
          if node["x-kubernetes-preserve-unknown-fields"]?.bool == true { break }
          node = try #require(node["properties"]?[String(name)], "\(problem)")
        }
      }
    }
  }

  @Test func `unions and durations have rules`() throws {
    func rules(_ path: String...) throws -> [String] {
      let node = try Self.schema.value(at: path.flatMap { ["properties", $0] })
      return node?["x-kubernetes-validations"]?.array?.compactMap { $0["rule"]?.string } ?? []
    }
    #expect(try rules("spec", "egress") == ["self.type != 'ClusterProxy' || has(self.clusterProxy)"])
    #expect(try rules("spec", "certificates").count == 7)
    let conditions = try Self.schema.value(at: "properties", "status", "properties", "conditions")
    #expect(conditions?["x-kubernetes-list-map-keys"] == ["type"])
  }

  @Test func `the schema accepts the defaults`() throws {
    let port = try Self.schema.value(
      at: ["spec", "egress", "clusterProxy", "proxyServerPort"].flatMap { ["properties", $0] })
    #expect(port?["minimum"] == 1 && port?["maximum"] == 65_535)
    let replicas = try Self.schema.value(at: ["spec", "replicas"].flatMap { ["properties", $0] })
    #expect(replicas?["default"] == 3)
  }
}
