import GatewayAPI
import KubeCore
import KubeReconcile

/// The refused requests and the missing kinds.
extension InstallationPlanner {
  /// Reports what the manager may not read or write, or what the API server doesn't serve.
  mutating func reportRefusals() {
    let remedy = "apply what `gateway-manager manifests --part rbac` prints for this configuration"
    let unserved = state.refusals.filter { $0.cause == .unserved }.map(\.target.type)
    for selection in state.objects.unobserved.sorted(by: { $0.description < $1.description })
    where !unserved.contains(selection.type) {
      planner.report(
        .error, .rightsMissing, on: selection.key,
        problem: "the manager may not list and watch \(selection); plans that depend on it are blocked",
        remedy: remedy)
    }
    for refusal in state.refusals {
      let key = refusal.target
      switch refusal.cause {
      case .rightsMissing:
        planner.report(
          .error, .rightsMissing, on: key, problem: "the manager may not \(refusal): \(refusal.message)",
          remedy: remedy)
      case .rejected:
        planner.report(
          .error, .writeRejected, on: key, problem: refusal.problem,
          remedy: "see the admission policy, webhook or quota that refuses it")
      case .failing:
        planner.report(
          .error, .requestFailing, on: key, problem: refusal.problem,
          remedy: "see the API server's log; the manager keeps trying")
      case .staleView:
        planner.report(
          .error, .requestFailing, on: key, problem: refusal.problem,
          remedy: "see what the message names; the manager keeps trying")
      case .unserved:
        planner.report(
          effective.spec?.managesSecrets ?? false ? .error : .warning, .kindNotServed,
          problem: refusal.problem,
          remedy:
            "install the managed-serviceaccount add-on; until then no identity is created, copied or removed"
        )
      case .contended:
        planner.report(
          .error, .contended, on: key, problem: refusal.problem, remedy: refusal.contentionRemedy)
      }
    }
  }
}
