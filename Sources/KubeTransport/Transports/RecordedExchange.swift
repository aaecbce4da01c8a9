import HTTPTypes
public import KubeCore

/// A request and its result, as a line of a recording.
///
/// A recording is a text of JSON documents, one per line (``lines(_:)``), so that it can be cut,
/// joined and searched with ordinary tools. It contains no credentials: transports add them later.
public struct RecordedExchange: Sendable, Hashable {
  /// The HTTP method.
  public var method: String
  /// The path's segments, not encoded.
  public var path: [String]
  /// The query.
  public var query: [KubeRequest.QueryItem]
  /// The request's body, as far as it was recorded.
  public var requestBody: [UInt8]?
  /// The HTTP status; `nil` where there was no response.
  public var status: Int?
  /// The response's media type.
  public var contentType: String?
  /// The response's `Retry-After`.
  public var retryAfter: String?
  /// The response's body, as far as it was recorded; `nil` where it was not.
  public var responseBody: [UInt8]?
  /// Whether the response's body was complete; that of an open watch was not.
  public var isComplete: Bool
  /// Whether the request may have reached the server, where there was no response.
  public var requestWasSent: Bool

  /// Creates an exchange with the response status `status`, or without a response.
  public init(
    method: String, path: [String], query: [KubeRequest.QueryItem] = [], requestBody: [UInt8]? = nil,
    status: Int?, contentType: String? = nil, retryAfter: String? = nil, responseBody: [UInt8]? = nil,
    isComplete: Bool = true, requestWasSent: Bool = true
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.requestBody = requestBody
    self.status = status
    self.contentType = contentType
    self.retryAfter = retryAfter
    self.responseBody = responseBody
    self.isComplete = isComplete
    self.requestWasSent = requestWasSent
  }

  // MARK: As text

  /// The exchange as a JSON document.
  public var json: JSONValue {
    func body(_ bytes: [UInt8]?) -> JSONValue? {
      bytes.map { bytes in
        if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
        return ["base64": .string(Data(bytes).base64EncodedString())]
      }
    }
    let query = query.map { JSONValue.array([.string($0.name), .string($0.value)]) }
    return .fields([
      "method": .string(method), "path": .array(path.map { .string($0) }),
      "query": query.isEmpty ? nil : .array(query), "requestBody": body(requestBody),
      "status": status.map { .integer($0) }, "contentType": contentType.map { .string($0) },
      "retryAfter": retryAfter.map { .string($0) }, "responseBody": body(responseBody),
      "isComplete": isComplete ? nil : false, "requestWasSent": requestWasSent ? nil : false,
    ])
  }

  /// Decodes an exchange; throws with the path of an invalid field.
  public init(_ json: JSONValue) throws(FieldError) {
    let reader = FieldReader(json)
    try reader.requireObject()
    func body(_ name: String) throws(FieldError) -> [UInt8]? {
      switch json[name] {
      case nil, .null?: return nil
      case .string(let text)?: return Array(text.utf8)
      default:
        guard let data = Data(base64Encoded: try reader[name]["base64"].string()) else {
          throw reader[name]["base64"].failure("is not base64")
        }
        return Array(data)
      }
    }
    func texts(_ value: JSONValue?, _ name: String) throws(FieldError) -> [String] {
      guard let elements = value?.array else { throw reader[name].failure("expected a list") }
      var texts: [String] = []
      for element in elements {
        guard let text = element.string else { throw reader[name].failure("expected a list of texts") }
        texts.append(text)
      }
      return texts
    }
    var query: [KubeRequest.QueryItem] = []
    for item in json["query"]?.array ?? [] {
      let parts = try texts(item, "query")
      guard parts.count == 2 else { throw reader["query"].failure("expected pairs of name and value") }
      query.append(KubeRequest.QueryItem(parts[0], parts[1]))
    }
    let status = try reader["status"].optional(Int.self)
    if let status, !(100...999).contains(status) { throw reader["status"].failure("is not an HTTP status") }
    self.init(
      method: try reader["method"].string(), path: try texts(json["path"], "path"), query: query,
      requestBody: try body("requestBody"), status: status,
      contentType: try reader["contentType"].optional(String.self),
      retryAfter: try reader["retryAfter"].optional(String.self), responseBody: try body("responseBody"),
      isComplete: try reader["isComplete"].optional(Bool.self) ?? true,
      requestWasSent: try reader["requestWasSent"].optional(Bool.self) ?? true)
  }

  /// The recording of `exchanges`: a JSON document per line.
  public static func lines(_ exchanges: [RecordedExchange]) -> [UInt8] {
    exchanges.flatMap { JSONWriter().bytes($0.json) + [UInt8(ascii: "\n")] }
  }

  /// Parses a recording; throws a `FieldError` with the number of an invalid line.
  ///
  /// - Parameters:
  ///   - lines: The recording.
  ///   - maximumLineBytes: The maximum length of a line in bytes.
  public static func read(
    lines: [UInt8], maximumLineBytes: Int = 64 << 20
  ) throws(FieldError) -> [RecordedExchange] {
    let parser = JSONParser(maximumBytes: maximumLineBytes)
    var exchanges: [RecordedExchange] = []
    for (number, line) in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) {
      let json: JSONValue
      do {
        json = try parser.parse(line)
      } catch {
        throw FieldReader(nil, at: FieldPath(dotted: "line \(number + 1)")).failure("is not JSON")
      }
      exchanges.append(try RecordedExchange(json))
    }
    return exchanges
  }
}
