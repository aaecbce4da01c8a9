import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime
import KubeTransport

/// Asks the gateway for a list of `clustergateways`, by the way that its users go, for as long as plans want to
/// know whether it serves.
///
/// Of the answer only the status counts, and that it is a list: what gateways list holds their credentials, so
/// metadata alone are asked for, and nothing is kept or logged.
struct GatewayProber: Sendable {
  /// What one attempt has shown; `nil` where it shows nothing about the gateway.
  typealias Answer = Bool?

  let client: KubeClient
  /// How it is asked now.
  let policy: @Sendable () -> ProbePolicy
  /// The gateway that is to be asked now.
  let probe: @Sendable () -> ServingProbe?
  /// Takes in what an attempt has come to; `nil` where nothing can be said yet.
  let note: @Sendable (_ observation: ServingObservation?, _ probe: ServingProbe) -> Void
  /// Takes in that the hub doesn't let the manager ask, or `nil` that it does.
  let noteRefusal: @Sendable (Refusal?) -> Void

  /// Asks until the task is cancelled.
  func run() async {
    let clock = ContinuousClock()
    var asked: ServingProbe?
    var next = clock.now
    var failures = 0
    while !Task.isCancelled {
      let policy = policy()
      let wanted = probe()
      if wanted != asked {
        (asked, next, failures) = (wanted, clock.now, 0)
      }
      if let wanted, next <= clock.now {
        let answer = await ask(timeout: policy.timeout * 4)
        failures = answer == false ? min(failures + 1, policy.failureThreshold) : 0
        // Once is no outage.
        let isClear = answer == true || failures >= policy.failureThreshold
        note(isClear ? ServingObservation(probe: wanted, serves: answer == true) : nil, wanted)
        next = clock.now + (answer == false ? policy.interval / 3 : policy.interval)
      }
      try? await clock.sleep(for: min(.milliseconds(250), policy.interval))
    }
  }

  /// One attempt.
  func ask(timeout: Duration) async -> Answer {
    await withTaskGroup(of: Answer.self) { group in
      group.addTask { await answer() }
      // What is below tries again and again before it shows a 503.
      group.addTask {
        try? await client.clock.sleep(for: timeout)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  private func answer(metadataOnly: Bool = true) async -> Answer {
    let selection = ResourceSelection(ClusterGateway.type, isMetadataOnly: metadataOnly)
    do {
      let kind = try await client.json(.list(selection, limit: 1))?["kind"]?.string
      noteRefusal(nil)
      return kind?.hasSuffix("List") ?? false ? true : nil
    } catch let error as KubeError where error.isMissingRight {
      noteRefusal(
        Refusal(
          verb: "list", target: ObjectKey(ClusterGateway.type, name: ""), cause: .rightsMissing,
          message: String((error.status?.message ?? "\(error)").prefix(Refusal.maximumMessage))))
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
