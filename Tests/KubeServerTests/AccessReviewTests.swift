import KubeCore
import KubeTransport
import Synchronization
import Testing

@testable import KubeServer

/// The decisions of `AccessReview` against an API server with RBAC.
@Suite(.timeLimit(.minutes(5))) struct AccessReviewTests {
  private let log = CapturedLog()
  private let clock = SettableClock()

  private func review(_ reviewers: Reviewers, limits: AccessReview.Limits = .init()) -> AccessReview {
    AccessReview(reviewers.client, limits: limits, clock: clock, logger: log.logger)
  }

  @Test func `a token's right decides`() async throws {
    let reviewers = try await Reviewers()
    let access = review(reviewers)
    let good = try await reviewers.token(of: "prometheus", mayGet: ["/metrics"])
    let rightless = try await reviewers.token(of: "visitor", mayGet: ["/healthz"])
    #expect(await access.verdict(path: "/metrics", authorization: "Bearer \(good)") == .allowed)
    #expect(await access.verdict(path: "/metrics", authorization: "bearer  \(good)") == .allowed)
    #expect(
      await access.verdict(path: "/metrics", authorization: "Bearer \(rightless)")
        == .forbidden(user: "system:serviceaccount:default:visitor"))
    // The right is one to a path.
    #expect(
      await access.verdict(path: "/debug/state", authorization: "Bearer \(good)")
        == .forbidden(user: "system:serviceaccount:default:prometheus"))
  }

  @Test(arguments: [nil, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "a-token"])
  func `a request without a bearer token is not reviewed`(header: String?) async throws {
    let reviewers = try await Reviewers()
    #expect(await review(reviewers).verdict(path: "/metrics", authorization: header) == .unauthenticated)
    #expect(reviewers.requests("tokenreviews") == 0)
  }

  @Test func `an unknown token is refused`() async throws {
    let reviewers = try await Reviewers()
    let good = try await reviewers.token(of: "prometheus", mayGet: ["/metrics"])
    for token in ["x", "x.y.z", good + "x", String(good.dropLast(4))] {
      #expect(
        await review(reviewers).verdict(path: "/metrics", authorization: "Bearer \(token)")
          == .unauthenticated, "\(token.count)")
    }
    #expect(reviewers.requests("subjectaccessreviews") == 0)
  }

  @Test func `answers are kept for a time, permissions longer than refusals`() async throws {
    let reviewers = try await Reviewers()
    let access = review(reviewers)
    let token = try await reviewers.token(of: "prometheus", mayGet: [])
    let header = "Bearer \(token)"
    let refused = AccessReview.Verdict.forbidden(user: "system:serviceaccount:default:prometheus")
    #expect(await access.verdict(path: "/metrics", authorization: header) == refused)
    try await reviewers.grant("prometheus", [PolicyRule(verbs: ["get"], nonResourceURLs: ["/metrics"])])
    clock.advance(by: .seconds(9))
    #expect(await access.verdict(path: "/metrics", authorization: header) == refused)
    #expect(reviewers.requests("tokenreviews") == 1)
    clock.advance(by: .seconds(1))
    #expect(await access.verdict(path: "/metrics", authorization: header) == .allowed)

    try await reviewers.withdraw(from: "prometheus")
    clock.advance(by: .seconds(59))
    #expect(await access.verdict(path: "/metrics", authorization: header) == .allowed)
    #expect(reviewers.requests("tokenreviews") == 2)
    clock.advance(by: .seconds(1))
    #expect(await access.verdict(path: "/metrics", authorization: header) == refused)
    #expect(reviewers.requests("tokenreviews") == 3)
  }

  @Test(arguments: [
    Reviewers.Mood.hanging, .refusing("tokenreviews", 500), .refusing("subjectaccessreviews", 503),
    .refusing("tokenreviews", 403), .refusing("subjectaccessreviews", 403), .refusing("tokenreviews", 422),
  ]) func `without an answer nothing is permitted, and nothing is kept`(mood: Reviewers.Mood) async throws {
    let reviewers = try await Reviewers()
    let access = review(reviewers, limits: .init(timeout: .milliseconds(mood == .hanging ? 50 : 60_000)))
    let token = try await reviewers.token(of: "prometheus", mayGet: ["/metrics"])
    reviewers.door.mood.withLock { $0 = mood }
    #expect(await access.verdict(path: "/metrics", authorization: "Bearer \(token)") == .unavailable)
    #expect(log.text.contains("/metrics"), "\(log.text)")
    #expect(!log.text.contains(token))
    reviewers.door.mood.withLock { $0 = .well }
    let generous = review(reviewers)
    #expect(await generous.verdict(path: "/metrics", authorization: "Bearer \(token)") == .allowed)
    if mood != .hanging {
      #expect(await access.verdict(path: "/metrics", authorization: "Bearer \(token)") == .allowed)
    }
  }

  @Test func `the number of reviews at a time is bounded`() async throws {
    let reviewers = try await Reviewers()
    let access = review(reviewers, limits: .init(concurrency: 2, timeout: .seconds(60)))
    reviewers.door.mood.withLock { $0 = .hanging }
    for number in 0..<2 {
      Task { await access.verdict(path: "/metrics", authorization: "Bearer token-\(number)") }
    }
    while reviewers.requests("tokenreviews") < 2 { await Task.yield() }
    #expect(await access.verdict(path: "/metrics", authorization: "Bearer token-3") == .unavailable)
    #expect(reviewers.requests("tokenreviews") == 2)
  }

  @Test func `a full cache gives up the answer that ends first`() {
    var cache = AnswerCache(capacity: 2)
    let keys = (0..<4).map { AnswerCache.Key(path: "/metrics", token: "\($0)") }
    cache.keep(.allowed, for: keys[0], until: .seconds(60), at: .zero)
    cache.keep(.unauthenticated, for: keys[1], until: .seconds(10), at: .zero)
    cache.keep(.unauthenticated, for: keys[2], until: .seconds(11), at: .seconds(1))
    #expect(cache.count == 2)
    #expect(cache.verdict(keys[0], at: .seconds(1)) == .allowed)
    #expect(cache.verdict(keys[1], at: .seconds(1)) == nil)
    #expect(cache.verdict(keys[2], at: .seconds(1)) == .unauthenticated)
    // Those that no longer hold go first, and aren't found.
    #expect(cache.verdict(keys[0], at: .seconds(60)) == nil)
    cache.keep(.allowed, for: keys[3], until: .seconds(130), at: .seconds(70))
    #expect(cache.count == 1)
  }

  @Test func `an answer is one to a token and a path`() {
    let key = AnswerCache.Key(path: "/metrics", token: "a")
    #expect(key == AnswerCache.Key(path: "/metrics", token: "a"))
    #expect(key != AnswerCache.Key(path: "/metrics", token: "b"))
    #expect(key != AnswerCache.Key(path: "/debug/state", token: "a"))
    #expect(!"\(key)".contains("/metrics"))
  }
}
