import HTTPTypes
public import KubeCore
public import KubeMemory
public import KubeTransport

/// The error of a necessary request that the embedded server refused.
public struct RequestRefused: Error, CustomStringConvertible {
  /// The method and the path.
  public var request: String
  /// The HTTP status.
  public var code: Int
  /// The server's message.
  public var message: String

  /// The request, the status and the message.
  public var description: String { "\(request): \(code) \(message)" }
}

extension MemoryAPIServer {
  /// Sends a request that must succeed.
  public mutating func require(_ request: KubeRequest, at time: Date) throws(RequestRefused) {
    let response = handle(request, at: time)
    guard response.status.kind == .successful else {
      let answer = try? JSONParser().parse(response.body)
      throw RequestRefused(
        request: "\(request.method) \(request.target)", code: response.status.code,
        message: answer?["message"]?.string ?? "")
    }
  }

  /// Creates an object, with its status if the kind has one.
  mutating func create(_ key: ObjectKey, _ object: JSONValue, by manager: String, at time: Date)
    throws(RequestRefused)
  {
    let options = WriteOptions(fieldManager: manager)
    try require(.create(key, object, options: options), at: time)
    guard let status = object["status"], !status.isNull else { return }
    try require(.mergePatch(key, ["status": status], subresource: "status", options: options), at: time)
  }

  /// Creates an object of a known kind, with its status.
  mutating func create<Kind: KubeObject>(_ object: Kind, by manager: String, at time: Date)
    throws(RequestRefused)
  {
    try create(object.key, object.json, by: manager, at: time)
  }
}
