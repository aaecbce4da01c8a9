import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct PlanApplierTests {
  private static let key = ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev")

  private static func service(_ priority: Int) -> JSONValue {
    [
      "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
      "metadata": ["name": .string(key.name)],
      "spec": [
        "group": "cluster.core.oam.dev", "version": "v1alpha1", "groupPriorityMinimum": .integer(priority),
        "versionPriority": 10, "service": ["name": "gateway", "namespace": "ns"],
      ],
    ]
  }

  /// An aggregation layer like that of Kubernetes 1.20, which aborts every apply.
  private final class OldAggregator: Transport {
    let hub: InMemoryCluster
    let applies = Mutex(0)

    init(_ hub: InMemoryCluster) { self.hub = hub }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      if request.headers[.contentType] == "application/apply-patch+yaml" {
        applies.withLock { $0 += 1 }
        throw TransportError(code: .connectionLost, requestWasSent: true, message: "the stream was reset")
      }
      return try await hub.send(request)
    }
  }

  private static func plan(_ object: DynamicObject, version: String? = nil) throws -> GatewayPlan {
    GatewayPlan(
      patches: [
        ObjectPatch(
          target: key, operation: .apply(service(2000), force: true),
          precondition: .uidAndResourceVersion(
            uid: try #require(object.metadata.uid),
            resourceVersion: try version ?? #require(object.metadata.resourceVersion)),
          reason: "test")
      ])
  }

  private static func hub(keepsManagers: Bool) async throws -> (OldAggregator, KubeClient, DynamicObject) {
    let hub = InMemoryCluster()
    let aggregator = OldAggregator(hub)
    let client = KubeClient(aggregator, fieldManager: ManagerIdentity.fieldManager)
    var object = try await client.create(key, service(1000))
    if !keepsManagers {
      object = try #require(
        try await client.object(.jsonPatch(key, [.replace(path: "/metadata/managedFields", [[:]])])))
    }
    return (aggregator, client, object)
  }

  @Test func `an apply that is broken off for a kind without managers is sent as a merge patch`() async throws
  {
    let (aggregator, client, object) = try await Self.hub(keepsManagers: false)
    let outcome = try await PlanApplier(client).apply(Self.plan(object))
    #expect(outcome.failure == nil)
    #expect(outcome.applied.count == 1)
    #expect(outcome.written.first?.json.value(at: "spec", "groupPriorityMinimum") == 2000)
    #expect(outcome.written.first?.metadata.uid == object.metadata.uid)
    #expect(aggregator.applies.withLock(\.self) == 1)
  }

  @Test func `the merge patch holds to the version that was planned from`() async throws {
    let (_, client, object) = try await Self.hub(keepsManagers: false)
    let outcome = try await PlanApplier(client).apply(Self.plan(object, version: "1"))
    #expect(outcome.failure?.isStaleView == true)
    #expect(
      try await client.get(Self.key).json.value(at: "spec", "groupPriorityMinimum") == 1000)
  }

  @Test func `a lost answer after a refusal is the failure, since later patches were not sent`() async throws
  {
    struct Failing: Transport {
      func send(_ request: KubeRequest) async throws -> KubeResponse {
        guard request.path.last == "lost" else { return KubeResponse(status: .forbidden) }
        throw TransportError(code: .connectionLost, requestWasSent: true, message: "the stream was reset")
      }
    }
    let patches = ["refused", "lost", "unsent"].map { name in
      ObjectPatch(
        target: ObjectKey(APIService.type, name: name), operation: .delete, precondition: .uid("u"),
        reason: "test")
    }
    let applier = PlanApplier(KubeClient(Failing(), fieldManager: ManagerIdentity.fieldManager))
    let outcome = await applier.apply(GatewayPlan(patches: patches))
    #expect(outcome.failure?.patch.target.name == "lost")
    #expect(outcome.failure?.isRefusal == false)
    #expect(outcome.refusals.map(\.target.name) == ["refused"])
  }

  @Test func `an apply whose answer is lost stays a failure where managers are kept`() async throws {
    let (_, client, object) = try await Self.hub(keepsManagers: true)
    let outcome = try await PlanApplier(client).apply(Self.plan(object))
    #expect((outcome.failure?.cause as? KubeError)?.mayHaveTakenEffect == true)
    #expect(
      try await client.get(Self.key).json.value(at: "spec", "groupPriorityMinimum") == 1000)
  }
}
