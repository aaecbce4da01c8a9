import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeKindsEvents
import KubeMemory
import KubeReconcile
import KubeTransport
import Synchronization
import Testing

@testable import KubeRuntime

/// What is reported of a plan that fails, and when it is made again.
@Suite(.timeLimit(.minutes(5))) struct FailureTests {
  private func reasons(_ cluster: InMemoryCluster) async -> Set<String> {
    Set(await cluster.snapshot.objects(KubeKindsEvents.Event.type).compactMap { $0.json["reason"]?.string })
  }

  @Test(arguments: [(404, "NotFound"), (409, "AlreadyExists")])
  func `a create that never fits the server's state is reported after some failures`(
    code: Int, reason: String
  ) async throws {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let creates = Mutex((count: 0, areRefused: true))
    let refusing = InterceptedTransport(base: cluster) { request in
      guard request.method == .post, request.path.contains("configmaps") else { return nil }
      let isRefused = creates.withLock { creates in
        creates.count += 1
        return creates.areRefused
      }
      return isRefused ? refusal(code, reason) : nil
    }
    let runner = ControllerRunner(
      Widget.controller, client: KubeClient(refusing, fieldManager: "widgets"),
      options: ControllerOptions(
        backoff: Backoff(initial: .milliseconds(1), maximum: .milliseconds(10)), eventInstance: "test"),
      logger: silent
    ) { _ in }
    try await run(runner) {
      try await eventually { !runner.report.generalFindings.isEmpty }
      #expect(creates.withLock { $0.count } > 10)
      let finding = try #require(runner.report.generalFindings.first)
      #expect(finding.code == .requestFailing && finding.object == widget.configMap)
      #expect(finding.problem.contains("refusing to create configmaps \"a\""), "\(finding)")
      #expect(finding.remedy.contains(".owns(ConfigMap.self)"), "\(finding)")
      #expect(finding.remedy.contains("namespace"), "\(finding)")
      try await eventually { await reasons(cluster).contains("RequestFailing") }
      creates.withLock { $0.areRefused = false }
      try await eventually { await cluster.isReady(widget) }
      try await eventually { runner.report.generalFindings.isEmpty && runner.report.failures.isEmpty }
    }
  }

  @Test func `a conflict that a later plan resolves is not reported`() async throws {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let creates = Mutex(0)
    let conflicting = InterceptedTransport(base: cluster) { request in
      guard request.method == .post, request.path.contains("configmaps") else { return nil }
      let count = creates.withLock { creates in
        creates += 1
        return creates
      }
      return count <= 9 ? refusal(409, "AlreadyExists") : nil
    }
    let runner = ControllerRunner(
      Widget.controller, client: KubeClient(conflicting, fieldManager: "widgets"),
      options: ControllerOptions(
        backoff: Backoff(initial: .milliseconds(1), maximum: .milliseconds(10)), eventInstance: "test"),
      logger: silent
    ) { _ in }
    try await run(runner) {
      try await eventually { await cluster.isReady(widget) }
      try await eventually { await reasons(cluster) == ["Made"] }
      #expect(runner.report.generalFindings.isEmpty && runner.report.failures.isEmpty)
    }
  }

  @Test func `a plan is made again at its time though an effect of it has failed for good`() async throws {
    let cluster = try await InMemoryCluster.withWidgets(Widget("a"))
    let (clock, plans) = (ManualClock(), Shared(0))
    let controller = Controller(Widget.self, effects: Widget.Effect.self, fieldManager: "widgets") { work in
      plans.value.withLock { $0 += 1 }
      _ = work.perform(.make(size: work.object.size))
      work.requeue(after: .seconds(3600))
    }
    let runner = ControllerRunner(
      controller, client: KubeClient(cluster, fieldManager: "widgets"),
      options: ControllerOptions(clock: clock), logger: silent
    ) { _ in throw TerminalError("there is no such size") }
    try await run(runner) {
      for _ in 0..<2 {
        try await eventually { runner.report.failures[Widget("a").key] != nil && !runner.report.isBusy }
        let before = plans.value.withLock { $0 }
        try await eventually {
          clock.advance(by: .seconds(3600))
          return plans.value.withLock { $0 } > before
        }
      }
    }
  }

  private struct Leak: Error, CustomStringConvertible {
    var description: String { "the password hunter2 is wrong" }
  }

  private struct ZoneRefused: DisplayableError {
    var description: String { "the zone is another's" }
  }

  @Test(arguments: [
    (Leak() as any Error, "Leak"),
    (ZoneRefused(), "the zone is another's"),
    (
      FieldError(path: FieldPath(dotted: "data.mode"), problem: "\"hunter2\" is not a known value"),
      "the field data.mode is invalid"
    ),
  ])
  func `an effect's error is described only as far as it holds no secret`(
    error: any Error, shown: String
  ) async throws {
    let (cluster, log) = (try await InMemoryCluster.withWidgets(Widget("a")), CapturedLog())
    let runner = ControllerRunner(
      Widget.controller, client: KubeClient(cluster, fieldManager: "widgets"),
      options: ControllerOptions(eventInstance: "test"), logger: log.logger
    ) { _ in throw error }
    @Sendable func notes() async -> String {
      await cluster.snapshot.objects(KubeKindsEvents.Event.type)
        .compactMap { $0.json["note"]?.string }.joined(separator: "\n")
    }
    try await run(runner) {
      try await eventually { log.text.contains("could not be applied") }
      try await eventually { await !notes().isEmpty }
      for text in [log.text, await notes(), JSONWriter().text(runner.debugState)] {
        #expect(text.contains(shown) && !text.contains("hunter2"))
      }
    }
  }

  @Test(arguments: [
    (#"pods is forbidden: User "a" cannot list resource "pods" in API group "" at the cluster scope"#, true),
    (
      #"pods "p" is forbidden: User "a" cannot get resource "pods" in API group "" in the namespace "n""#,
      true
    ),
    (#"forbidden: User "a" cannot get path "/metrics""#, true),
    (
      #"clusterroles.rbac.authorization.k8s.io "r" is forbidden: user "a" (groups=["g"]) is attempting to "#
        + "grant RBAC permissions not currently held:\n{}", true
    ),
    (#"pods "p" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to …"#, true),
    (#"pods "p" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>"#, true),
    (#"admission webhook "v.kb.io" denied the request: container "nginx" cannot run as root"#, false),
    (
      #"admission webhook "v.kb.io" denied the request: pods is forbidden: User "a" cannot list resource "pods""#,
      false
    ),
    (
      #"pods "p" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: User "a" cannot x"#,
      false
    ),
    (#"pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"#, false),
  ])
  func `only the authorizer's refusal means that a right is missing`(message: String, isMissing: Bool) {
    let request = KubeRequest.raw(path: "/api/v1/pods")
    let status = Status(status: "Failure", message: message, reason: "Forbidden", code: 403)
    let error = KubeError(request, httpStatus: 403, body: JSONWriter().bytes(status.json))
    #expect(error.isMissingRight == isMissing)
    let refusal = Refusal(missingRight: error, verb: "list", target: ObjectKey(ConfigMap.type, name: ""))
    #expect((refusal != nil) == isMissing)
  }
}
