/// A fault between a client and an API server, for a ``FaultTransport``.
public enum Fault: Sendable, Hashable, CustomStringConvertible {
  /// The request is delayed and then sent.
  case delay(Duration)
  /// The server refuses with this HTTP status and a `Status` of this reason, and doesn't execute
  /// the request.
  case refusal(status: Int, reason: String, retryAfterSeconds: Int? = nil)
  /// The server refuses with 403 and this message, like an admission webhook or a quota, and
  /// doesn't execute the request.
  case denial(message: String)
  /// No connection can be established: nothing is sent, and the error states that.
  case connectionFailed
  /// The connection breaks before the server has read the request; the client can't know that.
  case requestLost
  /// The connection breaks after the server has executed the request.
  case responseLost
  /// The request never arrives, without any error.
  case requestHangs
  /// The server executes the request, and the response never arrives.
  case responseHangs
  /// The connection breaks after this many bytes of the response's body.
  case bodyCut(afterBytes: Int)
  /// Nothing arrives after this many bytes of the response's body.
  case bodyHangs(afterBytes: Int)
  /// The rest of the response's body is delayed after this many bytes: late events.
  case bodyHeld(afterBytes: Int, for: Duration)
  /// The server has compacted its history: a watch from a resourceVersion, the next page of a list
  /// and a list of an old resourceVersion end with 410. Other requests are sent.
  case historyCompacted
  /// A list shows the objects of an older resourceVersion, like a lagging watch cache. Other
  /// requests, and lists of what the server has compacted, are sent unchanged.
  case staleList(versionsAgo: UInt64)

  /// A 409: another client was faster.
  public static let conflict = Fault.refusal(status: 409, reason: "Conflict")
  /// A 500 with a reason.
  public static let internalError = Fault.refusal(status: 500, reason: "InternalError")
  /// A 429 with `Retry-After`.
  public static func tooManyRequests(retryAfterSeconds: Int) -> Fault {
    .refusal(status: 429, reason: "TooManyRequests", retryAfterSeconds: retryAfterSeconds)
  }

  /// A refusal by an admission webhook.
  public static func admissionDenied(
    by webhook: String = "validate.example.org", because reason: String = "an injected fault"
  ) -> Fault {
    .denial(message: "admission webhook \"\(webhook)\" denied the request: \(reason)")
  }
  /// A refusal by an exhausted quota.
  public static func quotaExceeded(_ quota: String = "quota") -> Fault {
    .denial(message: "exceeded quota: \(quota): an injected fault")
  }

  /// The faults that usually pass: they don't wait for a client's timeout and concern neither
  /// permissions nor history.
  public static let prompt: [Fault] = [
    .delay(.milliseconds(2)), .conflict, .internalError, .tooManyRequests(retryAfterSeconds: 1),
    .connectionFailed, .requestLost, .responseLost, .bodyCut(afterBytes: 0), .bodyCut(afterBytes: 40),
  ]
  /// The refusals that no repetition changes as long as the cluster's rules stay the same.
  public static let denials: [Fault] = [.admissionDenied(), .quotaExceeded()]
  /// The faults that end only with the client's timeout.
  public static let hanging: [Fault] = [.requestHangs, .responseHangs, .bodyHangs(afterBytes: 40)]

  /// The fault as text for messages.
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

/// A plan of faults by request, as a value: the same plan and the same requests give the same
/// faults.
public struct FaultPlan: Sendable, Hashable {
  /// The requests that a plan counts.
  public enum Scope: Sendable, Hashable {
    /// All requests.
    case everything
    /// Requests that change nothing, except watches.
    case reads
    /// Requests that may change something.
    case writes
    /// Requests that open a watch.
    case watches

    /// Whether the scope includes `request`.
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
  /// The faults by number of the counted request, from 0 on.
  public var faults: [Int: Fault]
  /// The fault of all other requests; `nil` for none.
  public var otherwise: Fault?

  /// Creates a plan.
  public init(_ faults: [Int: Fault] = [:], scope: Scope = .everything, otherwise: Fault? = nil) {
    self.scope = scope
    self.faults = faults
    self.otherwise = otherwise
  }

  /// Creates a plan from `seed`: `count` faults among the first `requests` requests, each one of
  /// `kinds`.
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

  /// The fault of the counted request of this number.
  public func fault(at number: Int) -> Fault? { faults[number] ?? otherwise }
}

/// A deterministic generator of pseudorandom numbers (Steele, Lea and Flood: "Fast splittable
/// pseudorandom number generators", 2014).
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
