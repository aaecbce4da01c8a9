public import HTTPTypes
import KubeCore

extension KubeError {
  /// The longest message of a server that is kept, in characters.
  static let maximumMessageLength = 4096
  /// What API servers answer, in plain text, to a path below which nothing is installed.
  private static let unknownPath = Array("404 page not found".utf8)
  private static let unknownPathMessage =
    "the server doesn't know the path: the API that it belongs to is not served, or not yet"

  /// Whether the server says, in a `Status`, that what was asked for isn't there. A 404 without one, as proxies and
  /// servers of other things answer it, says nothing of objects.
  public var isAbsence: Bool { code == .notFound && status != nil }

  /// Whether an API server says, in its own words, that it serves nothing at the path.
  var isUnknownPath: Bool { code == .notFound && message == Self.unknownPathMessage }

  /// The error that a response stands for, whether its body is a `Status`, something else or empty.
  public init(_ request: KubeRequest, httpStatus: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
    // A few KiB are the norm; what's longer is some proxy's page.
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

  /// The error that `status` stands for, wherever in a response it came.
  init(_ request: KubeRequest, httpStatus: Int, headers: HTTPFields = [:], status: Status?) {
    let status = status.map(Self.bounded)
    self.init(code: .badResponse, request: Request(request), httpStatus: httpStatus, status: status)
    let wait = RetryAfter.wait(headers) ?? status?.details?.retryAfterSeconds.map { .seconds(Int64($0)) }
    retryAfter = wait.flatMap { $0 > .zero ? min($0, .seconds(86_400)) : nil }
    applyConflicts = Self.applyConflicts(status)
    code = Self.code(httpStatus: httpStatus, status: status)
    if code == .invalid, status?.details?.causes.isEmpty != false, status?.details?.name == nil,
      request.hasJSONPatchTest
    {
      // A test that fails is answered with nothing but this.
      code = .preconditionFailed
    }
    if code == .badResponse { message = "an unexpected HTTP status" }
    mayHaveTakenEffect =
      request.isWrite && httpStatus >= 500 && !(httpStatus == 503 && retryAfter != nil)
      && !(httpStatus == 500 && status != nil && status?.reason == nil)
  }

  /// The error of a transport that gave no response.
  init(_ request: KubeRequest, transportFailure error: any Error) {
    let known = error as? TransportError
    let isTimeout = known?.code == .timedOut
    self.init(
      code: isTimeout ? .timeout : .transportFailure, request: Request(request),
      message: known?.description ?? "there is no response: \(Swift.type(of: error))",
      mayHaveTakenEffect: request.isWrite && known?.requestWasSent ?? true, cause: error)
  }

  private static func code(httpStatus: Int, status: Status?) -> Code {
    // The reason is the API's own word; the HTTP status is what remains without one.
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

  /// A conflict over a uid means that the object is another one; over anything else, that it has changed.
  private static func conflictCode(_ status: Status?) -> Code {
    if !applyConflicts(status).isEmpty { return .applyConflict }
    let marks = ["uid in precondition", "uid in the precondition", "uid mismatch"]
    return texts(status).contains { text in marks.contains { text.contains($0) } }
      ? .preconditionFailed : .conflict
  }

  /// A uid "immutable", or a JSON patch whose test fails, is no fault of the object: it's another one than
  /// was meant.
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

  /// The causes `FieldManagerConflict`, whose message begins `conflict with "MANAGER"`.
  private static func applyConflicts(_ status: Status?) -> [ApplyConflict] {
    (status?.details?.causes ?? []).compactMap { cause in
      guard cause.reason == "FieldManagerConflict" else { return nil }
      let quoted = cause.message?.split(separator: "\"", omittingEmptySubsequences: false) ?? []
      return ApplyConflict(
        manager: quoted.count > 1 ? String(quoted[1]) : "unknown", field: cause.field ?? "")
    }
  }

  /// The status with its texts bounded, and cut where some servers' decoders quote what they were sent, which
  /// may be a Secret.
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
