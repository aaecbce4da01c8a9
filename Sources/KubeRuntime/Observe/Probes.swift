/// What a process says of itself to the kubelet: whether it lives, and whether it is ready.
///
/// Kubernetes' own paths: `/livez`, `/healthz` and `/readyz`. A failed check is answered with 503; with
/// the query `verbose`, or on failure, the answer names the checks one by one.
public struct Probes: Sendable {
  /// One thing that must be in order; throws what is wrong, in words that may be shown to anybody.
  public struct Check: Sendable {
    /// The name, as the answer says it.
    public var name: String
    /// Throws where something is wrong. Must not wait for long.
    public var run: @Sendable () async throws -> Void

    /// A check.
    public init(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
      self.name = name
      self.run = run
    }

    /// A check that passes as soon as `store` has got its first list.
    public static func synced(_ name: String, _ store: ObjectStore) -> Check {
      Check(name) {
        guard store.isSynced else { throw Failed("the first list hasn't come") }
      }
    }
  }

  /// Why a check fails.
  public struct Failed: Error, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    /// A failure.
    public init(_ description: String) { self.description = description }
  }

  /// What a probe is answered.
  public struct Answer: Sendable, Hashable {
    /// The HTTP status: 200, or 503 where a check fails.
    public var status: Int
    /// Plain text.
    public var text: String
  }

  /// What must be in order, lest the process be restarted.
  public var liveness: [Check]
  /// What must be in order for the process to do its work.
  public var readiness: [Check]

  /// Probes; without checks, a process that answers at all lives and is ready.
  public init(liveness: [Check] = [], readiness: [Check] = []) {
    self.liveness = liveness
    self.readiness = readiness
  }

  /// The answer to a request for `path`; `nil` where it is none of the probes' paths.
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
        // Of an error of another type nobody knows what it shows.
        lines.append("[-]\(check.name) failed: \((error as? Failed)?.description ?? "see the log")")
      }
    }
    lines.append(hasFailed ? "failed" : "ok")
    let text = isVerbose || hasFailed ? lines.joined(separator: "\n") + "\n" : "ok"
    return Answer(status: hasFailed ? 503 : 200, text: text)
  }
}
