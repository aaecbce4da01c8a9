import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayReconcile
import GatewayTesting
import KubeCore
import KubeKindsCore
import KubeReconcile
import Testing

/// The properties of the plan of every hub. A failure names the seed: GATEWAY_SEED=<seed>
/// GATEWAY_STATES=1 repeats it.
@Suite struct PropertyTests {
  /// Runs `body` on generated states until one fails.
  private func forAll(_ property: String, _ body: (inout GeneratedHub) -> [String]) {
    var failures = 0
    for seed in States.seeds where failures < 3 {
      var hub = GeneratedHub(seed: seed)
      let problems = body(&hub)
      guard !problems.isEmpty else { continue }
      failures += 1
      Issue.record("\(property), seed \(seed): \(problems.prefix(5).joined(separator: "\n"))\n\(hub.setup)")
    }
  }

  /// Descriptions of the rounds from a state on.
  private func rounds(from world: World) -> String {
    var world = world
    return (1...7).map { "round \($0):\n  \(words(world.round()))" }.joined(separator: "\n  ")
  }

  private func words(_ plan: GatewayPlan) -> String {
    let lines =
      plan.patches.map {
        "\($0.operationName) \($0.target)\($0.subresource.map { "/" + $0 } ?? ""): \($0.reason)"
      }
      + plan.issuanceRequests.map { "request \($0.id): \($0.reason)" }
    return lines.joined(separator: "\n  ")
  }

  @Test func `every hub converges within four rounds, and again after every step of the others`() {
    forAll("convergence") { hub in
      let start = hub.world
      guard hub.world.convergeManager() != nil else {
        return [
          "not converged after four rounds:\n  \(rounds(from: start))\n  \(hub.world.refusals.suffix(4))"
        ]
      }
      for other in OtherController.allCases + [.rollout, .aggregation] {
        hub.world.step(other)
        let start = hub.world
        guard hub.world.convergeManager() != nil else {
          return [
            "not converged after \(other):\n  \(rounds(from: start))\n  \(hub.world.refusals.suffix(4))"
          ]
        }
      }
      return []
    }
  }

  @Test func `the generated rights allow every patch and every watch`() {
    forAll("own rights") { hub in
      var problems: [String] = []
      for other in OtherController.allCases + [.rollout, .tokens] {
        for _ in 0..<4 {
          let state = hub.world.hub
          let facts = InstallationFacts(state.installation)
          var former = facts.former
          // The accounts that an administrator names with --leaving-account.
          former.accounts = Set(
            hub.world.objects.all(ManagedServiceAccount.type.groupKind).map(\.metadata.name))
          let table = GatewayTable(configuration: facts.configuration, former: former)
          let rights = table.rights
          let plan = hub.world.round()
          let asked =
            plan.patches.map { ("\($0.operationName) \($0.target)", $0.access) }
            + table.selections.flatMap { selection in selection.access.map { ("watch \(selection)", $0) } }
          problems += asked.filter { !rights.allow($0.1) }.map { "not allowed: \($0.0)" }
          if plan.changesNothing { break }
        }
        hub.world.step(other)
      }
      return problems
    }
  }

  @Test func `once converged, time alone changes nothing before the plan's requeue time`() {
    forAll("requeue") { hub in
      guard hub.world.convergeManager() != nil else { return [] }
      let plan = hub.world.plan
      let seconds = plan.requeueAfter.map { Double($0.components.seconds) - 1 } ?? 40 * 365 * 86_400
      guard seconds > 0 else { return ["to be asked again after \(plan.requeueAfter as Any)"] }
      hub.world.now += seconds
      let later = hub.world.plan
      return later.changesNothing
        ? [] : ["\(seconds) s later, with \(plan.requeueAfter as Any):\n  \(words(later))"]
    }
  }

  @Test func `the plan is the same, byte for byte, whatever the order of the input`() {
    forAll("determinism") { hub in
      var random = SeededGenerator(seed: hub.seed)
      let state = hub.world.hub
      var shuffled = hub.world.hubState(
        ObservedObjects(hub.world.objects.everything.shuffled(using: &random)),
        issued: hub.world.issued.shuffled(using: &random))
      shuffled.clusters.shuffle(using: &random)
      shuffled.installation.certificates.bundle.shuffle(using: &random)
      let plans = [state, state, shuffled].map { text(reconcile($0, at: hub.world.now)) }
      return Set(plans).count == 1 ? [] : ["plans differ"]
    }
  }

