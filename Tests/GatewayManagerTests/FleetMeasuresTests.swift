import Foundation
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import OCMSimulator
import Testing

@testable import GatewayManager

/// The measures over all clusters.
@Suite struct FleetMeasuresTests {
  private func cluster(
    _ name: String, _ conditions: [(String, String)], tokenEnds: String? = nil, isLeaving: Bool = false
  ) throws -> [DynamicObject] {
    var cluster: JSONValue = [
      "apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
      "metadata": ["name": .string(name), "uid": .string("c-" + name)],
      "spec": ["hubAcceptsClient": true],
    ]
    if isLeaving { cluster.set("2026-11-29T00:00:00Z", at: ["metadata", "deletionTimestamp"]) }
    let addOn: JSONValue = [
      "apiVersion": "addon.open-cluster-management.io/v1beta1", "kind": "ManagedClusterAddOn",
      "metadata": ["name": "cluster-gateway", "namespace": .string(name), "uid": .string("a-" + name)],
      "status": [
        "conditions": .array(
          conditions.map { type, status in
            [
              "type": .string(type), "status": .string(status), "reason": "R", "message": "",
              "lastTransitionTime": "2026-11-29T00:00:00Z",
            ]
          })
      ],
    ]
    var account: JSONValue = [
      "apiVersion": "authentication.open-cluster-management.io/v1beta1", "kind": "ManagedServiceAccount",
      "metadata": ["name": "cluster-gateway", "namespace": .string(name), "uid": .string("m-" + name)],
    ]
    if let tokenEnds { account.set(.string(tokenEnds), at: ["status", "expirationTimestamp"]) }
    return try [cluster, addOn, account].map { try DynamicObject($0) }
  }

  /// The add-on, and the configuration that it names.
  private func hub() throws -> [DynamicObject] {
    var addOn = ClusterManagementAddOn(
      metadata: ObjectMeta(name: "cluster-gateway"),
      spec: ClusterManagementAddOnSpec(
        defaultConfigs: [
          AddOnConfig(
            group: ClusterGatewayConfiguration.type.group, resource: ClusterGatewayConfiguration.type.plural,
            name: "cluster-gateway")
        ]))
    addOn.metadata.uid = "cma"
    var configuration = ClusterGatewayConfiguration(
      metadata: ObjectMeta(name: "cluster-gateway"), spec: OCMHub.direct)
    configuration.metadata.uid = "cgc"
    return try [DynamicObject(addOn.json), DynamicObject(configuration.json)]
  }

  @Test func `clusters are counted by condition, and the first token's end is known`() throws {
    let objects =
      try hub()
      + cluster(
        "a", [("Available", "True"), ("ManifestApplied", "True"), ("RegistrationApplied", "True")],
        tokenEnds: "2027-02-01T00:00:00Z")
      + cluster(
        "b", [("Available", "False"), ("ManifestApplied", "True")], tokenEnds: "2027-01-01T00:00:00Z")
      + cluster("c", [])
      + cluster("d", [("Available", "True")], tokenEnds: "2026-12-01T00:00:00Z", isLeaving: true)
    let measures = HubCache(identity: ManagerIdentity(), objects: objects).measures
    func count(_ condition: String, _ status: Condition.Status) -> Int? {
      measures.clusters[.init(condition: condition, status: status)]
    }
    #expect(
      count("Available", .true) == 1 && count("Available", .false) == 1 && count("Available", .unknown) == 1)
    #expect(count("ManifestApplied", .true) == 2 && count("ManifestApplied", .false) == 0)
    #expect(count("RegistrationApplied", .unknown) == 2)
    #expect(measures.clusters.count == 9)
    #expect(measures.withoutIdentity == 3)
    #expect(measures.firstTokenExpiry == Timestamp(rfc3339: "2027-01-01T00:00:00Z")?.date)
  }

  @Test(arguments: ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
  func `a token that ended long ago is not taken for none`(end: String) throws {
    let objects =
      try hub() + cluster("a", [], tokenEnds: end) + cluster("b", [], tokenEnds: "2027-01-01T00:00:00Z")
    let measures = HubCache(identity: ManagerIdentity(), objects: objects).measures
    #expect(measures.firstTokenExpiry == Date(timeIntervalSince1970: 1))
  }
}
