import Foundation
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTesting
import KubeTransport
import OCMSimulator

/// OCM's controllers and agents on a hub behind a transport: the next change of each is computed on
/// a copy of the hub, and sent as a request.
struct RemoteSimulation {
  let client: KubeClient

  private static let kinds: [ResourceType] = [
    ManagedCluster.type, ClusterManagementAddOn.type, ManagedClusterAddOn.type, ManagedServiceAccount.type,
    ManifestWork.type, Secret.type, Namespace.type,
  ]

  private static let controllers: [any RequestingController] = [
    Registration(), AddOnManager(), TokenAgent(), WorkAgent(),
  ]

  /// The current objects of the hub that OCM's controllers read.
  func copy() async throws -> MemoryAPIServer {
    var server = MemoryAPIServer(namespaces: [], at: Date())
    for type in GatewayKinds.all {
      server.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
    }
    for type in Self.kinds {
      server.load(try await client.list(ResourceSelection(type)).items, at: Date())
    }
    return server
  }

  /// Runs the controllers until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      if let server = try? await copy() {
        for controller in Self.controllers {
          for request in controller.due(in: server, at: Date()) {
            // After a conflict with another's write the change is computed again.
            _ = try? await client.bytes(request)
          }
        }
        await startPods()
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Makes the gateway's pods ready when their mounted Secrets exist: the hub has no nodes.
  private func startPods() async {
    let labels = "\(GatewayLabels.addOnName)=\(ManagerIdentity.addOnName)"
    let selection = ResourceSelection(Pod.type, labelSelector: labels)
    let objects = try? await client.list(selection).items
    let pods = objects?.compactMap { try? $0.decode(Pod.self) }
    for pod in pods ?? []
    where pod.metadata.deletionTimestamp == nil && !pod.status.conditions.isTrue("Ready") {
      var isComplete = true
      for secret in pod.spec.volumes.compactMap({ $0.secret?.secretName }) {
        let found = try? await client.find(Secret.self, namespace: pod.metadata.namespace, name: secret)
        if found == nil { isComplete = false }
      }
      guard isComplete else { continue }
      let now = Timestamp(Date()).json
      let status: JSONValue = [
        "phase": "Running", "podIP": "192.0.2.1",
        "conditions": [
          ["type": "Ready", "status": "True", "lastTransitionTime": now],
          ["type": "ContainersReady", "status": "True", "lastTransitionTime": now],
        ],
      ]
      _ = try? await client.bytes(.mergePatch(pod.key, ["status": status], subresource: "status"))
    }
    // Pods that are deleted wait for a kubelet.
    for pod in pods ?? [] where pod.metadata.deletionTimestamp != nil {
      _ = try? await client.bytes(
        .delete(pod.key, options: DeletionOptions(uid: pod.metadata.uid, gracePeriodSeconds: 0)))
    }
  }
}
