public import HTTPTypes
public import KubeCore

/// A request to an API server as a plain value, without the server's address and credentials: the
/// ``Transport`` adds these.
public struct KubeRequest: Sendable, Hashable {
  /// A name and a value of the query, not encoded; they are encoded when the request is sent.
  public struct QueryItem: Sendable, Hashable {
    /// The parameter's name.
    public var name: String
    /// The parameter's value.
    public var value: String

    /// Creates a query parameter.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The HTTP method.
  public var method: HTTPRequest.Method
  /// The path's segments, not encoded: they are encoded when the request is sent, so that no name
  /// can leave its segment.
  public var path: [String]
  /// The query, in order.
  public var query: [QueryItem]
  /// Headers in addition to those of the transport.
  public var headers: HTTPFields
  /// The body, if any. It prints redacted, since it may contain Secrets.
  public var body: SecretBytes?
  /// The maximum wait for the response's head; `nil` leaves it to the transport.
  public var timeout: Duration?
  /// The user that the request impersonates; `nil` leaves it to the transport, which may
  /// impersonate one itself.
  public var impersonation: Impersonation?
  /// Whether a transport may repeat the request where that is safe; `false` where its failure is
  /// the result.
  public var isRepeatable = true

  /// Creates a request.
  public init(
    method: HTTPRequest.Method, path: [String], query: [QueryItem] = [], headers: HTTPFields = [:],
    body: SecretBytes? = nil, timeout: Duration? = nil, impersonation: Impersonation? = nil
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.impersonation = impersonation
  }

  /// The value of the query parameter `name`; `nil` where there is none.
  public func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// Path and query of the request line, percent-encoded (RFC 3986):
  /// `/api/v1/namespaces?limit=500`.
  public var target: String {
    func encoded(_ text: String) -> String {
      var result = ""
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "~"):
          result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
          let digits = String(byte, radix: 16, uppercase: true)
          result += digits.count == 1 ? "%0" + digits : "%" + digits
        }
      }
      return result
    }
    let path = "/" + self.path.map(encoded).joined(separator: "/")
    guard !query.isEmpty else { return path }
    return path + "?" + query.map { encoded($0.name) + "=" + encoded($0.value) }.joined(separator: "&")
  }
}
