/// One thing that can go wrong between a client and an API server.
public enum Fault: Sendable, Hashable, CustomStringConvertible {
  /// The request waits so long, and then goes its way.
  case delay(Duration)
  /// The server refuses with this HTTP status and a `Status` of this reason; nothing is carried out.
  case refusal(status: Int, reason: String, retryAfterSeconds: Int? = nil)
  /// The server refuses with 403 and these words, as an admission webhook or a quota makes it do; nothing is
  /// carried out.
  case denial(message: String)
  /// No connection can be made: nothing is sent, and the error says so.
  case connectionFailed
  /// The connection breaks before the server has read the request; the client can't know.
  case requestLost
  /// The connection breaks after the server has carried the request out.
  case responseLost
  /// The request never arrives, and nobody says so.
  case requestHangs
  /// The server carries the request out, and the response never arrives.
  case responseHangs
  /// The connection breaks after so many bytes of the response's body.
  case bodyCut(afterBytes: Int)
  /// After so many bytes of the response's body nothing comes any more.
  case bodyHangs(afterBytes: Int)
  /// After so many bytes of the response's body the rest is held back so long: events that come late.
  case bodyHeld(afterBytes: Int, for: Duration)
  /// The server has forgotten the past: a watch from a resourceVersion, the next page of a list and a list of the
  /// past end with 410. Requests that ask for no past go their way.
  case historyCompacted
  /// A list shows its objects as they were so many resourceVersions ago, as a watch cache that lags behind does.
  /// Requests for anything else, and lists of what the server has forgotten, go their way.
  case staleList(versionsAgo: UInt64)

  /// 409: somebody else was faster.
  public static let conflict = Fault.refusal(status: 409, reason: "Conflict")
  /// 500, with a reason.
  public static let internalError = Fault.refusal(status: 500, reason: "InternalError")
  /// 429 with `Retry-After`.
  public static func tooManyRequests(retryAfterSeconds: Int) -> Fault {
    .refusal(status: 429, reason: "TooManyRequests", retryAfterSeconds: retryAfterSeconds)
  }

  /// An admission webhook's refusal.
  public static func admissionDenied(
    by webhook: String = "validate.example.org", because reason: String = "an injected fault"
  ) -> Fault {
    .denial(message: "admission webhook \"\(webhook)\" denied the request: \(reason)")
  }
  /// A quota that is used up.
  public static func quotaExceeded(_ quota: String = "quota") -> Fault {
    .denial(message: "exceeded quota: \(quota): an injected fault")
  }

  /// Those that mostly pass: what doesn't wait for a client's patience to end and says nothing of what the client
  /// may do or of the past.
  public static let prompt: [Fault] = [
    .delay(.milliseconds(2)), .conflict, .internalError, .tooManyRequests(retryAfterSeconds: 1),
    .connectionFailed, .requestLost, .responseLost, .bodyCut(afterBytes: 0), .bodyCut(afterBytes: 40),
  ]
  /// Refusals that no repetition changes, as long as the rules of the cluster stay the same.
  public static let denials: [Fault] = [.admissionDenied(), .quotaExceeded()]
  /// What a client that follows the server's state must bear: late, old and forgotten news.
  public static let views: [Fault] = [
    .bodyHeld(afterBytes: 0, for: .milliseconds(2)), .bodyHeld(afterBytes: 300, for: .milliseconds(2)),
    .historyCompacted, .staleList(versionsAgo: 1), .staleList(versionsAgo: 10),
  ]
  /// Those that end only with the client's patience.
  public static let hanging: [Fault] = [.requestHangs, .responseHangs, .bodyHangs(afterBytes: 40)]

  /// The fault in words.
  public var description: String {
    switch self {
    case .delay(let duration): "delayed by \(duration)"
    case .refusal(let status, let reason, let seconds):
      "\(status) \(reason)\(seconds.map { ", retry after \($0) s" } ?? "")"
    case .denial(let message): "403 Forbidden: \(message)"
    case .connectionFailed: "no connection"
    case .requestLost: "connection lost before the request was read"
    case .responseLost: "connection lost after the request was carried out"
    case .requestHangs: "request never arrives"
    case .responseHangs: "response never arrives"
    case .bodyCut(let bytes): "body cut after \(bytes) bytes"
    case .bodyHangs(let bytes): "body hangs after \(bytes) bytes"
    case .bodyHeld(let bytes, let duration): "body held after \(bytes) bytes for \(duration)"
    case .historyCompacted: "410 Expired: history compacted"
    case .staleList(let versions): "list as of \(versions) resourceVersions ago"
    }
  }
}

/// What goes wrong with which request, as a value: the same plan and the same requests give the same faults.
public struct FaultPlan: Sendable, Hashable {
  /// Which requests a plan counts.
  public enum Scope: Sendable, Hashable {
    /// All.
    case everything
    /// Those that change nothing, watches excepted.
    case reads
    /// Those that may change something.
    case writes
    /// Those that open a watch.
    case watches

    /// Whether `request` is one of them.
    public func contains(_ request: KubeRequest) -> Bool {
      switch self {
      case .everything: true
      case .reads: !request.isWrite && !request.isWatch
      case .writes: request.isWrite
      case .watches: request.isWatch
      }
    }
  }

  /// The requests that are counted.
  public var scope: Scope
  /// What becomes of the counted request of this number, from 0 on.
  public var faults: [Int: Fault]
  /// What becomes of all others; `nil` for nothing.
  public var otherwise: Fault?

  /// A plan.
  public init(_ faults: [Int: Fault] = [:], scope: Scope = .everything, otherwise: Fault? = nil) {
    self.scope = scope
    self.faults = faults
    self.otherwise = otherwise
  }

  /// A plan drawn from `seed`: `count` faults among the first `requests` requests, each one of `kinds`.
  public init(
    seed: UInt64, count: Int, among requests: Int, scope: Scope = .everything, kinds: [Fault] = Fault.prompt
  ) {
    var generator = SplitMix64(state: seed)
    var faults: [Int: Fault] = [:]
    let wanted = min(count, requests)
    while faults.count < wanted, let kind = kinds.randomElement(using: &generator) {
      faults[Int.random(in: 0..<requests, using: &generator)] = kind
    }
    self.init(faults, scope: scope)
  }

  /// What becomes of the counted request of this number.
  public func fault(at number: Int) -> Fault? { faults[number] ?? otherwise }
}

/// A generator of numbers that a seed determines (Steele, Lea and Flood: "Fast splittable pseudorandom number
/// generators", 2014).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
