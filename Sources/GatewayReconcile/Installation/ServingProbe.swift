import GatewayAPI
public import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeReconcile

/// A gateway that is to be probed by a list of `clustergateways`, through the aggregator like a
/// user's request.
///
/// No object of the API shows the result: a gateway that started while its own APIService existed
/// and wasn't available does without its cache of managed clusters, and answers every list and
/// every proxied request with 503 until it is restarted. Two probes are equal while the same pods
/// answer.
public struct ServingProbe: Sendable, Hashable {
  /// The Deployment's uid.
  public var deployment: String
  /// The Deployment's generation.
  public var generation: Int64
  /// The number of its ready pods.
  public var readyReplicas: Int32
  /// The APIService's uid.
  public var apiService: String
  /// The time since when the aggregator has found it available.
  public var availableSince: Date?

  /// Creates a probe.
  public init(
    deployment: String, generation: Int64, readyReplicas: Int32, apiService: String, availableSince: Date?
  ) {
    self.deployment = deployment
    self.generation = generation
    self.readyReplicas = readyReplicas
    self.apiService = apiService
    self.availableSince = availableSince
  }

  /// Creates the probe of the gateway in `namespace`; `nil` while none is possible: the aggregator
  /// doesn't send the API's requests there, or no pod is ready.
  init?(of objects: ObservedObjects, in namespace: String) {
    guard let service = objects.value(APIService.self, name: GatewayNames.apiService),
      service.spec.service?.namespace == namespace, service.spec.service?.name == GatewayNames.service,
      let condition = service.status.conditions.condition("Available"), condition.status == .true,
      let deployment = objects.value(Deployment.self, namespace: namespace, name: GatewayNames.deployment),
      let uid = deployment.metadata.uid, let serviceUID = service.metadata.uid,
      let ready = deployment.status.readyReplicas, ready > 0
    else { return nil }
    self.init(
      deployment: uid, generation: deployment.metadata.generation ?? 0, readyReplicas: ready,
      apiService: serviceUID, availableSince: condition.lastTransitionTime)
  }
}

/// The answer to a ``ServingProbe``.
public struct ServingObservation: Sendable, Hashable {
  /// The gateway that was asked.
  public var probe: ServingProbe
  /// Whether it answered with a list; otherwise with 503, several times.
  public var serves: Bool

  /// Creates an observation.
  public init(probe: ServingProbe, serves: Bool) {
    self.probe = probe
    self.serves = serves
  }
}

/// Whether the gateway works for its users, from its observed objects and its own answers.
struct ServingState {
  /// The probe that is needed; `nil` if none is possible, or the answer is known.
  private(set) var probe: ServingProbe?
  /// Whether the current gateway answered with 503.
  private(set) var isBroken = false
  /// Whether that was reported before, and wasn't probed since.
  private(set) var wasBroken = false

  static let reason = "GatewayNotServing"
  static let message =
    "the gateway's API is available, but lists and proxied requests are answered with 503"

  init(_ state: InstallationState, spec: ClusterGatewayConfiguration.Spec, conditions: [Condition]) {
    // Without its cache of managed clusters every list fails, whatever else works.
    let hasCache = spec.featureGates["OCMClusterCache"] ?? true
    let current = ServingProbe(of: state.objects, in: spec.installNamespace)
    guard hasCache, let current else { return }
    let answer = state.serving.flatMap { $0.probe == current ? $0.serves : nil }
    isBroken = answer == false
    probe = answer == true ? nil : current
    wasBroken =
      answer == nil
      && conditions.condition(ClusterGatewayConfiguration.ConditionType.available)?.reason == Self.reason
  }
}
