import Foundation
import KubeCore
import KubeKindsBatch
import KubeKindsCore
import KubeMemory
import KubeTesting
import Testing

@Suite struct CronJobTests {
  private func time(_ text: String) throws -> Date { try #require(Timestamp(rfc3339: text)).date }

  @Test(arguments: [
    ("*/15 * * * *", "2026-11-29T10:07:30Z", "2026-11-29T10:15:00Z"),
    ("0 3 * * *", "2026-11-29T03:00:00Z", "2026-11-30T03:00:00Z"),
    ("30 8-18/5 * * mon-fri", "2026-11-27T19:00:00Z", "2026-11-30T08:30:00Z"),
    ("0 0 13 * 5", "2026-11-10T00:00:00Z", "2026-11-13T00:00:00Z"),
    ("0 0 13 * 5", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"),
    ("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"),
    ("5/20 * * * 7", "2026-11-28T23:59:00Z", "2026-11-29T00:05:00Z"),
    ("@monthly", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
  ])
  func `the next time of a schedule`(schedule: String, after: String, expected: String) throws {
    let schedule = try #require(CronSchedule(schedule))
    #expect(try schedule.next(after: time(after)) == time(expected))
    let last = try schedule.last(notAfter: time(expected) + 30, notBefore: time(after))
    #expect(try last == time(expected))
  }

  @Test func `a schedule is one of its time zone's`() throws {
    let schedule = try #require(CronSchedule("30 2 * * *", timeZone: "Europe/Berlin"))
    #expect(try schedule.next(after: time("2026-07-01T12:00:00Z")) == time("2026-07-02T00:30:00Z"))
    // The night in which the clock goes forward has no half past two.
    #expect(try schedule.next(after: time("2026-03-28T12:00:00Z")) == time("2026-03-30T00:30:00Z"))
  }

  @Test(arguments: [
    "", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1,,2 * * * *",
  ])
  func `what is no schedule isn't read`(text: String) { #expect(CronSchedule(text) == nil) }

  @Test func `a day that never comes is none`() throws {
    #expect(try #require(CronSchedule("0 0 30 2 *")).next(after: Date(timeIntervalSince1970: 0)) == nil)
  }

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
    cluster.settle()
    #expect(cluster.server.objects(Job.self).isEmpty)
    let schedule = try #require(CronSchedule("0 * * * *"))
    for hour in 1...5 {
      cluster.now = try #require(schedule.next(after: cluster.now))
      cluster.settle()
      #expect(cluster.server.objects(Job.self).count == min(hour, 3))
      #expect(cluster.object(CronJob.self, "hourly")?.status.lastScheduleTime == cluster.now)
    }
    // Missed times are made up for by one Job.
    cluster.now += 10 * 3600
    cluster.settle()
    #expect(cluster.object(CronJob.self, "hourly")?.status.lastSuccessfulTime == cluster.now)
  }

  @Test(arguments: [("Forbid", 1), ("Allow", 2), ("Replace", 1)])
  func `a Job that still runs meets the concurrency policy`(policy: String, running: Int) {
    var cluster = Cluster(.workloads(kubelet: Kubelet(runTime: .seconds(36_000))))
    cluster.create(cronJob { $0.concurrencyPolicy = policy })
    for _ in 1...2 {
      cluster.now += 3600
      cluster.settle()
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
    cluster.settle()
    #expect(cluster.server.objects(Job.self).isEmpty)
  }
}
