import Foundation
package import KubeCore

/// The documents that the benchmarks read and write.
package enum Documents {
  package static func base64(_ count: Int, seed: Int) -> String {
    var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    let bytes = (0..<count).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    return Data(bytes).base64EncodedString()
  }

  /// A cluster's credential as a server returns it: a token, a CA certificate, a server's usual
  /// metadata; about 4 KB.
  package static func secret(_ number: Int, inList: Bool = false) -> JSONValue {
    let name = "cluster-\(number)"
    return .fields([
      "apiVersion": inList ? JSONValue?.none : "v1",
      "kind": inList ? JSONValue?.none : "Secret",
      "metadata": [
        "name": .string(name), "namespace": "open-cluster-management-credentials",
        "uid": .string("6f1c0c9e-9d5b-4c43-8a53-\(String(format: "%012d", number))"),
        "resourceVersion": .string("\(1_000_000 + number)"), "creationTimestamp": "2026-11-22T17:08:30Z",
        "labels": [
          "cluster.core.oam.dev/cluster-credential-type": "ServiceAccountToken",
          "cluster.core.oam.dev/cluster-endpoint-type": "ClusterProxy",
          "app.kubernetes.io/managed-by": "cluster-gateway-manager",
        ],
        "annotations": ["example.org/note": "a note with \"quotes\" and a line\nbreak"],
        "ownerReferences": [
          [
            "apiVersion": "addon.open-cluster-management.io/v1alpha1", "kind": "ManagedClusterAddOn",
            "name": "cluster-gateway", "uid": "d50b21dc-4a06-4da1-b421-cd17d4c648cb",
          ]
        ],
        "managedFields": [
          [
            "manager": "cluster-gateway-manager", "operation": "Apply", "apiVersion": "v1",
            "time": "2026-11-22T17:08:30Z", "fieldsType": "FieldsV1",
            "fieldsV1": [
              "f:data": ["f:ca.crt": [:], "f:token": [:], "f:endpoint": [:]],
              "f:metadata": [
                "f:labels": [
                  "f:cluster.core.oam.dev/cluster-credential-type": [:],
                  "f:cluster.core.oam.dev/cluster-endpoint-type": [:], "f:app.kubernetes.io/managed-by": [:],
                ],
                "f:ownerReferences": ["k:{\"uid\":\"d50b21dc-4a06-4da1-b421-cd17d4c648cb\"}": [:]],
              ],
              "f:type": [:],
            ],
          ]
        ],
      ],
      "type": "Opaque",
      "data": [
        "ca.crt": .string(base64(1100, seed: number)), "token": .string(base64(900, seed: ~number)),
        "endpoint": "aHR0cHM6Ly8xMC4wLjAuMTo2NDQz",
      ],
    ])
  }

  package static func secretList(_ count: Int) -> [UInt8] {
    JSONWriter(secrets: .revealed).bytes([
      "apiVersion": "v1", "kind": "SecretList", "metadata": ["resourceVersion": "2000000"],
      "items": .array((0..<count).map { secret($0, inList: true) }),
    ])
  }

  package static func configMap(_ number: Int, namespace: String = "default", _ text: String) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": ["name": .string("object-\(number)"), "namespace": .string(namespace)],
      "data": ["value": .string(text)],
    ]
  }
}
