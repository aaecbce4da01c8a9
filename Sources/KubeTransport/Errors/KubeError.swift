import HTTPTypes
public import KubeCore

/// What went wrong with a request to an API server, as one value for programs and people alike.
///
/// `code` is what programs look at. The description names the request, what the server said and what to do
/// about it.
/// Bodies are never part of it, neither what was sent nor what came back.
public struct KubeError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code in words.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// There is no such object, or the server doesn't know the kind.
    public static let notFound = Code("not found")
    /// An object of that name exists.
    public static let alreadyExists = Code("already exists")
    /// The object has changed since it was read.
    public static let conflict = Code("conflict")
    /// Other managers own fields that an apply wants to set; see `applyConflicts`.
    public static let applyConflict = Code("apply conflict")
    /// The object isn't the one that was meant: its uid, or what a JSON patch tests, is another.
    public static let preconditionFailed = Code("precondition failed")
    /// The object is not acceptable.
    public static let invalid = Code("invalid")
    /// The request itself is not acceptable.
    public static let badRequest = Code("bad request")
    /// The server knows who asks, and refuses.
    public static let forbidden = Code("forbidden")
    /// The server doesn't know who asks.
    public static let unauthorized = Code("unauthorized")
    /// The resourceVersion, or the page token, is too old for the server.
    public static let gone = Code("gone")
    /// The verb, the media type or the kind of content is not supported.
    public static let unsupported = Code("unsupported")
    /// The request's body is larger than the server takes.
    public static let tooLarge = Code("too large")
    /// The server wants to be asked later.
    public static let tooManyRequests = Code("too many requests")
    /// The server failed.
    public static let serverError = Code("server error")
    /// The answer is not what the API promises: not JSON, not an object, larger than the limit.
    public static let badResponse = Code("bad response")
    /// The server, or the way to it, took too long.
    public static let timeout = Code("timeout")
    /// There is no response; see `mayHaveTakenEffect`.
    public static let transportFailure = Code("transport failure")
  }

  /// Which request failed: its method and path, without query, headers and body.
  public struct Request: Sendable, Hashable, CustomStringConvertible {
    /// The HTTP method.
    public var method: String
    /// The path, percent-encoded.
    public var path: String

    /// The summary of `request`.
    public init(_ request: KubeRequest) {
      method = request.method.rawValue
      var request = request
      request.query = []
      path = request.target
    }

    /// Method and path.
    public var description: String { "\(method) \(path)" }
  }

  /// A field that an apply wanted to set and another manager owns.
  public struct ApplyConflict: Sendable, Hashable, CustomStringConvertible {
    /// The manager that owns the field.
    public var manager: String
    /// The field, in the notation of managedFields, such as `.spec.replicas`.
    public var field: String

    /// A conflict.
    public init(manager: String, field: String) {
      self.manager = manager
      self.field = field
    }

    /// The value in words.
    public var description: String { "\(field) is owned by \"\(manager)\"" }
  }

  /// The kind of failure.
  public var code: Code
  /// Which request failed.
  public var request: Request
  /// The HTTP status, where there was a response.
  public var httpStatus: Int?
  /// What the server said, where it said it in the API's form. Its message is cut where it would quote the
  /// request's body.
  public var status: Status?
  /// What happened, for people, where it wasn't the server who said it.
  public var message: String?
  /// How long the server wants us to wait before the next try.
  public var retryAfter: Duration?
  /// The fields that stood in an apply's way.
  public var applyConflicts: [ApplyConflict]
  /// Whether the request was a write that may have been carried out all the same.
  public var mayHaveTakenEffect: Bool
  /// The error behind this one.
  public var cause: (any Error)?

  /// An error.
  public init(
    code: Code, request: Request, httpStatus: Int? = nil, status: Status? = nil, message: String? = nil,
    retryAfter: Duration? = nil, applyConflicts: [ApplyConflict] = [], mayHaveTakenEffect: Bool = false,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.request = request
    self.httpStatus = httpStatus
    self.status = status
    self.message = message
    self.retryAfter = retryAfter
    self.applyConflicts = applyConflicts
    self.mayHaveTakenEffect = mayHaveTakenEffect
    self.cause = cause
  }

  /// Whether the same request may succeed later without anybody changing anything.
  ///
  /// An error 500 that the server explains but gives no reason for is a refusal in disguise: that is how an
  /// unknown field in an apply is answered.
  public var isTransient: Bool {
    switch code {
    case .tooManyRequests, .timeout, .transportFailure: true
    case .serverError: httpStatus != 500 || status == nil || status?.reason != nil
    default: false
    }
  }

  /// The value in words: the request, the failure, what the server said, and what to do.
  public var description: String {
    var text = "\(request): \(code)"
    if let httpStatus { text += " (\(httpStatus)\(status?.reason.map { " " + $0 } ?? ""))" }
    if let message = status?.message ?? message { text += ": \(message)" }
    if !applyConflicts.isEmpty { text += ": " + applyConflicts.map(\.description).joined(separator: ", ") }
    if let retryAfter { text += "; asked to wait \(retryAfter)" }
    if mayHaveTakenEffect { text += "; it may have taken effect all the same" }
    if let remedy { text += "; \(remedy)" }
    return text
  }

  /// What a person should do; `nil` where that follows from the message or nothing is to be done.
  public var remedy: String? {
    switch code {
    case .unauthorized: "check the credentials: they are missing, expired or of another cluster"
    case .forbidden: "grant this right to the identity in use, or look at the policy that refuses it"
    case .applyConflict: "leave these fields to their managers, or apply with force to take them over"
    case .conflict: "read the object again and decide anew"
    case .unsupported: "the server may be too old, or not serve this API"
    case .badResponse: "see that the address is an API server's and nothing between changes its answers"
    default: nil
    }
  }
}
