import BenchDocuments
import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTransport

/// A hub with an installed gateway and any number of clusters, converged by the reconcile
/// function itself.
struct Hub {
  var server = MemoryAPIServer(at: Hub.now)
  var model = HubCache(identity: ManagerIdentity())
  /// The desired objects of the plans, by kind, from which drift is measured.
  var desired: [GroupKind: JSONValue] = [:]

  static let now = Date(timeIntervalSince1970: 1_796_083_200)
  private static let gatewayTypes = [
    ClusterManagementAddOn.type, ManagedClusterAddOn.type, ManagedCluster.type, ManagedServiceAccount.type,
    ManifestWork.type, ClusterGatewayConfiguration.type,
  ]

  /// Creates a converged hub. Throws ``DidNotConverge`` if it doesn't converge.
  init(clusters: Int) throws {
    for type in Hub.gatewayTypes {
      server.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
    }
    install()
    for number in 0..<clusters { join("cluster-\(number)") }
    for _ in 0..<12 {
      let plan = reconcile(model.hub, at: Hub.now)
      if plan.patches.isEmpty && plan.issuanceRequests.isEmpty { return }
      for patch in plan.patches { apply(patch) }
      let (issued, failure) = CertificateIssuer.issue(plan.issuanceRequests, for: model.installation)
      if let failure { throw failure }
      model.issued = issued
      simulateControllers()
    }
    let plan = reconcile(model.hub, at: Hub.now)
    throw DidNotConverge(reasons: plan.patches.prefix(5).map { "\($0.target): \($0.reason)" })
  }

  struct DidNotConverge: Error { var reasons: [String] }

