import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTransport
import Testing

@testable import KubeRuntime

/// A running controller and another's object that has the name of one that it wants to make.
@Suite(.timeLimit(.minutes(5))) struct BlockedObjectTests {
  @Test(arguments: ["deleted", "handed over"])
  func `an object is made as desired once another's of the name is out of the way`(change: String)
    async throws
  {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(), Widget("a"))
    let user = KubeClient(cluster, fieldManager: "user")
    _ = try await user.create(
      ConfigMap(
        metadata: ObjectMeta(name: widget.configMap.name, namespace: widget.configMap.namespace),
        data: ["of": "another"]))
    _ = try await user.create(widget)
    let runner = ControllerRunner(
      Widget.controller, client: KubeClient(cluster, fieldManager: "widgets"), logger: silent
    ) { _ in }
    try await run(runner) {
      // Everything else has been done, so that no other change leads to a plan.
      try await eventually {
        let status = await cluster.object(widget.key)?.json.value(at: "status", "conditions")
        return status != nil && !runner.report.isBusy
      }
      #expect(runner.findings[widget.key]?.map(\.code) == [.foreignObject])
      if change == "deleted" {
        _ = try await user.bytes(.delete(widget.configMap))
      } else {
        let labels: JSONValue = [OwnershipRules.managedByLabel: "widgets"]
        _ = try await user.bytes(.mergePatch(widget.configMap, ["metadata": ["labels": labels]]))
      }
      try await eventually { await cluster.isReady(widget) }
      try await eventually { runner.findings.isEmpty }
    }
  }
}
