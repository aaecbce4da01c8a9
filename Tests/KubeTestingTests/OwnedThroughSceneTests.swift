import Foundation
import KubeCore
import KubeKindsBatch
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// Scenes and explorations of a controller that owns the Jobs of its CronJobs.
@Suite struct OwnedThroughSceneTests {
  private enum Target: PlanEffect {
    case drop
  }

  /// A controller of backups of ConfigMaps with the label `backup`; with `unwanted` it deletes the
  /// Jobs.
  private static func backups(_ access: ObjectAccess = []) -> Controller<ConfigMap, Target> {
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
    .owns(CronJob.self).owns(Job.self, through: CronJob.self, access: access)
    .finalizer("example.com/target", afterRemoving: CronJob.self, Job.self) { _ in .drop }
  }

  private let target = ConfigMap(metadata: metadata("a").labeled(["backup": "wanted"]))

  /// A scene in which a Job of the CronJob runs.
  private func scene(_ access: ObjectAccess = []) throws -> ControllerScene<ConfigMap, Target> {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var scene = ControllerScene(
      Self.backups(access), on: MemoryAPIServer(at: now), at: now, others: [CronJobController()])
    try scene.create(target)
    try scene.runToRest()
    scene.time += 3600
    try scene.runToRest()
    try #require(scene.server.objects(Job.self).count == 1)
    return scene
  }

  @Test(arguments: [ObjectAccess.delete, []])
  func `the Jobs of an owned CronJob are removed where the controller may delete them`(access: ObjectAccess)
    throws
  {
    var scene = try scene(access)
    try scene.patch(
      ConfigMap.self, namespace: "default", name: "a", ["metadata": ["labels": ["backup": "unwanted"]]])
    try scene.runToRest()
    #expect(scene.server.objects(Job.self).isEmpty == access.contains(.delete))
    #expect(scene.findings.map(\.code) == (access.contains(.delete) ? [] : [.foreignObject]))
  }

  @Test func `the finalizer's effect waits for a Job that is held`() throws {
    var scene = try scene()
    let job = try #require(scene.server.objects(Job.self).first)
    try scene.patch(
      Job.self, namespace: "default", name: job.metadata.name,
      ["metadata": ["finalizers": ["example.com/held"]]])
    try scene.delete(ConfigMap.self, namespace: "default", name: "a")
    try scene.runToRest()
    #expect(scene.performed.isEmpty)
    // The CronJob stays, so that a restarted controller knows whose the Job is.
    #expect(scene.object(CronJob.self, namespace: "default", name: "a")?.metadata.deletionTimestamp != nil)
    try scene.patch(
      Job.self, namespace: "default", name: job.metadata.name, ["metadata": ["finalizers": .null]])
    try scene.runToRest()
    #expect(scene.performed == [.drop])
    #expect(scene.server.object(target.key) == nil)
    #expect(scene.server.objects(CronJob.self).isEmpty && scene.server.objects(Job.self).isEmpty)
  }

  private func explore(
    _ access: ObjectAccess, faults: Int,
    invariant: @escaping @Sendable (MemoryAPIServer, [Target]) -> String? = { _, _ in nil }
  ) throws -> ControllerExploration<ConfigMap, Target>.Report {
    let target = target.key
    return ControllerExploration(
      try scene(access),
      events: [.init("the target is deleted") { _ = $0.handle(.delete(target), at: $1) }],
      faults: faults, invariant: invariant,
      atRest: { server, _ in
        let isEmpty = server.objects(CronJob.self).isEmpty && server.objects(Job.self).isEmpty
        return server.object(target) == nil && isEmpty ? nil : "something is left"
      }
    ).run()
  }

  @Test(arguments: [ObjectAccess.delete, []])
  func `no order performs the effect while a Job exists`(access: ObjectAccess) throws {
    let report = try explore(access, faults: 0) { server, effects in
      effects.isEmpty || server.objects(Job.self).isEmpty ? nil : "the target was dropped below its Job"
    }
    #expect(report.violation == nil && report.isExhausted, "\(report)")
  }

  @Test func `no fault leaves anything behind`() throws {
    let report = try explore(.delete, faults: 1)
    #expect(report.violation == nil && report.isExhausted && report.cases > 20, "\(report)")
  }
}

extension ObjectMeta {
  fileprivate func labeled(_ labels: [String: String]) -> ObjectMeta {
    var metadata = self
    metadata.labels = labels
    return metadata
  }
}
