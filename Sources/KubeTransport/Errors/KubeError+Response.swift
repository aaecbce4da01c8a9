public import HTTPTypes
import KubeCore

extension KubeError {
  /// The maximum length of a kept server message, in characters.
  static let maximumMessageLength = 4096
  /// The plain-text response of API servers for a path where nothing is served.
  private static let unknownPath = Array("404 page not found".utf8)
  private static let unknownPathMessage =
    "the server doesn't know the path: the API that it belongs to is not served, or not yet"

  /// Whether the server reports with a `Status` that the requested object doesn't exist. A 404
  /// without one, from a proxy or another kind of server, means nothing about objects.
  public var isObjectNotFound: Bool { code == .notFound && status != nil }

  /// Whether the server refused the request's content, or a webhook couldn't decide: requests for
  /// other objects may still succeed.
  package var isRefusal: Bool {
    [.badRequest, .forbidden, .invalid, .applyConflict, .tooLarge, .unsupported].contains(code)
      || code == .serverError && httpStatus == 500
  }

  /// The server's message; where there is none, the error's description.
  package var serverMessage: String { status?.message ?? "\(self)" }

  /// Whether an API server reports in its own text that nothing is served at the path.
  var isUnknownPath: Bool { code == .notFound && message == Self.unknownPathMessage }

  /// Creates the error for a request that isn't sent because it has a `problem`.
  init(_ request: KubeRequest, notSentBecause problem: String) {
    self.init(code: .badRequest, request: Request(request), message: "nothing was sent: \(problem)")
  }

  /// Creates the error for a response, whose body is a `Status`, something else or empty.
  public init(_ request: KubeRequest, httpStatus: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
    // A few KiB are usual; longer bodies are a proxy's pages.
    let parser = JSONParser(maximumDepth: 32, maximumBytes: 1 << 20)
    var status: Status?
    if let json = try? parser.parse(body), json["kind"] == "Status" {
      status = try? Status(from: FieldReader(json))
    }
    self.init(request, httpStatus: httpStatus, headers: headers, status: status)
    guard status == nil, code != .badResponse else { return }
    if code == .notFound, body.starts(with: Self.unknownPath) {
      message = Self.unknownPathMessage
    } else {
      message = body.isEmpty ? "the response has no body" : "the response's body is not an API status"
    }
  }

  /// Creates the error for `status`, wherever in a response it was.
  init(_ request: KubeRequest, httpStatus: Int, headers: HTTPFields = [:], status: Status?) {
    let status = status.map(Self.bounded)
    let wait = RetryAfter.wait(headers) ?? status?.details?.retryAfterSeconds.map { .seconds(Int64($0)) }
    self.init(
      code: .badResponse, request: Request(request), httpStatus: httpStatus, status: status,
      retryAfter: wait.flatMap { $0 > .zero ? $0 : nil })
    applyConflicts = Self.applyConflicts(status)
    code = Self.code(httpStatus: httpStatus, status: status)
    if code == .invalid, status?.details?.causes.isEmpty != false, status?.details?.name == nil,
      request.hasJSONPatchTest
    {
      // The server's only sign of a failed test.
      code = .preconditionFailed
    }
    if code == .badResponse { message = "an unexpected HTTP status" }
    mayHaveTakenEffect =
      request.isWrite && httpStatus >= 500 && !(httpStatus == 503 && retryAfter != nil)
      && !(httpStatus == 500 && status != nil && status?.reason == nil)
  }

  /// Creates the error of a transport that returned no response.
  init(_ request: KubeRequest, transportFailure error: any Error) {
    let known = error as? TransportError
    let isTimeout = known?.code == .timedOut
    self.init(
      code: isTimeout ? .timeout : .transportFailure, request: Request(request),
      message: known?.description ?? "there is no response: \(Swift.type(of: error))",
      mayHaveTakenEffect: request.isWrite && known?.requestWasSent ?? true, cause: error)
  }

