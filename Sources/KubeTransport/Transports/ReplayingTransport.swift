import HTTPTypes
import KubeCore
import Synchronization

/// A transport that answers from a recording, to replay a session without a server.
///
/// A request is answered by the first exchange of the same method, path and query that has not been
/// used yet; request bodies and the timeouts of watches are not compared. A body that was not
/// recorded is empty, and one that was still open when the recording ended stays open until its
/// reader is cancelled. A request that the recording doesn't have fails with
/// ``TransportError/Code/invalidRequest``. It is the innermost of a stack; see ``Transport``. A
/// ``RecordingTransport`` makes the recording.
///
/// ```swift
/// let exchanges = try RecordedExchange.read(lines: bytes)
/// let client = KubeClient(ReplayingTransport(exchanges), fieldManager: "replay")
/// ```
public final class ReplayingTransport: Transport {
  private struct Key: Hashable {
    var method: String
    var path: [String]
    var query: [KubeRequest.QueryItem]

    init(method: String, path: [String], query: [KubeRequest.QueryItem]) {
      self.method = method
      self.path = path
      self.query = query.filter { $0.name != "timeoutSeconds" && $0.name != "timeout" }
    }
  }

  private let rest: Mutex<[Key: ArraySlice<RecordedExchange>]>

  /// Creates a transport that answers from `exchanges`.
  public init(_ exchanges: [RecordedExchange]) {
    rest = Mutex(
      Dictionary(grouping: exchanges) { Key(method: $0.method, path: $0.path, query: $0.query) }.mapValues {
        $0[...]
      })
  }

  /// The exchanges that no request has used yet, in no particular order.
  public var unused: [RecordedExchange] { rest.withLock { $0.values.flatMap { Array($0) } } }

  /// Returns the recorded response to `request`.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let key = Key(method: request.method.rawValue, path: request.path, query: request.query)
    guard let exchange = rest.withLock({ $0[key]?.popFirst() }) else {
      throw TransportError(
        code: .invalidRequest, requestWasSent: false,
        message: "the recording has no further response to \(KubeError.Request(request))")
    }
    guard let status = exchange.status else {
      throw TransportError(
        code: .connectionLost, requestWasSent: exchange.requestWasSent, message: "as it was recorded")
    }
    var headers: HTTPFields = [:]
    headers[.contentType] = exchange.contentType
    headers[.retryAfter] = exchange.retryAfter
    return KubeResponse(status: .init(code: status), headers: headers, body: Self.body(exchange, request))
  }

  private static func body(_ exchange: RecordedExchange, _ request: KubeRequest) -> ResponseBody {
    let bytes = exchange.responseBody ?? []
    guard !exchange.isComplete else { return ResponseBody(bytes) }
    return ResponseBody {
      var rest: [UInt8]? = bytes
      return ResponseBody.AsyncIterator {
        if let chunk = rest, !chunk.isEmpty {
          rest = nil
          return chunk
        }
        guard !request.isWatch else { try await untilCancelled() }
        throw TransportError(
          code: .connectionLost, requestWasSent: true, message: "the body was cut off, as it was recorded")
      }
    }
  }
}

/// Waits until the task is cancelled; throws `CancellationError` then.
func untilCancelled() async throws -> Never {
  while true { try await Task.sleep(for: .seconds(86_400)) }
}