  @Test func `objects reduced to what plans look at lead to the same plan`() {
    forAll("reduction") { hub in
      var pool = InternPool(wholeMembers: ["configReferences", "supportedConfigs"])
      func reduced(_ objects: ObservedObjects) -> ObservedObjects {
        var result = ObservedObjects(unobserved: objects.unobserved)
        for object in objects.everything { result.insert(object.reducedForPlans.compacted(by: &pool)) }
        return result
      }
      var problems: [String] = []
      for other in OtherController.allCases + [.rollout, .aggregation, .tokens] {
        for _ in 0..<4 {
          let state = hub.world.hub
          var other = state
          other.installation.objects = reduced(state.installation.objects)
          for index in other.clusters.indices {
            other.clusters[index].objects = reduced(other.clusters[index].objects)
          }
          let plans = [state, other].map { reconcile($0, at: hub.world.now) }
          if plans[0] != plans[1] { problems += [words(plans[0]), "reduced:", words(plans[1])] }
          guard problems.isEmpty, !hub.world.round().changesNothing else { break }
        }
        hub.world.step(other)
      }
      return problems
    }
  }

  @Test func `traffic that worked continues wherever plans stop`() {
    forAll("safety") { hub in
      var world = hub.world
      var invariants = HubInvariants()
      invariants.keepsUnusedCredentials = true
      invariants.unserved = Set(GeneratedHub.names).subtracting(hub.live)
      for other in OtherController.allCases + [.rollout, .aggregation, .tokens] {
        for _ in 0..<4 {
          let plan = world.plan
          var after = world
          let start = world.facts
          var before = start
          for patch in plan.patches {
            after.apply(patch)
            let next = after.facts
            let violations =
              invariants.violations(from: before, to: next) + invariants.violations(from: start, to: next)
            before = next
            if !violations.isEmpty {
              return violations + ["by \(patch.operationName) \(patch.target): \(patch.reason)"]
            }
          }
          world.round()
          if plan.changesNothing { break }
        }
        world.step(other)
      }
      return []
    }
  }

  @Test func `a plan from an older view is refused or leads to the same end`() {
    forAll("stale reads") { hub in
      let stale = hub.world.plan
      var world = hub.world
      world.round()
      world.step(.tokens)
      if hub.seed % 2 == 0 {
        _ = world.convergeManager()
        world.step(.rollout)
      }
      var disturbed = world
      for patch in stale.patches { disturbed.apply(patch) }
      disturbed.collectGarbage()
      let ends = [world.converge(), disturbed.converge()]
      guard ends == [true, true] else {
        return ["no end: \(ends)\n  \(words(world.plan))\n  \(words(disturbed.plan))"]
      }
      let (one, other) = (world.essence, disturbed.essence)
      let differing = Set(one.keys).union(other.keys).sorted().filter { one[$0] != other[$0] }
      return differing.map { "\($0):\n  \(one[$0] ?? .null)\n  \(other[$0] ?? .null)" }
    }
  }

  @Test func `one cluster's broken objects change no other cluster's plan`() {
    forAll("independence") { hub in
      guard let victim = hub.world.objects.all(ManagedCluster.type.groupKind).first?.metadata.name else {
        return []
      }
      func others(_ plan: GatewayPlan) -> [ObjectPatch] {
        // The configuration's status counts the clusters.
        plan.changes.filter { $0.target.namespace != victim && $0.target.name != victim }
      }
      let before = hub.world.plan
      var broken = hub.world
      for object in broken.objects.everything
      where object.metadata.namespace == victim
        || object.metadata.name == victim && object.groupKind == ManagedCluster.type.groupKind
      {
        var json = object.json
        json["spec"] = "broken"
        json["status"] = 7
        if json["data"] != nil { json["data"] = "broken" }
        broken.imagine(json)
      }
      let after = broken.plan
      return others(before) == others(after) && before.issuanceRequests == after.issuanceRequests
        ? [] : ["without \(victim):\n  \(words(before))\n  \(words(after))"]
    }
  }