  private static func code(httpStatus: Int, status: Status?) -> Code {
    // The reason takes precedence; the HTTP status is used without one.
    switch status?.reason {
    case "NotFound": return .notFound
    case "AlreadyExists": return .alreadyExists
    case "Conflict": return conflictCode(status)
    case "Invalid": return invalidCode(status)
    case "Forbidden": return .forbidden
    case "Unauthorized": return .unauthorized
    case "Expired", "Gone": return .gone
    case "TooManyRequests": return .tooManyRequests
    case "Timeout", "ServerTimeout": return .timeout
    case "BadRequest": return .badRequest
    case "MethodNotAllowed", "NotAcceptable", "UnsupportedMediaType": return .unsupported
    case "RequestEntityTooLarge": return .tooLarge
    case "InternalError", "ServiceUnavailable": return .serverError
    default: break
    }
    switch httpStatus {
    case 400: return .badRequest
    case 401: return .unauthorized
    case 403: return .forbidden
    case 404: return .notFound
    case 405, 406, 415: return .unsupported
    case 408, 504: return .timeout
    case 409: return conflictCode(status)
    case 410: return .gone
    case 412: return .preconditionFailed
    case 413: return .tooLarge
    case 422: return invalidCode(status)
    case 429: return .tooManyRequests
    case 402..<500: return .badRequest
    case 500..<600: return .serverError
    default: return .badResponse
    }
  }

  private static func texts(_ status: Status?) -> [String] {
    let causes = status?.details?.causes ?? []
    return ([status?.message] + causes.map(\.message)).compactMap { $0?.lowercased() }
  }

  /// A conflict over a uid means another object; any other conflict means that the object has
  /// changed.
  private static func conflictCode(_ status: Status?) -> Code {
    if !applyConflicts(status).isEmpty { return .applyConflict }
    let marks = ["uid in precondition", "uid in the precondition", "uid mismatch"]
    return texts(status).contains { text in marks.contains { text.contains($0) } }
      ? .preconditionFailed : .conflict
  }

  /// An "immutable" uid, or a failed test of a JSON patch, means another object and not an invalid
  /// one.
  private static func invalidCode(_ status: Status?) -> Code {
    if status?.details?.causes.contains(where: { $0.field == "metadata.uid" }) == true {
      return .preconditionFailed
    }
    for text in texts(status) {
      if text.contains("metadata.uid: invalid value") { return .preconditionFailed }
      if text.contains("testing value") || text.contains("test failed") {
        return text.contains("/metadata/resourceversion") ? .conflict : .preconditionFailed
      }
    }
    return .invalid
  }

  /// The conflicts from the causes `FieldManagerConflict`, whose message begins
  /// `conflict with "MANAGER"`.
  private static func applyConflicts(_ status: Status?) -> [ApplyConflict] {
    (status?.details?.causes ?? []).compactMap { cause in
      guard cause.reason == "FieldManagerConflict" else { return nil }
      let quoted = cause.message?.split(separator: "\"", omittingEmptySubsequences: false) ?? []
      return ApplyConflict(
        manager: quoted.count > 1 ? String(quoted[1]) : "unknown", field: cause.field ?? "")
    }
  }

  /// The status with bounded texts, truncated where some servers' decoders quote the request, which
  /// may contain a Secret.
  private static func bounded(_ status: Status) -> Status {
    func bounded(_ text: String?) -> String? {
      guard var text else { return nil }
      for mark in ["error found in #", "bigger context"] {
        if let place = text.firstRange(of: mark) {
          text = text[..<place.lowerBound] + "(the rest is withheld)"
        }
      }
      return text.count > maximumMessageLength ? text.prefix(maximumMessageLength) + "…" : text
    }
    var status = status
    if status.reason?.isEmpty == true { status.reason = nil }
    status.message = bounded(status.message)
    if let causes = status.details?.causes {
      status.details?.causes = causes.prefix(1000).map { cause in
        var cause = cause
        cause.message = bounded(cause.message)
        return cause
      }
    }
    return status
  }
}

extension KubeRequest {
  /// Whether this is a JSON patch that tests something.
  fileprivate var hasJSONPatchTest: Bool {
    guard headers[.contentType] == MediaType.jsonPatch, let body else { return false }
    let operations = body.withExposedBytes { try? JSONParser(maximumBytes: 4 << 20).parse(Array($0)).array }
    return operations?.contains { $0["op"] == "test" } ?? false
  }
}
