import GatewayAPI
import KubeCore
import Testing

@Suite struct GatewayReleaseTests {
  @Test(
    arguments: [
      ("oamdev/cluster-gateway:v1.9.1", "oamdev/cluster-gateway", "v1.9.1", nil),
      ("oamdev/cluster-gateway", "oamdev/cluster-gateway", nil, nil),
      ("registry.example:5000/a/gateway", "registry.example:5000/a/gateway", nil, nil),
      (
        "registry.example:5000/a/gateway:1.4.0@sha256:00", "registry.example:5000/a/gateway", "1.4.0",
        "sha256:00"
      ),
      ("gateway@sha256:00", "gateway", nil, "sha256:00"),
      ("localhost:5000", "localhost", "5000", nil),
      ("", "", nil, nil), ("a/", "a/", nil, nil), (":@", "", "", ""),
    ] as [(String, String, String?, String?)])
  func `an image's reference has a name, a tag and a digest`(
    text: String, name: String, tag: String?, digest: String?
  ) {
    let image = ImageReference(text)
    #expect(image.name == name)
    #expect(image.tag == tag)
    #expect(image.digest == digest)
  }

  @Test func `versions are ordered as Semantic Versioning has it`() throws {
    let tags = [
      "v0.9", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2",
      "v1.0.0-beta.11", "v1.0.0-rc.1", "1.0.0", "v1.0.1", "1.0.10", "v1.0", "v1.9.1", "v1.10.0", "v1",
      "v2.0.0",
    ]
    let versions = try tags.map { try #require(GatewayVersion(tag: $0), "\($0)") }
    for (place, version) in versions.enumerated() {
      for (other, otherVersion) in versions.enumerated() {
        #expect((version < otherVersion) == (place < other), "\(version) and \(otherVersion)")
      }
    }
    #expect(versions.map(\.description).prefix(3) == ["v0.9", "v1.0.0-alpha", "v1.0.0-alpha.1"])
  }

  @Test(arguments: [
    "latest", "main", "", "v", "v1.", "1.2.3.4", "v1.x", "+1", "v-1", "v1.0.0-", "v1.0.0-a..b",
    "v99999999999",
    "1 .2", "sha-0123abc",
  ])
  func `a tag that names no version is none`(tag: String) { #expect(GatewayVersion(tag: tag) == nil) }

  @Test(arguments: [
    ("v1.1.11", ["HealthinessCheck"]),
    ("v1.1.10", ["HealthinessCheck"]),
    ("v1.3.0", ["HealthinessCheck", "SecretCache"]),
    ("v1.4.0", ["ClientIdentityPenetration", "HealthinessCheck", "SecretCache"]),
    ("1.6.0", ["ClientIdentityPenetration", "HealthinessCheck", "SecretCache"]),
    ("v1.9.1", ["ClientIdentityPenetration", "HealthinessCheck", "OCMClusterCache", "SecretCache"]),
    ("latest", ["ClientIdentityPenetration", "HealthinessCheck", "OCMClusterCache", "SecretCache"]),
    ("v2.0.0", ["ClientIdentityPenetration", "HealthinessCheck", "OCMClusterCache", "SecretCache"]),
  ])
  func `each version knows its gates`(tag: String, gates: [String]) {
    let release = GatewayRelease(image: "registry:5000/cluster-gateway:\(tag)")
    let known = GatewayOption.featureGates.filter { release.support(ofGate: $0.name) == .known }
    #expect(known.map(\.name).sorted() == gates)
    #expect(release.support(ofFlag: "--proxy-host") == (tag == "v1.1.10" ? .unread : .known))
  }

  @Test func `what was not read about is left open`() {
    func support(_ gate: String, _ tag: String) -> GatewayOption.Support {
      GatewayRelease(image: "g:\(tag)").support(ofGate: gate)
    }
    #expect(support("SecretCache", "v1.3.0-rc.1") == .unread)
    #expect(support("SecretCache", "v1.2.5") == .unknown)
    #expect(support("SecretCache", "v1.1") == .unknown)
    #expect(support("OCMClusterCache", "v1.7.0") == .unread)
    #expect(support("APIPriorityAndFairness", "v1.1.11") == .unread)
    #expect(GatewayRelease(image: "g:v1.6.0").support(ofFlag: "--user-agent") == .unknown)
  }

  @Test func `doubts name the gates and flags that an image may not know`() {
    let arguments = ["--secure-port=9443", "--feature-gates=HealthinessCheck=true,SecretCache=true"]
    func doubts(_ image: String) -> [String] { GatewayRelease(image: image).doubts(about: arguments) }
    #expect(doubts("g:v1.9.1") == [])
    #expect(doubts("g:v1.3.0") == [])
    #expect(doubts("g:v1.1.11") == ["SecretCache"])
    for image in ["g", "g:main", "g@sha256:00", "g:v3"] {
      #expect(doubts(image) == ["HealthinessCheck", "SecretCache"])
    }
  }

  @Test func `a gate that the image's version lacks is a problem with its path and its remedy`() throws {
    var document = try parsed(Documents.configuration)
    document.set(["SecretCache": false, "HealthinessCheck": true], at: ["spec", "featureGates"])
    let problems = ClusterGatewayConfiguration.problems(in: document)
    #expect(problems.map(\.path.description) == ["spec.featureGates[SecretCache]"])
    #expect(
      problems.first?.problem == "cluster-gateway v1.1.11 does not know the gate, and ends at its start")
    #expect(problems.first?.remedy == "remove the gate, or use an image of v1.3.0 or newer")
    for image in ["oamdev/cluster-gateway:v1.3.0", "oamdev/cluster-gateway@sha256:00", "g:v1.3.0-rc.1"] {
      document.set(.string(image), at: ["spec", "image"])
      #expect(ClusterGatewayConfiguration.problems(in: document) == [])
    }
  }

  @Test func `a misspelled gate is a problem that names the intended one`() throws {
    var document = try parsed(Documents.configuration)
    document.set(.string(GatewayRelease.newestImage), at: ["spec", "image"])
    document.set(
      ["OCMClusterCahce": false, "secretCache": true, "APIPriorityAndFairness": false, "Foo": true],
      at: ["spec", "featureGates"])
    let problems = ClusterGatewayConfiguration.problems(in: document)
    #expect(
      problems.map(\.path.description) == [
        "spec.featureGates[OCMClusterCahce]", "spec.featureGates[secretCache]",
      ])
    #expect(problems.map(\.remedy) == ["did you mean \"OCMClusterCache\"?", "did you mean \"SecretCache\"?"])
    #expect(problems.first?.problem == "cluster-gateway v1.9.1 has no such gate, and ends at its start")
    // A newer version, or one that isn't known, may have it.
    for image in ["g:v2.0.0", "g:main"] {
      document.set(.string(image), at: ["spec", "image"])
      #expect(ClusterGatewayConfiguration.problems(in: document) == [])
    }
  }

  @Test func `a default gate that the image's version lacks is left out`() throws {
    var spec = try configuration().defaulted().spec
    #expect(spec.understoodFeatureGates == ["HealthinessCheck": true])
    spec.image = GatewayRelease.newestImage
    #expect(spec.understoodFeatureGates == ["HealthinessCheck": true, "SecretCache": true])
  }

  @Test func `the argument of the feature gates is read as it is written`() {
    let gates = FeatureGates(["B": false, "A": true])
    #expect(gates.argument == "--feature-gates=A=true,B=false")
    #expect(FeatureGates(argument: "--feature-gates=A=true,B=false") == gates)
    #expect(FeatureGates(argument: "--feature-gates=A,B=,=C,D=maybe").values == [:])
    #expect(FeatureGates([:]).argument == nil)
  }
}
