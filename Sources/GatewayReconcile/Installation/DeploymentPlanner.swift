import GatewayAPI
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeReconcile

/// Plans the gateway's Deployment from the configuration, without a rollout that working pods don't
/// need, and with a restart of pods that don't work.
struct DeploymentPlanner {
  let objects: GatewayObjects
  let serving: ServingState
  let now: Date
  private let observed: DynamicObject?
  private let running: Deployment?
  private let rollout: Rollout

  /// The minimum time between two restarts.
  static let restartInterval = Duration.seconds(300)

  init(_ state: InstallationState, objects: GatewayObjects, serving: ServingState, now: Date) {
    self.objects = objects
    self.serving = serving
    self.now = now
    observed =
      state.objects[
        Deployment.type.groupKind, namespace: objects.spec.installNamespace, name: GatewayNames.deployment]
    running = try? observed?.decode(Deployment.self)
    rollout = Rollout(running)
  }

  private var key: ObjectKey {
    ObjectKey(Deployment.type, namespace: objects.spec.installNamespace, name: GatewayNames.deployment)
  }

  /// Plans the Deployment with the proxy tunnel's flags of `tunnel`.
  func plan(_ planner: inout PatchPlanner, tunnel: ProxyTunnel?, generation: Int64?, secretNamespace: String)
  {
    var template = GatewayTemplate(
      secretNamespace: secretNamespace, featureGates: featureGates, restartedAt: restartedAt(&planner))
    func deployment() -> Deployment {
      objects.deployment(tunnel: tunnel, generation: generation, template: template)
    }
    // Running pods without a probe aren't replaced for that alone.
    template.hasReadinessProbe = running.map { $0.hasReadinessProbe } ?? true
    if !template.hasReadinessProbe, changesTemplate(deployment(), force: planner.force) {
      template.hasReadinessProbe = true
    }
    planner.ensure(
      deployment(), precondition: .resourceVersion, because: "the gateway runs as the configuration says")
    reportBrokenGateway(&planner)
    reportDoubts(&planner)
  }

  // MARK: Kept values

  /// The gates that the image's version supports, and those with which its pods run nevertheless.
  private var featureGates: [String: Bool] {
    var gates = objects.spec.understoodFeatureGates
    guard let container = running?.gateway, container.image == objects.spec.image, rollout.isRunning,
      let argument = container.args.last(where: { $0.hasPrefix(FeatureGates.flag + "=") })
    else { return gates }
    let present = FeatureGates(argument: argument).values
    for (name, isOn) in objects.spec.featureGates where present[name] == isOn { gates[name] = isOn }
    return gates
  }

  /// Whether `desired` would cause a rollout: its template has other values than the observed one.
  private func changesTemplate(_ desired: Deployment, force: Bool) -> Bool {
    guard let observed else { return true }
    let table = FieldTables.gateway.table(for: Deployment.type.groupKind)
    func differences(_ desired: JSONValue) -> [Drift.Difference] {
      func compare(_ desired: JSONValue) -> Drift? {
        try? table.drift(
          desired: desired, observed: observed, ownership: ManagerIdentity.rules.ownership(of: observed))
      }
      guard let drift = compare(desired) else { return [] }
      let isWhole = drift.conflicts.isEmpty || force
      return (isWhole ? drift : compare(drift.yielding(desired)))?.differences ?? []
    }
    let template: [FieldPath.Step] = [.field("spec"), .field("template")]
    func isInTemplate(_ difference: Drift.Difference) -> Bool { difference.path.steps.starts(with: template) }
    let wanted = differences(desired.json).filter(isInTemplate)
    // A value that the server defaults doesn't change when it is left out.
    let filled = differences(table.fillingDefaults(in: desired.json)).filter(isInTemplate)
    return wanted.contains { [.missing, .changed].contains($0.kind) }
      || filled.contains { $0.kind == .dropped }
  }

  // MARK: Restarts

  /// The time of the last restart, or now if the pods are to be restarted: the value of the
  /// template's annotation.
  private func restartedAt(_ planner: inout PatchPlanner) -> String? {
    let noted = running?.spec.template.metadata.annotations[GatewayAnnotations.restartedAt]
    guard serving.isBroken, rollout.isComplete else { return noted }
    if let last = noted.flatMap({ Timestamp(rfc3339: $0)?.date }) {
      let wait = DeploymentPlanner.restartInterval - .seconds(now.timeIntervalSince(last).rounded(.down))
      // A time far ahead was written by a wrong clock.
      if wait > .zero, wait <= DeploymentPlanner.restartInterval * 2 {
        planner.plan.requeue(after: wait)
        return noted
      }
    }
    return Timestamp(now).description
  }

  private func reportBrokenGateway(_ planner: inout PatchPlanner) {
    if let probe = serving.probe { planner.plan.effects.append(.probe(probe)) }
    guard serving.isBroken || serving.wasBroken else { return }
    planner.report(
      .error, Finding.Code(rawValue: ServingState.reason), on: key, problem: ServingState.message,
      remedy:
        "nothing to do: its pods are restarted, at most every \(DeploymentPlanner.restartInterval.components.seconds / 60) minutes; see their log if it lasts"
    )
  }

  // MARK: Options

  /// Reports possible reasons for new pods that don't start: gates and flags that the image's
  /// version may not support.
  private func reportDoubts(_ planner: inout PatchPlanner) {
    guard let running, let container = running.gateway, rollout.isStalled || rollout.isWithoutNewPods else {
      return
    }
    let doubts = GatewayRelease(image: container.image ?? "").doubts(about: container.args)
    guard !doubts.isEmpty else { return }
    let options = doubts.joined(separator: ", ")
    let image = container.image ?? ""
    guard rollout.isStalled else {
      planner.report(
        .awaiting, "GatewayStarting", on: key,
        problem: "no new pod is ready, and it isn't known whether \(image) knows \(options)",
        remedy: "see the pods' events and log if it lasts", awaitedFrom: "the hub's kubelets")
      return
    }
    planner.report(
      .error, "GatewayRolloutStalled", on: key,
      problem: "new pods don't become ready, and it isn't known whether \(image) knows \(options)",
      remedy:
        "see the pods' log; if it ends at one of them, use an image whose tag names its version, or set that gate in spec.featureGates"
    )
  }
}

/// The values of the pods' template that don't depend on the configuration alone.
struct GatewayTemplate {
  /// The namespace from which the pods read the gateway Secrets.
  var secretNamespace: String
  /// The feature gates.
  var featureGates: [String: Bool]
  /// The time of the pods' last restart.
  var restartedAt: String?
  /// Whether the pods have a readiness probe.
  var hasReadinessProbe = true

  /// The probe of the path that every aggregated API server answers, on its serving port.
  static let readinessProbe = Probe(
    httpGet: HTTPGetAction(path: "/readyz", port: .int(GatewayNames.port), scheme: "HTTPS"),
    timeoutSeconds: 5, periodSeconds: 10)
}

extension Deployment {
  /// The container of the gateway.
  var gateway: Container? {
    spec.template.spec.containers.first { $0.name == GatewayNames.container }
  }

  /// Whether the gateway's container has a readiness probe.
  var hasReadinessProbe: Bool { gateway?.readinessProbe != nil }
}
