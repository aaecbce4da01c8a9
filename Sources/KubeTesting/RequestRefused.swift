import HTTPTypes
public import KubeCore
public import KubeMemory
public import KubeTransport

/// The error of a test's request that had to succeed and that the server refused.
public struct RequestRefused: Error, Hashable, CustomStringConvertible {
  /// The kind of failure, as of a client's error.
  public var code: KubeError.Code
  /// The method and the path.
  public var request: String
  /// The HTTP status.
  public var httpStatus: Int
  /// The server's message.
  public var message: String

  /// The request, the status and the message.
  public var description: String { "\(request): \(httpStatus) \(message)" }
}

extension MemoryAPIServer {
  /// Sends a request that must succeed.
  public mutating func require(_ request: KubeRequest, at time: Date) throws(RequestRefused) {
    let response = handle(request, at: time)
    guard response.status.kind == .successful else {
      let error = KubeError(request, httpStatus: response.status.code, body: response.body)
      throw RequestRefused(
        code: error.code, request: "\(request.method) \(request.target)", httpStatus: response.status.code,
        message: error.serverMessage)
    }
  }
}
