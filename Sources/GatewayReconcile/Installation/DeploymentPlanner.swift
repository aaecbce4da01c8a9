import GatewayAPI
import KubeCore
import KubeKindsApps
import KubeKindsCore

import struct Foundation.Date

/// Plans the gateway's Deployment: as the configuration says, but without a roll-out that pods which work
/// don't need, and with one that pods which don't work do.
struct DeploymentPlanner {
  let objects: GatewayObjects
  let serving: ServingState
  let now: Date
  private let observed: DynamicObject?
  private let running: Deployment?
  private let rollout: Rollout

  /// How long after a restart there is no other.
  static let restartInterval = Duration.seconds(300)

  init(_ state: InstallationState, objects: GatewayObjects, serving: ServingState, now: Date) {
    self.objects = objects
    self.serving = serving
    self.now = now
    observed =
      state.objects[Deployment.type.groupKind, objects.spec.installNamespace, GatewayNames.deployment]
    running = try? observed?.decode(Deployment.self)
    rollout = Rollout(running)
  }

  private var key: ObjectKey {
    ObjectKey(Deployment.type, namespace: objects.spec.installNamespace, name: GatewayNames.deployment)
  }

  /// Plans the Deployment with the proxy tunnel's flags as `tunnel` has them.
  func plan(_ planner: inout PatchPlanner, tunnel: ProxyTunnel?, generation: Int64?, secretNamespace: String)
  {
    var template = GatewayTemplate(
      secretNamespace: secretNamespace, featureGates: featureGates, restartedAt: restartedAt(&planner))
    func deployment() -> Deployment {
      objects.deployment(tunnel: tunnel, generation: generation, template: template)
    }
    // Pods that run without a probe aren't exchanged for it alone.
    template.hasReadinessProbe = running.map { $0.hasReadinessProbe } ?? true
    if !template.hasReadinessProbe, changesTemplate(deployment(), force: planner.force) {
      template.hasReadinessProbe = true
    }
    planner.ensure(deployment(), guardedBy: .version, because: "the gateway runs as the configuration says")
    reportBrokenGateway(&planner)
    reportDoubts(&planner)
  }

  // MARK: What stays

  /// The gates that the image's version understands, and those that its pods run with all the same.
  private var featureGates: [String: Bool] {
    var gates = objects.spec.understoodFeatureGates
    guard let container = running?.gateway, container.image == objects.spec.image, rollout.isRunning,
      let argument = container.args.last(where: { $0.hasPrefix(FeatureGates.flag + "=") })
    else { return gates }
    let present = FeatureGates(argument: argument).values
    for (name, isOn) in objects.spec.featureGates where present[name] == isOn { gates[name] = isOn }
    return gates
  }

  /// Whether `desired` would roll out: its template has other values than the observed one.
  private func changesTemplate(_ desired: Deployment, force: Bool) -> Bool {
    guard let observed else { return true }
    let table = FieldTables.gateway.table(for: Deployment.type.groupKind)
    func differences(_ desired: JSONValue) -> [Drift.Difference] {
      func compare(_ desired: JSONValue) -> Drift? {
        try? table.drift(
          desired: desired, observed: observed, ownership: ManagerIdentity.ownership(of: observed))
      }
      guard let drift = compare(desired) else { return [] }
      let isWhole = drift.conflicts.isEmpty || force
      return (isWhole ? drift : compare(drift.yielding(desired)))?.differences ?? []
    }
    let template: [FieldPath.Step] = [.field("spec"), .field("template")]
    func isInTemplate(_ difference: Drift.Difference) -> Bool { difference.path.steps.starts(with: template) }
    let wanted = differences(desired.json).filter(isInTemplate)
    // What the server fills in again doesn't go when it is dropped.
    let filled = differences(table.fillingDefaults(in: desired.json)).filter(isInTemplate)
    return wanted.contains { [.missing, .changed].contains($0.kind) }
      || filled.contains { $0.kind == .dropped }
  }

  // MARK: Restarts

  /// When the pods were last restarted, or that they are to be now: what is in the template's annotation.
  private func restartedAt(_ planner: inout PatchPlanner) -> String? {
    let noted = running?.spec.template.metadata.annotations[GatewayAnnotations.restartedAt]
    guard serving.isBroken, rollout.isComplete else { return noted }
    if let last = noted.flatMap({ Timestamp(rfc3339: $0)?.date }) {
      let wait = DeploymentPlanner.restartInterval - .seconds(now.timeIntervalSince(last).rounded(.down))
      // A time that lies far ahead was noted by a clock that was wrong.
      if wait > .zero, wait <= DeploymentPlanner.restartInterval * 2 {
        planner.plan.requeue(after: wait)
        return noted
      }
    }
    return Timestamp(now).description
  }

  private func reportBrokenGateway(_ planner: inout PatchPlanner) {
    planner.plan.servingProbe = serving.probe
    guard serving.isBroken || serving.wasBroken else { return }
    planner.find(
      .error, ServingState.reason, on: key, ServingState.message,
      remedy:
        "nothing to do: its pods are restarted, at most every \(DeploymentPlanner.restartInterval.components.seconds / 60) minutes; see their log if it lasts"
    )
  }

  // MARK: Options

  /// Names what may keep new pods from starting: gates and flags that the image's version may not know.
  private func reportDoubts(_ planner: inout PatchPlanner) {
    guard let running, let container = running.gateway, rollout.isStalled || rollout.isWithoutNewPods else {
      return
    }
    let doubts = GatewayRelease(image: container.image ?? "").doubts(about: container.args)
    guard !doubts.isEmpty else { return }
    let options = doubts.joined(separator: ", ")
    let image = container.image ?? ""
    guard rollout.isStalled else {
      planner.find(
        .awaiting, "GatewayStarting", on: key,
        "no new pod is ready, and it isn't known whether \(image) knows \(options)",
        remedy: "see the pods' events and log if it lasts", awaitedFrom: "the hub's kubelets")
      return
    }
    planner.find(
      .error, "GatewayRolloutStalled", on: key,
      "new pods don't become ready, and it isn't known whether \(image) knows \(options)",
      remedy:
        "see the pods' log; if it ends at one of them, use an image whose tag names its version, or set that gate in spec.featureGates"
    )
  }
}

/// What of the pods' template doesn't follow from the configuration alone.
struct GatewayTemplate {
  /// Where the pods read the gateway Secrets.
  var secretNamespace: String
  /// The feature gates.
  var featureGates: [String: Bool]
  /// When the pods were last restarted.
  var restartedAt: String?
  /// Whether the pods have a readiness probe.
  var hasReadinessProbe = true

  /// What every aggregated API server answers, on its serving port.
  static let readinessProbe = Probe(
    httpGet: HTTPGetAction(path: "/readyz", port: .int(GatewayNames.port), scheme: "HTTPS"),
    timeoutSeconds: 5, periodSeconds: 10)
}

extension Deployment {
  /// The container that the gateway runs in.
  var gateway: Container? {
    spec.template.spec.containers.first { $0.name == GatewayNames.container }
  }

  /// Whether that has a readiness probe.
  var hasReadinessProbe: Bool { gateway?.readinessProbe != nil }
}
