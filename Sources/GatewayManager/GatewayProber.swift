import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime
import KubeTransport

/// Lists `clustergateways` on the path of the gateway's users, for as long as plans need to know
/// whether the gateway serves.
///
/// Only the status counts, and that the answer is a list: the objects hold credentials, so only
/// metadata is requested, and nothing is kept or logged.
struct GatewayProber: Sendable {
  /// The result of one attempt; `nil` if it shows nothing about the gateway.
  typealias Answer = Bool?

  let client: KubeClient
  /// The current policy.
  let policy: @Sendable () -> ProbePolicy
  /// The current probe.
  let probe: @Sendable () -> ServingProbe?
  /// Records after an attempt whether the gateway serves; `nil` if that isn't known.
  let record: @Sendable (_ serves: Bool?, _ probe: ServingProbe) -> Void
  /// Whether the gateway is reported not to serve.
  let isReportedBroken: @Sendable () -> Bool
  /// Records that no further attempt of the probe is awaited: there is a verdict, or the last
  /// attempt doesn't contradict the report.
  let recordEnd: @Sendable (_ probe: ServingProbe) -> Void
  /// Records that the hub forbids the probe, or with `nil` that it allows it.
  let recordRefusal: @Sendable (Refusal?) -> Void

  /// Probes until the task is cancelled.
  func run() async {
    let clock = ContinuousClock()
    var asked: ServingProbe?
    var next = clock.now
    var answers = ServingAnswers()
    while !Task.isCancelled {
      let policy = policy()
      let wanted = probe()
      // The same one, requested again, waits until an interval after its last answer.
      if let wanted, wanted != asked {
        (asked, next) = (wanted, clock.now)
      }
      if let wanted, next <= clock.now {
        let answer = await ask(timeout: policy.timeout * 4)
        let serves = answer.flatMap { answers.record($0, to: wanted, threshold: policy.failureThreshold) }
        record(serves, wanted)
        if serves != nil || answer == nil || answer == true && !isReportedBroken() { recordEnd(wanted) }
        next = clock.now
        switch (answer, serves) {
        case (true, nil): next += policy.repeatDelay
        case (false, _): next += policy.interval / 3
        default: next += policy.interval
        }
      }
      try? await clock.sleep(for: min(.milliseconds(250), policy.interval))
    }
  }

  /// Probes the gateway once.
  func ask(timeout: Duration) async -> Answer {
    await withTaskGroup(of: Answer.self) { group in
      group.addTask { await answer() }
      group.addTask {
        try? await client.clock.sleep(for: timeout)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  /// The maximum size of a list, in bytes: more than the metadata of 10,000 clusters take, and a
  /// part of the manager's memory.
  private static let maximumBytes = 32 << 20

  private func answer(metadataOnly: Bool = true) async -> Answer {
    var client = client
    client.limits.responseBytes = Self.maximumBytes
    let selection = ResourceSelection(ClusterGateway.type, isMetadataOnly: metadataOnly)
    var request = KubeRequest.list(selection, limit: 1)
    // Another pod may answer a repetition.
    request.isRepeatable = false
    do {
      let kind = try await client.json(request)?["kind"]?.string
      recordRefusal(nil)
      return kind?.hasSuffix("List") ?? false ? true : nil
    } catch let error as KubeError where error.isMissingRight {
      recordRefusal(
        Refusal(
          verb: "list", target: ObjectKey(ClusterGateway.type, name: ""), cause: .rightsMissing,
          message: error.serverMessage))
      return nil
    } catch let error as KubeError where error.httpStatus == 503 {
      return false
    } catch let error as KubeError where error.httpStatus == 406 && metadataOnly {
      return await answer(metadataOnly: false)
    } catch {
      return nil
    }
  }
}
