/// The liveness and readiness checks of a process, for the kubelet.
///
/// The paths are Kubernetes' own: `/livez`, `/healthz` and `/readyz`. A failed check is answered
/// with 503; with the query `verbose`, or on failure, the answer lists the checks.
public struct Probes: Sendable {
  /// A check that throws ``Failed``, or another ``DisplayableError``, with a message for any
  /// client.
  public struct Check: Sendable {
    /// The name in answers.
    public var name: String
    /// Throws if the check fails. Must not wait for long.
    public var run: @Sendable () async throws -> Void

    /// Creates a check.
    public init(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
      self.name = name
      self.run = run
    }

    /// Returns a check that passes as soon as `store` has its first list.
    public static func synced(_ name: String, _ store: ObjectStore) -> Check {
      Check(name) {
        guard store.isSynced else { throw Failed("the first list isn't complete") }
      }
    }
  }

  /// The failure of a check.
  public struct Failed: DisplayableError, Sendable {
    /// The problem; may be shown to any client.
    public let description: String

    /// Creates a failure.
    public init(_ description: String) { self.description = description }
  }

  /// The answer to a probe.
  public struct Answer: Sendable, Hashable {
    /// The HTTP status: 200, or 503 if a check fails.
    public var status: Int
    /// The body, as plain text.
    public var text: String
  }

  /// The checks whose failure restarts the process.
  public var liveness: [Check]
  /// The checks whose failure keeps traffic from the process.
  public var readiness: [Check]

  /// Creates probes; without checks, a process that answers is live and ready.
  public init(liveness: [Check] = [], readiness: [Check] = []) {
    self.liveness = liveness
    self.readiness = readiness
  }

  /// Returns the answer to a request for `path`; `nil` if that is not a probe.
  public func answer(path: String, isVerbose: Bool = false) async -> Answer? {
    switch path {
    case "/livez", "/healthz": await answer(liveness, isVerbose: isVerbose)
    case "/readyz": await answer(readiness, isVerbose: isVerbose)
    default: nil
    }
  }

  private func answer(_ checks: [Check], isVerbose: Bool) async -> Answer {
    var lines: [String] = []
    var hasFailed = false
    for check in checks {
      do {
        try await check.run()
        lines.append("[+]\(check.name) ok")
      } catch {
        hasFailed = true
        lines.append(
          "[-]\(check.name) failed: \((error as? any DisplayableError)?.description ?? "see the log")")
      }
    }
    lines.append(hasFailed ? "failed" : "ok")
    let text = isVerbose || hasFailed ? lines.joined(separator: "\n") + "\n" : "ok"
    return Answer(status: hasFailed ? 503 : 200, text: text)
  }
}
