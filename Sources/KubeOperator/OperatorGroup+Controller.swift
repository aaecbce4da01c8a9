import CoreMetrics
public import KubeConfig
import KubeCore
public import KubeReconcile
import KubeRuntime
import KubeTransport
public import Logging

extension OperatorGroup {
  /// Runs one controller as a whole program: connects to the cluster of the kubeconfig or of the
  /// pod, records Events, and does what ``run(_:)`` does until the process is asked to end. After a
  /// failure the process exits as ``main(_:)`` says.
  ///
  /// - Parameters:
  ///   - controller: The controller; its field manager is also the label of the logger.
  ///   - configuration: The server and the credentials; `nil` for kubectl's or the pod's.
  ///   - leaderElection: The way in which one of several processes is chosen to work.
  ///   - port: The port of `/livez`, `/readyz`, `/metrics` and `/debug/state`; `nil` for none.
  ///   - metrics: The answer of `/metrics`, in Prometheus' text format; `nil` for what the library
  ///     and the program measure, unless the program has bootstrapped a metrics factory itself.
  ///   - perform: Performs an effect, with the program's logger. If it throws, the object is
  ///     retried with backoff; after a `TerminalError` the effect isn't retried until the object
  ///     itself changes. The log, Events and `/debug/state` show the description of a
  ///     `DisplayableError`; of any other error, which may hold secrets, they show the type.
  ///     `PlanEffect` says when an effect is performed again.
  public static func main<Object, Effect>(
    _ controller: Controller<Object, Effect>, configuration: ClientConfiguration? = nil,
    leaderElection: LeaderElection = .none, port: Int? = nil, metrics: (@Sendable () -> String)? = nil,
    perform: @escaping @Sendable (Effect, Logger) async throws -> Void
  ) async {
    await main {
      let metrics = port == nil ? nil : metrics ?? collectedMetrics()
      let logger = Logger(label: controller.fieldManager)
      let client = try await KubeClient.connect(
        fieldManager: controller.fieldManager, configuration: configuration, logger: logger)
      let runner = ControllerRunner(controller, client: client, logger: logger) { effect in
        try await perform(effect, logger)
      }
      try await OperatorGroup(
        client, leaderElection: leaderElection, port: port, metrics: metrics, logger: logger
      ).run(runner)
    }
  }

  /// Runs one controller without effects as a whole program.
  public static func main<Object>(
    _ controller: Controller<Object, Never>, configuration: ClientConfiguration? = nil,
    leaderElection: LeaderElection = .none, port: Int? = nil, metrics: (@Sendable () -> String)? = nil
  ) async {
    await main(
      controller, configuration: configuration, leaderElection: leaderElection, port: port, metrics: metrics,
      perform: { _, _ in })
  }

  /// Begins to collect what the library and the program measure, and returns its text for
  /// `/metrics`; `nil` where the program has bootstrapped a metrics factory itself.
  ///
  /// To be called before clients and runners are created: what they measure isn't collected later.
  public static func collectedMetrics() -> (@Sendable () -> String)? {
    guard MetricsSystem.factory is NOOPMetricsHandler else { return nil }
    let metrics = PrometheusMetrics()
    MetricsSystem.bootstrap(metrics)
    return { metrics.text }
  }

  /// Returns the RBAC rights of a program that runs the controller: the controller's own, those of
  /// its Lease, and those of the Events that it records.
  public static func rights<Object, Effect>(
    of controller: Controller<Object, Effect>, leaderElection: LeaderElection = .none
  ) -> [RequiredRight] {
    (controller.rights + leaderElection.rights + [
      RequiredRight(
        // An Event of a cluster-scoped object is in the namespace default.
        namespace: Object.type.isNamespaced ? controller.selection.namespace : "default",
        rule: PolicyRule(verbs: ["create", "patch"], apiGroups: ["events.k8s.io"], resources: ["events"]),
        reasons: ["the controller records Events"])
    ]).merged
  }
}

extension OperatorGroup.LeaderElection {
  /// The RBAC rights of the Lease; RBAC can't limit `create` by name.
  var rights: [RequiredRight] {
    guard case .lease(let name, let namespace) = self else { return [] }
    return [(["create"], []), (["get", "patch"], [name])].map { (verbs: [String], names: [String]) in
      RequiredRight(
        namespace: namespace,
        rule: PolicyRule(
          verbs: verbs, apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: names),
        reasons: ["one of several processes leads"])
    }
  }
}