  @Test func `objects of others stay unchanged`() {
    forAll("no foreign harm") { hub in
      let foreign = hub.foreign.filter { hub.world.read($0) != nil }
      let before = foreign.map { hub.world.read($0) }
      // This includes others' namespaces, clusters, tokens and configurations: only statuses of two kinds are
      // to.
      func rest(_ world: World) -> [JSONValue] {
        world.objects.everything.filter {
          [Namespace.type.groupKind, ManagedCluster.type.groupKind].contains($0.groupKind)
            || $0.metadata.labels[OCMLabels.isManagedServiceAccount] != nil
              && $0.metadata.deletionTimestamp == nil
        }.map(\.json)
      }
      let restBefore = rest(hub.world)
      _ = hub.world.convergeManager()
      let after = foreign.map { hub.world.read($0) }
      let restAfter = Set(rest(hub.world))
      let gone = restBefore.filter {
        // A token is removed with its account.
        !restAfter.contains($0) && $0["kind"] != "Secret"
      }
      return zip(foreign, zip(before, after)).compactMap { $1.0 == $1.1 ? nil : "\($0) was touched" }
        + gone.map { "touched: \($0["kind"] ?? .null) \($0.value(at: "metadata", "name") ?? .null)" }
    }
  }

  @Test func `every patch has an object and a reason`() {
    forAll("patches") { hub in
      var problems: [String] = []
      for _ in 0..<3 {
        let plan = hub.world.plan
        for patch in plan.patches {
          if patch.reason.count < 8 { problems.append("no reason: \(patch.target)") }
          let observed = hub.world.objects[patch.target]
          switch (patch.precondition, patch.operation) {
          case (.absent, .create): if observed != nil { problems.append("\(patch.target) is there") }
          case (.uid(let uid), .apply), (.uid(let uid), .patch), (.uid(let uid), .delete),
            (.uidAndResourceVersion(let uid, _), .apply), (.uidAndResourceVersion(let uid, _), .patch),
            (.uidAndResourceVersion(let uid, _), .delete):
            if observed?.metadata.uid != uid { problems.append("\(patch.target): another uid") }
          default: problems.append("\(patch.operationName) \(patch.target): \(patch.precondition)")
          }
          let mustBeTied =
            ["Deployment", "APIService"].contains(patch.target.type.kind)
            || patch.target.type.kind == "Secret"
          if case .apply = patch.operation, mustBeTied, case .uid = patch.precondition {
            problems.append("\(patch.target) is not tied to its version")
          }
          if patch.operation == .delete, patch.target.type == Namespace.type {
            problems.append("a namespace is deleted")
          }
        }
        for finding in plan.findings where finding.problem.isEmpty || finding.remedy.isEmpty {
          problems.append("a finding without words: \(finding.code)")
        }
        hub.world.round()
        hub.world.step(.tokens)
      }
      return problems
    }
  }

  @Test func `no secret is in anything that a person reads`() {
    forAll("secrets") { hub in
      // A Secret's last-applied annotation repeats its data.
      for object in hub.world.objects.all(Secret.type.groupKind).prefix(3) {
        guard let key = World.key(of: object.json), let json = hub.world.read(key) else { continue }
        hub.world.merge(
          key,
          [
            "metadata": [
              "annotations": [
                "kubectl.kubernetes.io/last-applied-configuration": .string(
                  JSONWriter(secrets: .revealed).text(json))
              ]
            ]
          ])
      }
      for _ in 0..<2 {
        let plan = hub.world.plan
        var output = text(plan) + String(describing: plan) + String(reflecting: plan)
        dump(plan, to: &output)
        dump(hub.world.hub.installation.certificates.ca, to: &output)
        for request in plan.issuanceRequests { output += request.reason }
        var secrets: Set<String> = ["MARKER"]
        for secret in hub.world.objects.all(Secret.type.groupKind) {
          for (key, value) in (try? secret.decode(Secret.self).data) ?? [:] where !key.hasSuffix(".crt") {
            guard let text = value.exposedText(), text.utf8.count >= 8 else { continue }
            secrets.insert(text)
            secrets.insert(Document.base64(text))
          }
        }
        let seen = secrets.filter { output.contains($0) }
        if !seen.isEmpty { return seen.sorted() }
        hub.world.round()
        hub.world.step(.tokens)
      }
      return []
    }
  }

  /// The plan as it is printed.
  private func text(_ plan: GatewayPlan) -> String {
    let writer = JSONWriter(style: .compact, secrets: .redacted)
    let patches = plan.patches.map { patch in
      "\(patch.operationName) \(patch.target) \(patch.precondition) \(patch.reason) \(writer.text(patch.body))"
    }
    return
      (patches + plan.issuanceRequests.map { "\($0)" } + plan.findings.map(\.description)
      + ["\(plan.requeueAfter as Any)"]).joined(separator: "\n")
  }
}
