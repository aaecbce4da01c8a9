import GatewayAPI
import GatewayDemo
import KubeCore
import KubeMemory
import KubeTestServer
import KubeTesting
import KubeTransport
import OCMSimulator
import UnixSignals

/// `demo --serve`: serves the demo's hub to kubectl and other clients.
struct DemoServing {
  /// The time between two steps of the simulated controllers.
  private static let interval = Duration.milliseconds(100)

  let clusters: Int
  let port: Int
  /// The path of the kubeconfig; `nil` for a temporary directory.
  let kubeconfig: String?
  /// Whether the hub is empty and no controller acts on it.
  let isBare: Bool

  /// Serves until the process gets a signal to end.
  func run() async throws {
    // Before anything is printed: a reader of the output may send a signal.
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    if isBare {
      try await serve(InMemoryCluster(MemoryAPIServer(at: Date())), until: signals)
    } else {
      let world = try DemoWorld(clock: DemoWorld.Clock(isReal: true))
      for number in 1...clusters {
        let name = DemoScript.clusterName(number, of: clusters)
        try await world.change {
          try Registration().join(name, on: &$0, at: $1)
          try DemoServing.report(from: name, on: &$0, at: $1)
        }
      }
      try await world.run {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            while !Task.isCancelled {
              _ = await world.tick()
              try await Task.sleep(for: DemoServing.interval)
            }
          }
          defer { group.cancelAll() }
          try await serve(SimulatedGateway(world.hub), until: signals)
        }
      }
    }
  }

  /// Reports the add-ons that the gateway needs as available on a cluster; their agents aren't
  /// simulated.
  private static func report(from cluster: String, on server: inout MemoryAPIServer, at time: Date) throws {
    let proxy = ManagedClusterAddOn(metadata: ObjectMeta(name: "cluster-proxy", namespace: cluster))
    try server.require(
      .create(proxy.key, proxy.json, options: WriteOptions(fieldManager: "cluster-proxy")), at: time)
    let condition = Condition(
      type: "Available", status: .true, reason: "ManagedClusterAddOnLeaseUpdated",
      message: "the add-on's agent renews its lease", lastTransitionTime: time)
    for name in [proxy.metadata.name, ManagedServiceAccount.addOnName] {
      let key = ObjectKey(ManagedClusterAddOn.type, namespace: cluster, name: name)
      try server.require(
        .mergePatch(
          key, ["status": ["conditions": .array([condition.json])]], subresource: "status",
          options: WriteOptions(fieldManager: "registration-controller")), at: time)
    }
  }

  private func serve(_ hub: any Transport, until signals: UnixSignalsSequence) async throws {
    let (server, path) = try await DemoServer.open(hub, port: port, kubeconfig: kubeconfig)
    StandardStreams.output(isBare ? "export KUBECONFIG=\(path)\n" : invitation(path))
    for await _ in signals { break }
    await server.stop()
    if kubeconfig == nil {
      // Its token is no longer valid.
      try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }
  }

  private func invitation(_ path: String) -> String {
    """
    export KUBECONFIG=\(path)

    A hub with \(clusters) managed \(clusters == 1 ? "cluster" : "clusters"), the manager at work on it, and \
    simulated controllers. Try:
      kubectl get managedclusteraddon -A
      kubectl get clustergatewayconfiguration -o yaml
      kubectl get deployments,services,secrets -n vela-system
      kubectl delete clusterrolebinding apiserver-aggregation:cluster-gateway    # it comes back
    Ctrl-C ends it.

    """
  }
}
