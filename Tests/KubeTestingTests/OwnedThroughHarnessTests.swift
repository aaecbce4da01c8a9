import Foundation
import KubeCore
import KubeKindsBatch
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// Harnesses and explorations of a controller that owns the Jobs of its CronJobs.
@Suite struct OwnedThroughHarnessTests {
  private enum Target: PlanEffect {
    case drop
  }

  /// A controller of backups of ConfigMaps with the label `backup`; with `unwanted` it deletes the
  /// Jobs.
  private static func backups(_ verbs: ObjectVerbs = []) -> Controller<ConfigMap, Target> {
    Controller(ConfigMap.self, effects: Target.self, fieldManager: "backups") { work in
      guard let wish = work.object.metadata.labels["backup"] else { return }
      if wish == "unwanted" {
        for job in work.observed(Job.self) {
          work.remove(Job.self, name: job.metadata.name, because: "backups are unwanted")
        }
      }
      var template = template()
      template.spec.restartPolicy = "Never"
      work.ensure(
        CronJob(
          metadata: work.ownedMetadata(),
          spec: CronJobSpec(
            schedule: "0 * * * *", suspend: wish == "unwanted",
            jobTemplate: JobTemplateSpec(metadata: TemplateMeta(), spec: JobSpec(template: template)))))
    }
    .owns(CronJob.self).owns(Job.self, through: CronJob.self, verbs: verbs)
    .finalizer("example.com/target", afterRemoving: CronJob.self, Job.self) { _ in .drop }
  }

  private let target = ConfigMap(metadata: metadata("a").labeled(["backup": "wanted"]))

  /// A harness in which a Job of the CronJob runs.
  private func harness(_ verbs: ObjectVerbs = []) throws -> ControllerHarness<ConfigMap, Target> {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var harness = ControllerHarness(
      Self.backups(verbs), on: MemoryAPIServer(at: now), at: now, others: [CronJobController()])
    try harness.create(target)
    try harness.runUntilConverged()
    harness.time += 3600
    try harness.runUntilConverged()
    try #require(harness.server.objects(Job.self).count == 1)
    return harness
  }

  @Test(arguments: [ObjectVerbs.delete, []])
  func `the Jobs of an owned CronJob are removed where the controller may delete them`(verbs: ObjectVerbs)
    throws
  {
    var harness = try harness(verbs)
    try harness.patch(
      ConfigMap.self, namespace: "default", name: "a", ["metadata": ["labels": ["backup": "unwanted"]]])
    try harness.runUntilConverged()
    #expect(harness.server.objects(Job.self).isEmpty == verbs.contains(.delete))
    #expect(harness.findings.map(\.code) == (verbs.contains(.delete) ? [] : [.foreignObject]))
  }

  @Test func `the finalizer's effect waits for a Job that is held`() throws {
    var harness = try harness()
    let job = try #require(harness.server.objects(Job.self).first)
    try harness.patch(
      Job.self, namespace: "default", name: job.metadata.name,
      ["metadata": ["finalizers": ["example.com/held"]]])
    try harness.delete(ConfigMap.self, namespace: "default", name: "a")
    try harness.runUntilConverged()
    #expect(harness.performed.isEmpty)
    // The CronJob stays, so that a restarted controller knows whose the Job is.
    #expect(harness.object(CronJob.self, namespace: "default", name: "a")?.metadata.deletionTimestamp != nil)
    try harness.patch(
      Job.self, namespace: "default", name: job.metadata.name, ["metadata": ["finalizers": .null]])
    try harness.runUntilConverged()
    #expect(harness.performed == [.drop])
    #expect(harness.server.object(target.key) == nil)
    #expect(harness.server.objects(CronJob.self).isEmpty && harness.server.objects(Job.self).isEmpty)
  }

  private func explore(
    _ verbs: ObjectVerbs, faults: Int,
    invariant: @escaping @Sendable (MemoryAPIServer, [Target]) -> String? = { _, _ in nil }
  ) throws -> ControllerExploration<ConfigMap, Target>.Report {
    let target = target.key
    return ControllerExploration(
      try harness(verbs),
      events: [.init("the target is deleted") { _ = $0.handle(.delete(target), at: $1) }],
      maximumFaults: faults, invariant: invariant,
      whenConverged: { server, _ in
        let isEmpty = server.objects(CronJob.self).isEmpty && server.objects(Job.self).isEmpty
        return server.object(target) == nil && isEmpty ? nil : "something is left"
      }
    ).run()
  }

  @Test(arguments: [ObjectVerbs.delete, []])
  func `no order performs the effect while a Job exists`(verbs: ObjectVerbs) throws {
    let report = try explore(verbs, faults: 0) { server, effects in
      effects.isEmpty || server.objects(Job.self).isEmpty ? nil : "the target was dropped below its Job"
    }
    #expect(report.violation == nil && report.isComplete, "\(report)")
  }

  @Test func `no fault leaves anything behind`() throws {
    let report = try explore(.delete, faults: 1)
    #expect(report.violation == nil && report.isComplete && report.cases > 20, "\(report)")
  }
}

extension ObjectMeta {
  fileprivate func labeled(_ labels: [String: String]) -> ObjectMeta {
    var metadata = self
    metadata.labels = labels
    return metadata
  }
}
