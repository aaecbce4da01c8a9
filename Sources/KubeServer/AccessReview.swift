import KubeCore
import KubeKindsAuthentication
import KubeKindsAuthorization
public import KubeTransport
public import Logging
import Synchronization

/// Decides whether a request's bearer token may get a path, as the API server does: a TokenReview
/// finds the user, and a SubjectAccessReview the right (a rule with `nonResourceURLs` and the verb
/// `get`).
///
/// Without an answer of the API server nothing is permitted. Answers are kept for a short time, so
/// that a withdrawn right ends within ``Limits/allowedLifetime``. Tokens are neither kept nor
/// logged: answers are found by a digest.
public final class AccessReview: Sendable {
  /// The limits of the kept answers, and of the work.
  public struct Limits: Sendable, Hashable {
    /// The time for which a permission is kept.
    public var allowedLifetime: Duration
    /// The time for which a refusal is kept.
    public var refusedLifetime: Duration
    /// The maximum number of kept answers.
    public var answers: Int
    /// The maximum number of reviews at a time; requests that would need more are answered as if
    /// the API server didn't answer.
    public var concurrency: Int
    /// The maximum time of a review.
    public var timeout: Duration

    /// Creates limits.
    public init(
      allowedLifetime: Duration = .seconds(60), refusedLifetime: Duration = .seconds(10),
      answers: Int = 1000, concurrency: Int = 16, timeout: Duration = .seconds(5)
    ) {
      self.allowedLifetime = allowedLifetime
      self.refusedLifetime = refusedLifetime
      self.answers = answers
      self.concurrency = concurrency
      self.timeout = timeout
    }
  }

  /// The answer to a request.
  public enum Verdict: Sendable, Hashable {
    /// The user may get the path.
    case allowed
    /// There is no token, or the API server doesn't know it.
    case unauthenticated
    /// The user of this name may not get the path.
    case forbidden(user: String)
    /// The API server didn't answer.
    case unavailable
  }

  private struct State {
    var answers: AnswerCache
    var running: [AnswerCache.Key: Task<Verdict, Never>] = [:]
  }

  private let client: KubeClient
  private let limits: Limits
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let state: Mutex<State>

  /// Creates a review.
  ///
  /// - Parameters:
  ///   - client: The client, whose user may create TokenReviews and SubjectAccessReviews.
  ///   - limits: The limits of the kept answers, and of the work.
  ///   - clock: The clock of the kept answers.
  ///   - logger: Logs reviews that failed; it never gets tokens.
  public init(
    _ client: KubeClient, limits: Limits = Limits(), clock: some Clock<Duration> = ContinuousClock(),
    logger: Logger
  ) {
    self.client = client
    self.limits = limits
    self.logger = logger
    stopwatch = Stopwatch(clock)
    state = Mutex(State(answers: AnswerCache(capacity: limits.answers)))
  }

  /// Returns the verdict on a request for `path`.
  ///
  /// - Parameters:
  ///   - path: The path, such as `/metrics`.
  ///   - authorization: The request's `Authorization` header.
  public func verdict(path: String, authorization: String?) async -> Verdict {
    guard let token = authorization.flatMap(Self.bearerToken) else { return .unauthenticated }
    let key = AnswerCache.Key(path: path, token: token)
    let now = stopwatch.elapsed
    let step: (known: Verdict?, task: Task<Verdict, Never>?) = state.withLock { state in
      if let known = state.answers.verdict(key, at: now) { return (known, nil) }
      if let task = state.running[key] { return (nil, task) }
      guard state.running.count < limits.concurrency else { return (.unavailable, nil) }
      // Its own task: other requests with this token wait for it, too.
      let task = Task { await self.review(key, path: path, token: token) }
      state.running[key] = task
      return (nil, task)
    }
    if let known = step.known { return known }
    return await step.task?.value ?? .unavailable
  }

  /// The token of an `Authorization` header (RFC 6750); `nil` for another scheme.
  static func bearerToken(_ authorization: String) -> String? {
    let words = authorization.split(separator: " ", omittingEmptySubsequences: true)
    guard words.count == 2, let scheme = words.first, let token = words.last,
      scheme.lowercased() == "bearer"
    else { return nil }
    return String(token)
  }

  // MARK: Reviews

  private func review(_ key: AnswerCache.Key, path: String, token: String) async -> Verdict {
    let verdict: Verdict
    do {
      verdict = try await inTime { try await self.ask(path: path, token: token) }
    } catch {
      logger.warning(
        "A request for \(path) is refused, as the API server didn't say whether it is permitted: \(Self.summary(error))"
      )
      verdict = .unavailable
    }
    let now = stopwatch.elapsed
    state.withLock { state in
      state.running[key] = nil
      switch verdict {
      case .allowed: state.answers.keep(verdict, for: key, until: now + limits.allowedLifetime, at: now)
      case .unauthenticated, .forbidden:
        state.answers.keep(verdict, for: key, until: now + limits.refusedLifetime, at: now)
      case .unavailable: break
      }
    }
    return verdict
  }

  private func ask(path: String, token: String) async throws -> Verdict {
    let identity = try await TokenReviewStatus(
      from: status(of: TokenReview(spec: TokenReviewSpec(token: token))))
    guard identity.authenticated == true, let name = identity.user.username, !name.isEmpty else {
      return .unauthenticated
    }
    let user = identity.user
    let review = SubjectAccessReview(
      spec: SubjectAccessReviewSpec(
        nonResourceAttributes: NonResourceAttributes(path: path, verb: "get"), user: name,
        groups: user.groups, extra: user.extra, uid: user.uid))
    let right = try await SubjectAccessReviewStatus(from: status(of: review))
    return right.allowed && right.denied != true ? .allowed : .forbidden(user: name)
  }

  /// Sends a review, and returns the reader of its status. The response has no name, unlike an
  /// object that is kept.
  private func status<Review: KubeObject>(of review: Review) async throws -> FieldReader {
    let request = KubeRequest.create(review.key, review.json)
    let json = try await client.json(request)
    guard let json, json["kind"]?.string == Review.type.kind,
      json["apiVersion"]?.string == Review.type.apiVersion
    else {
      throw KubeError(
        code: .badResponse, request: .init(request), message: "the response is no \(Review.type.kind)")
    }
    return FieldReader(json)["status"]
  }

  private struct TimedOut: Error {}

  /// Returns what `body` returns, or throws when it takes longer than ``Limits/timeout``.
  private func inTime(_ body: @escaping @Sendable () async throws -> Verdict) async throws -> Verdict {
    let timeout = limits.timeout
    return try await withThrowingTaskGroup(of: Verdict.self) { group in
      group.addTask(operation: body)
      group.addTask {
        try await Task.sleep(for: timeout)
        throw TimedOut()
      }
      defer { group.cancelAll() }
      guard let verdict = try await group.next() else { throw CancellationError() }
      return verdict
    }
  }

  /// The failure without the server's message, which could quote the request.
  private static func summary(_ error: any Error) -> String {
    switch error {
    case let error as KubeError:
      let status = error.httpStatus.map { " (HTTP status \($0))" } ?? ""
      return "\(error.request): \(error.code)\(status)"
    case is TimedOut: return "no answer in time"
    default: return "\(type(of: error))"
    }
  }
}