  /// The documents of a cluster's objects, as the server has them.
  func documents(of cluster: String) -> [JSONValue] {
    model.cluster(cluster).objects.everything.compactMap { object in
      let type = Hub.gatewayTypes.first { $0.groupKind == object.groupKind } ?? Secret.type
      return server.object(
        ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name))?.json
    }
  }

  /// Returns a model of a converged hub with as many clusters, all like the last one of this hub.
  func model(clusters: Int) throws -> HubCache {
    guard let name = model.clusterNames.last else { return model }
    let texts = documents(of: name).map { JSONWriter(secrets: .revealed).text($0) }
    var model = model
    for number in 0..<clusters {
      for text in texts {
        let text = text.replacingOccurrences(of: name, with: "many-\(number)")
        _ = model.insert(model.transform(try DynamicObject(JSONParser().parse(text))))
      }
    }
    _ = model.sumUpFleetHealth()
    var hub = self
    hub.model = model
    // The configuration's status counts the clusters.
    for patch in reconcileInstallation(model.installation, at: Hub.now).patches { hub.apply(patch) }
    return hub.model
  }

  // MARK: Writes

  @discardableResult
  private mutating func send(_ request: KubeRequest) -> DynamicObject? {
    let response = server.handle(request, at: Hub.now)
    guard let json = try? JSONParser().parse(response.body), response.status.code < 300,
      let object = try? DynamicObject(json)
    else {
      if response.status.code != 404 { print("refused: \(String(decoding: response.body, as: UTF8.self))") }
      return nil
    }
    _ = model.insert(model.transform(object))
    return object
  }

  private mutating func apply(_ patch: ObjectPatch) {
    if case .create(let object) = patch.operation { desired[patch.target.type.groupKind] = object }
    let request = KubeRequest(patch, fieldManager: ManagerIdentity.fieldManager)
    if patch.operation == .delete {
      _ = server.handle(request, at: Hub.now)
      _ = model.remove(
        patch.target.type.groupKind, namespace: patch.target.namespace, name: patch.target.name)
    } else {
      send(request)
    }
  }

  private mutating func put(
    _ type: ResourceType, namespace: String?, name: String, owner: OwnerReference? = nil,
    labels: [String: String] = [:], _ fields: KeyValuePairs<String, JSONValue?>
  ) {
    var document = JSONValue.fields(fields)
    document["apiVersion"] = .string(type.apiVersion)
    document["kind"] = .string(type.kind)
    document["metadata"] =
      ObjectMeta(name: name, namespace: namespace, labels: labels, ownerReferences: owner.map { [$0] } ?? [])
      .json
    let key = ObjectKey(type, namespace: namespace, name: name)
    send(.create(key, document, options: WriteOptions(fieldManager: "others")))
    if let status = document["status"] { setStatus(key, status) }
  }

  private mutating func setStatus(_ key: ObjectKey, _ status: JSONValue) {
    send(
      .mergePatch(
        key, ["status": status], subresource: "status", options: WriteOptions(fieldManager: "others")))
  }

  // MARK: What is there before

  private mutating func install() {
    for name in ["vela-system", "open-cluster-management-credentials", "open-cluster-management-addon"] {
      put(Namespace.type, namespace: nil, name: name, [:])
    }
    put(
      ClusterManagementAddOn.type, namespace: nil, name: "cluster-gateway",
      [
        "spec": [
          "installStrategy": ["type": "Manual"],
          "defaultConfigs": [
            [
              "group": "proxy.open-cluster-management.io", "resource": "clustergatewayconfigurations",
              "name": "cluster-gateway",
            ]
          ],
        ]
      ])
    let credentials: JSONValue = [
      "namespace": "open-cluster-management-addon", "proxyClientSecretName": "proxy-client",
      "proxyClientCASecretName": "proxy-server-ca",
    ]
    put(
      ClusterGatewayConfiguration.type, namespace: nil, name: "cluster-gateway",
      [
        "spec": [
          "image": "oamdev/cluster-gateway:v1.1.11", "installNamespace": "vela-system",
          "secretNamespace": "open-cluster-management-credentials",
          "secretManagement": [
            "type": "ManagedServiceAccount", "managedServiceAccount": ["name": "cluster-gateway"],
          ],
          "egress": [
            "type": "ClusterProxy",
            "clusterProxy": [
              "proxyServerHost": "proxy-entrypoint.open-cluster-management-addon", "proxyServerPort": 8090,
              "credentials": credentials,
            ],
          ],
        ]
      ])
    let data: JSONValue = ["ca.crt": "Y2E=", "tls.crt": "Y3J0", "tls.key": "a2V5"]
    for name in ["proxy-client", "proxy-server-ca"] {
      put(
        Secret.type, namespace: "open-cluster-management-addon", name: name, ["type": "Opaque", "data": data])
    }
  }

  private mutating func join(_ name: String) {
    put(Namespace.type, namespace: nil, name: name, [:])
    put(
      ManagedCluster.type, namespace: nil, name: name,
      [
        "spec": [
          "hubAcceptsClient": true,
          "managedClusterClientConfigs": [["url": .string("https://\(name):6443"), "caBundle": "Y2E="]],
        ],
        "status": ["conditions": [Hub.condition("ManagedClusterConditionAvailable")]],
      ])
  }

  private static func condition(_ type: String, generation: JSONValue? = nil) -> JSONValue {
    .fields([
      "type": .string(type), "status": "True", "reason": "Bench", "message": "",
      "lastTransitionTime": "2026-11-22T17:00:00Z", "observedGeneration": generation,
    ])
  }

  // MARK: The other controllers

  private mutating func simulateControllers() {
    let everything =
      model.installation.objects.everything
      + model.clusterNames.flatMap { model.cluster($0).objects.everything }
    for object in everything {
      let (namespace, name) = (object.metadata.namespace, object.metadata.name)
      let generation = object.json.value(at: "metadata", "generation")
      switch object.groupKind {
      case ManagedServiceAccount.type.groupKind:
        guard model.object(Secret.type.groupKind, namespace: namespace, name: name) == nil,
          let uid = object.metadata.uid
        else { continue }
        let owner = OwnerReference(
          apiVersion: object.apiVersion, kind: object.kind, name: name, uid: uid)
        put(
          Secret.type, namespace: namespace, name: name, owner: owner,
          labels: [OCMLabels.isManagedServiceAccount: "true"],
          [
            "type": "Opaque",
            "data": ["ca.crt": "Y2E=", "token": .string(Documents.base64(900, seed: name.count))],
          ])
      case ManifestWork.type.groupKind:
        setStatus(
          ObjectKey(ManifestWork.type, namespace: namespace, name: name),
          [
            "conditions": [
              Hub.condition("Applied", generation: generation),
              Hub.condition("Available", generation: generation),
            ]
          ])
      case Deployment.type.groupKind:
        let replicas = object.json.value(at: "spec", "replicas") ?? 1
        setStatus(
          ObjectKey(Deployment.type, namespace: namespace, name: name),
          .fields([
            "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas,
          ]))
      case APIService.type.groupKind:
        setStatus(ObjectKey(APIService.type, name: name), ["conditions": [Hub.condition("Available")]])
      default: break
      }
    }
  }
}
