public import KubeCore
import KubeKindsBatch
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The Job controller: creates pods until enough have succeeded, or too many have failed; deletes
/// finished Jobs after their time to live.
public struct JobController: RequestingController {
  /// The controller's name.
  public let name = "job controller"
  /// The kinds that it reads.
  public let kinds = [Job.type, Pod.type]

  /// Creates a controller.
  public init() {}

  /// The requests for missing pods, Jobs whose time to live has passed, and each Job's status.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    server.objects(Job.type).flatMap { object -> [KubeRequest] in
      guard object.metadata.deletionTimestamp == nil, let job = try? object.decode(Job.self) else {
        return []
      }
      let pods: [Pod] = Workload.owned(by: job.metadata, in: server)
      if let finished = job.finishedCondition?.lastTransitionTime {
        guard let life = job.spec.ttlSecondsAfterFinished,
          time.timeIntervalSince(finished) >= Double(life)
        else { return [] }
        return [Workload.delete(job)]
      }
      return JobRun(job: job, pods: pods, time: time).requests(object)
    }
  }
}

/// An unfinished Job and its pods.
private struct JobRun {
  let job: Job
  let pods: [Pod]
  let time: Date

  private var succeeded: Int { pods.filter { $0.status.phase == "Succeeded" }.count }
  private var failed: Int { pods.filter { $0.status.phase == "Failed" }.count }
  private var active: [Pod] { pods.filter(\.isLiving) }
  private var wanted: Int { Int(job.spec.completions ?? job.spec.parallelism ?? 1) }
  private var isSuspended: Bool { job.spec.suspend ?? false }

  /// The condition by which the Job ends now; `nil` while it continues.
  private var end: (type: String, reason: String, message: String)? {
    if succeeded >= wanted, active.isEmpty || job.spec.completions != nil {
      return ("Complete", "CompletionsReached", "Reached expected number of succeeded pods")
    }
    if failed > Int(job.spec.backoffLimit ?? 6) {
      return ("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
    }
    if let limit = job.spec.activeDeadlineSeconds, let started = job.status.startTime, !isSuspended,
      time.timeIntervalSince(started) >= Double(limit)
    {
      return ("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
    }
    return nil
  }

  func requests(_ object: DynamicObject) -> [KubeRequest] {
    let end = end
    var requests: [KubeRequest] = []
    if end != nil || isSuspended {
      requests = active.map { Workload.delete($0) }
    } else {
      let parallelism = max(0, Int(job.spec.parallelism ?? 1))
      let room = min(parallelism, wanted - succeeded) - active.count
      // Without a number of completions, one success ends the work and the other pods run to their
      // end.
      let isRunningOut = job.spec.completions == nil && succeeded > 0
      if room > 0, !isRunningOut {
        requests += Workload.names(job.metadata.name, count: room, taken: Set(pods.map(\.metadata.name)))
          .compactMap { name in
            Workload.create(
              pod: name, of: job, from: job.spec.template,
              labels: [
                "batch.kubernetes.io/job-name": job.metadata.name, "job-name": job.metadata.name,
                "batch.kubernetes.io/controller-uid": job.metadata.uid ?? "",
                "controller-uid": job.metadata.uid ?? "",
              ])
          }
      }
    }
    var conditions = ConditionWriter(job.status.conditions, at: time)
    if let end { conditions.set(end.type, .true, reason: end.reason, message: end.message) }
    if isSuspended {
      conditions.set("Suspended", .true, reason: "JobSuspended", message: "Job suspended")
    } else if conditions.conditions.isTrue("Suspended") {
      conditions.set("Suspended", .false, reason: "JobResumed", message: "Job resumed")
    }
    let now = Timestamp(time).json
    let count: (Int) -> JSONValue = { $0 == 0 ? .null : .integer($0) }
    let status: JSONValue = [
      "active": count(end == nil && !isSuspended ? active.count : 0), "succeeded": count(succeeded),
      "failed": count(failed),
      "startTime": isSuspended ? .null : job.status.startTime.map { Timestamp($0).json } ?? now,
      "completionTime": end?.type == "Complete" ? now : .null,
      "conditions": conditions.conditions.isEmpty ? .null : conditions.json,
    ]
    return requests
      + [KubeRequest.status(status, of: object, type: Job.type, by: Workload.manager)].compactMap { $0 }
  }
}
