import HTTPTypes
public import KubeCore

/// The failure of a request to an API server, as one value for programs and people.
///
/// Programs compare ``code``. The description contains the request, the server's message and the
/// remedy. It never contains the bodies of request and response. A ``KubeClient`` throws it.
public struct KubeError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The object doesn't exist, or the server doesn't know the kind.
    public static let notFound = Code("not found")
    /// An object of that name exists.
    public static let alreadyExists = Code("already exists")
    /// The object has changed since it was read.
    public static let conflict = Code("conflict")
    /// Other managers own fields that an apply sets; see ``KubeError/applyConflicts``.
    public static let applyConflict = Code("apply conflict")
    /// The object isn't the intended one: its uid, or a value that a JSON patch tests, differs.
    public static let preconditionFailed = Code("precondition failed")
    /// The object is invalid.
    public static let invalid = Code("invalid")
    /// The request itself is invalid.
    public static let badRequest = Code("bad request")
    /// The user is authenticated but not authorized.
    public static let forbidden = Code("forbidden")
    /// The user is not authenticated.
    public static let unauthorized = Code("unauthorized")
    /// The resourceVersion or page token is too old for the server.
    public static let gone = Code("gone")
    /// The verb, the media type or the kind of content is not supported.
    public static let unsupported = Code("unsupported")
    /// The request's body exceeds the server's limit.
    public static let tooLarge = Code("too large")
    /// The server limits the rate of requests.
    public static let tooManyRequests = Code("too many requests")
    /// The server failed.
    public static let serverError = Code("server error")
    /// The response violates the API: not JSON, not an object, larger than the limit.
    public static let badResponse = Code("bad response")
    /// The server, or the connection to it, took too long.
    public static let timeout = Code("timeout")
    /// There is no response; see ``KubeError/mayHaveTakenEffect``.
    public static let transportFailure = Code("transport failure")
  }

  /// A summary of the failed request: its method and path, without query, headers and body.
  public struct Request: Sendable, Hashable, CustomStringConvertible {
    /// The HTTP method.
    public var method: String
    /// The path, percent-encoded.
    public var path: String

    /// Creates the summary of `request`.
    public init(_ request: KubeRequest) {
      method = request.method.rawValue
      var request = request
      request.query = []
      path = request.target
    }

    /// Method and path.
    public var description: String { "\(method) \(path)" }
  }

  /// A field that an apply sets and another manager owns.
  public struct ApplyConflict: Sendable, Hashable, CustomStringConvertible {
    /// The manager that owns the field.
    public var manager: String
    /// The field, in the notation of managedFields, such as `.spec.replicas`.
    public var field: String

    /// Creates a conflict.
    public init(manager: String, field: String) {
      self.manager = manager
      self.field = field
    }

    /// The field and its manager as a sentence.
    public var description: String { "\(field) is owned by \"\(manager)\"" }
  }

  /// The kind of failure.
  public var code: Code
  /// The failed request.
  public var request: Request
  /// The HTTP status, where there was a response.
  public var httpStatus: Int?
  /// The server's `Status`, where it sent one. Its message is truncated where it would quote the
  /// request's body.
  public var status: Status?
  /// The failure, for people, where it doesn't come from the server.
  public var message: String?
  /// The wait before the next attempt that the server requires, at most five minutes.
  public var retryAfter: Duration?
  /// The fields that prevented an apply.
  public var applyConflicts: [ApplyConflict]
  /// Whether the request was a write that may have taken effect nonetheless.
  public var mayHaveTakenEffect: Bool
  /// The underlying error.
  public var cause: (any Error)?

  /// Creates an error.
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
    self.retryAfter = retryAfter.map { min($0, RetryAfter.maximum) }
    self.applyConflicts = applyConflicts
    self.mayHaveTakenEffect = mayHaveTakenEffect
    self.cause = cause
  }

  /// Whether the same request may succeed later without any change.
  ///
  /// A 500 that the server explains without a reason is actually a refusal: servers report an
  /// unknown field in an apply this way.
  public var isTransient: Bool {
    switch code {
    case .tooManyRequests, .timeout, .transportFailure: true
    case .serverError: httpStatus != 500 || status == nil || status?.reason != nil
    default: false
    }
  }

  /// The request, the failure, the server's message and the remedy.
  public var description: String {
    var text = "\(request): \(code)"
    if let httpStatus { text += " (\(httpStatus)\(status?.reason.map { " " + $0 } ?? ""))" }
    if let message = status?.message ?? message { text += ": \(message)" }
    if !applyConflicts.isEmpty { text += ": " + applyConflicts.map(\.description).joined(separator: ", ") }
    if let retryAfter { text += "; asked to wait \(retryAfter)" }
    if mayHaveTakenEffect { text += "; it may have taken effect nonetheless" }
    if let remedy { text += "; \(remedy)" }
    return text
  }

  /// The remedy; `nil` where the message implies it or none is needed.
  public var remedy: String? {
    switch code {
    case .unauthorized: "check the credentials: they are missing, expired or of another cluster"
    case .forbidden: "grant this right to the identity in use, or look at the policy that refuses it"
    case .applyConflict: "leave these fields to their managers, or apply with force to take them over"
    case .conflict: "read the object again and decide again"
    case .unsupported: "the server may be too old, or not serve this API"
    case .badResponse: "check that the address is an API server's and that no proxy changes its responses"
    default: nil
    }
  }
}
