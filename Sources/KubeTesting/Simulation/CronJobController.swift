public import KubeCore
import KubeKindsBatch
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The CronJob controller: creates a Job for the last time of the schedule that has come, and none
/// for those that were missed.
///
/// The test sets the clock: `CronSchedule.next(after:)` returns the next time.
public struct CronJobController: RequestingController {
  /// The controller's name.
  public let name = "cron job controller"
  /// The kinds that it reads.
  public let kinds = [CronJob.type, Job.type]

  /// Creates a controller.
  public init() {}

  /// The requests for due Jobs, finished Jobs beyond the history's limits, and each CronJob's
  /// status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(CronJob.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let cronJob = try? object.decode(CronJob.self) else {
        return []
      }
      let jobs: [Job] = Workload.owned(by: cronJob.metadata, in: server)
      return history(cronJob, jobs) + start(cronJob, object, jobs: jobs, at: time)
    }
  }

  private func history(_ cronJob: CronJob, _ jobs: [Job]) -> [KubeRequest] {
    func surplus(_ type: String, _ limit: Int32) -> [KubeRequest] {
      let finished = jobs.filter { $0.status.conditions.isTrue(type) && $0.metadata.deletionTimestamp == nil }
        .sorted {
          ($0.status.startTime ?? .distantPast, $0.metadata.name) < (
            $1.status.startTime ?? .distantPast, $1.metadata.name
          )
        }
      return finished.dropLast(max(0, Int(limit))).map { Workload.delete($0) }
    }
    return surplus("Complete", cronJob.spec.successfulJobsHistoryLimit ?? 3)
      + surplus("Failed", cronJob.spec.failedJobsHistoryLimit ?? 1)
  }

  private func start(_ cronJob: CronJob, _ object: DynamicObject, jobs: [Job], at time: Date)
    -> [KubeRequest]
  {
    let active = jobs.filter { !$0.isFinished && $0.metadata.deletionTimestamp == nil }
    var requests: [KubeRequest] = []
    var last = cronJob.status.lastScheduleTime
    if let due = dueTime(of: cronJob, at: time) {
      let name = "\(cronJob.metadata.name)-\(Int64(due.timeIntervalSince1970) / 60)"
      switch cronJob.spec.concurrencyPolicy {
      case "Forbid" where !active.isEmpty: break
      case "Replace" where !active.isEmpty && !active.contains(where: { $0.metadata.name == name }):
        return active.map { Workload.delete($0) }
      default:
        last = due
        if !jobs.contains(where: { $0.metadata.name == name }), let job = job(name, of: cronJob, at: due) {
          requests.append(.create(job.key, job.json, options: Workload.options))
        }
      }
    }
    let succeeded = jobs.compactMap(\.status.completionTime).max()
    let status = KubeRequest.status(
      [
        "active": active.isEmpty ? .null : active.map { reference($0) }.json,
        "lastScheduleTime": last.map { Timestamp($0).json } ?? .null,
        "lastSuccessfulTime": [succeeded, cronJob.status.lastSuccessfulTime].compactMap(\.self).max()
          .map { Timestamp($0).json } ?? .null,
      ], of: object, type: CronJob.type, by: Workload.manager)
    return requests + [status].compactMap { $0 }
  }

  /// The last time of the schedule without a Job, unless its deadline has passed.
  private func dueTime(of cronJob: CronJob, at time: Date) -> Date? {
    guard cronJob.spec.suspend != true,
      let schedule = CronSchedule(cronJob.spec.schedule, timeZone: cronJob.spec.timeZone),
      let since = cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp
    else { return nil }
    let earliest = cronJob.spec.startingDeadlineSeconds.map { time.addingTimeInterval(-Double($0)) }
    let due = schedule.last(notAfter: time, notBefore: max(since, earliest ?? since))
    return due.flatMap { $0 > since ? $0 : nil }
  }

  private func job(_ name: String, of cronJob: CronJob, at due: Date) -> Job? {
    guard let owner = cronJob.ownerReference(controller: true, blockOwnerDeletion: true) else { return nil }
    let template = cronJob.spec.jobTemplate
    return Job(
      metadata: ObjectMeta(
        name: name, namespace: cronJob.metadata.namespace, labels: template.metadata.labels,
        annotations: template.metadata.annotations.merging(
          ["batch.kubernetes.io/cronjob-scheduled-timestamp": Timestamp(due).description]) { $1 },
        ownerReferences: [owner]), spec: template.spec)
  }

  private func reference(_ job: Job) -> ObjectReference {
    ObjectReference(
      apiVersion: Job.type.apiVersion, kind: Job.type.kind, namespace: job.metadata.namespace,
      name: job.metadata.name, uid: job.metadata.uid)
  }
}
