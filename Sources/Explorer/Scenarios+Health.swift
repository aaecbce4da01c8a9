import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeKindsDiscovery
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator

/// The scenarios about the reported health of clusters, a lost configuration or lost
/// EndpointSlices, and a person's CA.
extension Scenario {
  static let healthScenarios = [
    clusterFallsSilent, gatewayDownAndBack, configurationInvalid, caSupplied, slicesLost,
  ]

  static let clusterFallsSilent = Scenario(
    "cluster-falls-silent",
    events: [
      Event("cluster a doesn't answer any more", silencing: ["a"]),
      Event("cluster a answers again", silencing: []),
    ], probes: true, begin: hub())

  /// The gateway is down for longer than a probe interval.
  static let gatewayDownAndBack = Scenario(
    "gateway-down-and-back",
    events: [
      Event("the gateway's pods are gone") { server, time in
        for pod in server.objects(Pod.type) where pod.metadata.labels[GatewayLabels.addOnName] != nil {
          try server.require(
            .delete(ObjectKey(Pod.type, namespace: pod.metadata.namespace, name: pod.metadata.name)), at: time
          )
        }
      },
      Event("two minutes pass", movingClockBy: 120),
    ], probes: true, begin: hub())

  private static let caRequested = Event("another CA is asked for") { server, time in
    try server.require(
      .mergePatch(
        ObjectKey(ClusterGatewayConfiguration.type, name: ManagerIdentity.addOnName),
        ["metadata": ["annotations": .fields([GatewayAnnotations.rotateCA: "1"])]]), at: time)
  }

  /// A person writes their own CA in every phase of a rotation.
  static let caSupplied: Scenario = {
    let identity = ManagerIdentity()
    let signer = ObjectKey(Secret.type, namespace: identity.namespace, name: identity.signerSecretName)
    func supply(_ serial: String, _ way: SuppliedCA) -> Event {
      Event("a person supplies a CA: \(way)") { server, time in
        guard let observed = server.object(signer) else { return }
        let certificate = SimulatedPKI.line(
          serial: serial, issuer: serial, names: [], from: time, to: time.addingTimeInterval(3650 * 86_400),
          isCA: true)
        try server.require(
          way.request(
            certificate: SecretBytes(utf8: certificate), key: SimulatedPKI.key(serial), into: observed),
          at: time)
      }
    }
    return Scenario(
      "ca-supplied",
      events: [
        caRequested,
        supply("s900", .mergePatch), supply("s901", .replace),
      ], begin: hub())
  }()

  /// The EndpointSlices are lost for a time during a rotation of the CA.
  static let slicesLost: Scenario = {
    func loseSlices(
      _ name: String, _ request: @escaping @Sendable (ObjectKey) -> KubeRequest
    ) -> Event {
      Event(name) { server, time in
        for slice in server.objects(EndpointSlice.type)
        where slice.metadata.namespace == OCMHub.direct.installNamespace {
          try server.require(
            request(
              ObjectKey(
                EndpointSlice.type, namespace: slice.metadata.namespace, name: slice.metadata.name)), at: time
          )
        }
      }
    }
    return Scenario(
      "slices-lost",
      events: [
        loseSlices("the EndpointSlice is emptied") { .mergePatch($0, ["endpoints": []]) },
        caRequested,
        loseSlices("the EndpointSlice is deleted") { .delete($0) },
      ], begin: hub(replicas: 2))
  }()

  /// While the configuration is invalid, the serving certificate is due for renewal and a cluster
  /// leaves.
  static let configurationInvalid: Scenario = {
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: ManagerIdentity.addOnName)
    // The kind's schema accepts this invalid value, which only the manager detects.
    func configure(_ gate: JSONValue) -> @Sendable (inout MemoryAPIServer, Date) throws -> Void {
      { server, time in
        try server.require(.mergePatch(key, ["spec": ["featureGates": ["no-gate": gate]]]), at: time)
      }
    }
    return Scenario(
      "configuration-invalid",
      events: [
        Event("the configuration becomes invalid", change: configure(true)),
        Event("the serving certificate is due for renewal", movingClockBy: 170 * 86_400),
        Event("cluster b leaves") { server, time in
          try Registration().leave("b", on: &server, at: time)
        },
        Event("the configuration is valid again", change: configure(.null)),
      ], begin: hub(OCMHub.tunneled, clusters: ["a", "b"]))
  }()
}
