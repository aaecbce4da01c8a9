import GatewayAPI
import KubeCore
import Testing

@Suite struct KindsTests {
  /// Reads the document as `Kind` and expects exactly the same document when it is written again.
  private func expectRoundTrip<Kind: KubeObject>(_ kind: Kind.Type, _ text: String) throws {
    var document = try parsed(text)
    document["apiVersion"] = .string(Kind.type.apiVersion)
    document["kind"] = .string(Kind.type.kind)
    let value = try Kind(from: FieldReader(document))
    #expect(value.json == document)
    #expect(try Kind(from: FieldReader(value.json)) == value)
  }

  @Test func `the kinds survive a round trip`() throws {
    try expectRoundTrip(ManagedCluster.self, Documents.managedCluster)
    try expectRoundTrip(ClusterManagementAddOn.self, Documents.clusterManagementAddOn)
    try expectRoundTrip(ManagedClusterAddOn.self, Documents.managedClusterAddOn)
    try expectRoundTrip(ManagedServiceAccount.self, Documents.managedServiceAccount)
    try expectRoundTrip(ManifestWork.self, Documents.manifestWork)
    try expectRoundTrip(ClusterGatewayConfiguration.self, Documents.configuration)
    try expectRoundTrip(ClusterGatewayConfiguration.self, Documents.fullConfiguration)
  }

  @Test func `an empty add-on is decoded and encoded`() throws {
    let addOn = ManagedClusterAddOn(metadata: ObjectMeta(name: "cluster-gateway", namespace: "cluster1"))
    #expect(
      addOn.json == [
        "apiVersion": "addon.open-cluster-management.io/v1beta1", "kind": "ManagedClusterAddOn",
        "metadata": ["name": "cluster-gateway", "namespace": "cluster1"], "spec": [:],
      ])
    #expect(try ManagedClusterAddOn(from: FieldReader(["metadata": ["name": "x"]])).spec.configs.isEmpty)
  }

  @Test func `a managed cluster's state follows from its conditions`() throws {
    var cluster = try ManagedCluster(from: FieldReader(parsed(Documents.managedCluster)))
    #expect(cluster.isAcceptedAndJoined)
    #expect(!cluster.refusesAutomaticInstallation)
    cluster.metadata.annotations[OCMAnnotations.disableAutomaticInstallation] = "true"
    #expect(cluster.refusesAutomaticInstallation)
    cluster.status.conditions.removeLast()
    #expect(!cluster.isAcceptedAndJoined)
  }

  @Test func `a gateway's description never shows its credential`() throws {
    let document = try parsed(
      """
      {"metadata":{"name":"cluster1"},"spec":{"provider":"","access":{"endpoint":{"type":"Const","const":
       {"address":"https://x:6443","caBundle":"LS0t","insecure":false}},"credential":{"type":"ServiceAccountToken",
       "serviceAccountToken":"hunter2","x509":{"certificate":"LS0t","privateKey":"aHVudGVyMg=="}}}},
       "status":{"healthy":true,"healthyReason":"none"}}
      """)
    let gateway = try ClusterGateway(from: FieldReader(document))
    let credential = try #require(gateway.spec.access.credential)
    #expect(credential.serviceAccountToken?.exposedText() == "hunter2")
    #expect(credential.x509?.privateKey?.exposedText() == "hunter2")
    var dumped = ""
    dump(gateway, to: &dumped)
    for text in ["\(gateway)", "\(gateway.json)", dumped] {
      #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
    }
    let revealed = try JSONParser().parse(JSONWriter(secrets: .revealed).bytes(gateway.json))
    #expect(revealed.value(at: "spec") == document.value(at: "spec"))
    #expect(try ClusterGateway(from: FieldReader(gateway.json)) == gateway)
  }

  @Test func `every kind is registered once and has a field table`() {
    let all = GatewayKinds.all + GatewayKinds.older
    #expect(Set(all).count == all.count)
    let written = GatewayKinds.all.filter { $0 != ClusterGateway.type }
    #expect(GatewayFieldTables.all.kinds == Set(written.map(\.groupKind)))
  }

  @Test func `the field tables know which values are equal`() {
    let accounts = GatewayFieldTables.all.table(for: ManagedServiceAccount.type.groupKind)
    #expect(
      accounts.equal(
        ["spec": ["rotation": ["validity": "4320h"]]],
        ["spec": ["rotation": ["enabled": true, "validity": "4320h0m0s"]]]))
    #expect(
      !accounts.equal(
        ["spec": ["rotation": ["validity": "4320h"]]], ["spec": ["rotation": ["validity": "4321h"]]]))
    let configurations = GatewayFieldTables.all.table(for: ClusterGatewayConfiguration.type.groupKind)
    #expect(
      configurations.equal(
        ["spec": ["resources": ["limits": ["cpu": "0.5"]], "certificates": ["validity": "60m"]]],
        ["spec": ["resources": ["limits": ["cpu": "500m"]], "certificates": ["validity": "1h"]]]))
    let addOns = GatewayFieldTables.all.table(for: ClusterManagementAddOn.type.groupKind)
    let meta: JSONValue = ["displayName": "x"]
    #expect(
      addOns.equal(
        ["spec": ["addOnMeta": meta]],
        ["spec": ["addOnMeta": meta, "installStrategy": ["type": "Manual"]]]))
  }

  @Test func `an add-on's conditions are owned one by one and a service account's together`() throws {
    let status: JSONValue = [
      "status": ["conditions": [["type": "Available", "status": "True"], ["type": "X", "status": "True"]]]
    ]
    func fields(_ type: ResourceType) -> FieldSet {
      GatewayFieldTables.all.table(for: type.groupKind).fieldSet(of: status)
    }
    #expect(fields(ManagedClusterAddOn.type) != fields(ManagedServiceAccount.type))
    #expect(fields(ManagedClusterAddOn.type) == fields(ManifestWork.type))
    #expect(fields(ManagedClusterAddOn.type) == fields(ClusterGatewayConfiguration.type))
    #expect(fields(ManagedClusterAddOn.type) == fields(ManagedCluster.type))
  }
}

@Suite struct ConfigSpecHashesTests {
  @Test func `the annotation has OCM's format`() {
    var hashes = ConfigSpecHashes()
    hashes[ClusterGatewayConfiguration.type, namespace: nil, name: "cluster-gateway"] = "abc"
    #expect(
      hashes.annotation
        == #"{"clustergatewayconfigurations.proxy.open-cluster-management.io//cluster-gateway":"abc"}"#)
    #expect(ConfigSpecHashes(annotation: hashes.annotation) == hashes)
  }

  @Test(arguments: ["", "null", "[1]", "{", #"{"a":1}"#])
  func `an unreadable annotation has no hashes`(text: String) {
    #expect(ConfigSpecHashes(annotation: text).hashes.isEmpty)
  }
}
