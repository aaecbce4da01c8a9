public import HTTPTypes
import KubeCore

/// The response of a ``MemoryAPIServer``: a head, and either a complete document or a watch to be
/// polled.
public struct MemoryResponse: Sendable, CustomStringConvertible {
  /// The content after the head.
  public enum Content: Sendable {
    /// A complete body.
    case document([UInt8])
    /// An endless body, whose chunks ``MemoryAPIServer/events(for:at:)`` returns.
    case watch(WatchSubscription)
  }

  /// The HTTP status.
  public var status: HTTPResponse.Status
  /// The headers.
  public var headers: HTTPFields
  /// The content after the head.
  public var content: Content

  /// Creates a response.
  public init(status: HTTPResponse.Status, headers: HTTPFields, content: Content) {
    self.status = status
    self.headers = headers
    self.content = content
  }

  /// The complete body; empty for a watch.
  public var body: [UInt8] {
    if case .document(let bytes) = content { return bytes }
    return []
  }

  /// The status and the body's length; never the body, which may contain a Secret.
  public var description: String {
    switch content {
    case .document(let bytes): "\(status), \(bytes.count) bytes"
    case .watch: "\(status), a watch"
    }
  }

  static func json(_ value: JSONValue, code: Int = 200, contentType: String = "application/json")
    -> MemoryResponse
  {
    json(JSONWriter(secrets: .revealed).bytes(value), code: code, contentType: contentType)
  }

  /// The response with the JSON `document` and a newline as its body.
  static func json(
    _ document: [UInt8], code: Int = 200, contentType: String = "application/json"
  ) -> MemoryResponse {
    var bytes = document
    bytes.append(UInt8(ascii: "\n"))
    return MemoryResponse(
      status: HTTPResponse.Status(code: code),
      headers: contentType == "application/json" ? jsonHeaders : [.contentType: contentType],
      content: .document(bytes))
  }

  private static let jsonHeaders: HTTPFields = [.contentType: "application/json"]

  /// Adds the warnings of a write in a real server's header format: `299 - "unknown field"`.
  mutating func warn(of warnings: [String]) {
    guard !warnings.isEmpty, let name = HTTPField.Name("Warning") else { return }
    for warning in warnings {
      let text = warning.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      headers.append(HTTPField(name: name, value: "299 - \"\(text)\""))
    }
  }

  static func text(_ text: String, code: Int = 200) -> MemoryResponse {
    MemoryResponse(
      status: HTTPResponse.Status(code: code), headers: [.contentType: "text/plain; charset=utf-8"],
      content: .document(Array(text.utf8)))
  }
}
