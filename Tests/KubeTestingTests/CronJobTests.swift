import Foundation
import KubeCore
import KubeKindsBatch
import KubeKindsCore
import KubeMemory
import KubeTesting
import Testing

@Suite struct CronJobTests {
  private func cronJob(_ change: (inout CronJobSpec) -> Void = { _ in }) -> CronJob {
    var template = template()
    template.spec.restartPolicy = "Never"
    var spec = CronJobSpec(
      schedule: "0 * * * *",
      jobTemplate: JobTemplateSpec(metadata: TemplateMeta(), spec: JobSpec(template: template)))
    change(&spec)
    return CronJob(metadata: metadata("hourly"), spec: spec)
  }

  @Test func `a CronJob makes one Job at a time of its schedule, and keeps the last three`() throws {
    var cluster = Cluster()
    cluster.create(cronJob())
    cluster.converge()
    #expect(cluster.server.objects(Job.self).isEmpty)
    let schedule = try #require(CronSchedule("0 * * * *"))
    for hour in 1...5 {
      cluster.now = try #require(schedule.next(after: cluster.now))
      cluster.converge()
      #expect(cluster.server.objects(Job.self).count == min(hour, 3))
      #expect(cluster.object(CronJob.self, "hourly")?.status.lastScheduleTime == cluster.now)
    }
    // Missed times are made up for by one Job.
    cluster.now += 10 * 3600
    cluster.converge()
    #expect(cluster.object(CronJob.self, "hourly")?.status.lastSuccessfulTime == cluster.now)
  }

  @Test(arguments: [("Forbid", 1), ("Allow", 2), ("Replace", 1)])
  func `a Job that still runs meets the concurrency policy`(policy: String, running: Int) {
    var cluster = Cluster(.workloads(kubelet: Kubelet(runTime: .seconds(36_000))))
    cluster.create(cronJob { $0.concurrencyPolicy = policy })
    for _ in 1...2 {
      cluster.now += 3600
      cluster.converge()
    }
    let jobs = cluster.server.objects(Job.self)
    #expect(jobs.count == running)
    #expect(cluster.object(CronJob.self, "hourly")?.status.active.count == running)
    let latest = "hourly-\(Int(cluster.now.timeIntervalSince1970) / 3600 * 60)"
    #expect(jobs.contains { $0.metadata.name == latest } == (policy != "Forbid"))
  }

  @Test func `a suspended CronJob makes none`() {
    var cluster = Cluster()
    cluster.create(cronJob { $0.suspend = true })
    cluster.now += 7200
    cluster.converge()
    #expect(cluster.server.objects(Job.self).isEmpty)
  }
}
