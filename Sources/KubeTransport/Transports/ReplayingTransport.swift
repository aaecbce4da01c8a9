import HTTPTypes
import KubeCore
import Synchronization

/// Answers from a recording, so that a run can be repeated without a server.
///
/// A request is answered by the first exchange of the same method, path and query that has not been
/// used yet, and with ``init(_:comparingBodies:)`` of the same body; how long a watch was to last
/// is not compared. A body that was not recorded is empty, and one that was still open when the
/// recording ended stays open until its reader is cancelled. What the recording doesn't hold fails
/// with ``TransportError/Code/invalidRequest``, and is one of the ``mismatches``. It is the
/// innermost of a stack; see ``Transport``.
///
/// ```swift
/// let exchanges = try RecordedExchange.read(lines: bytes)
/// let transport = ReplayingTransport(exchanges, comparingBodies: true)
/// try await run(KubeClient(transport, fieldManager: "replay"))
/// #expect(transport.mismatches.isEmpty && transport.unused.isEmpty)
/// ```
public final class ReplayingTransport: Transport {
  /// A request that the recording doesn't hold.
  public struct Mismatch: Error, Sendable, Hashable, CustomStringConvertible {
    /// The request's method and target.
    public var request: String
    /// The method and target of the exchange that should have been asked for: one whose body
    /// differs, or else the first of the recording that is left; `nil` where none is.
    public var expected: String?
    /// The path of the field at which the bodies differ; `nil` where the requests do.
    public var field: String?

    /// Creates a mismatch.
    public init(request: String, expected: String? = nil, field: String? = nil) {
      self.request = request
      self.expected = expected
      self.field = field
    }

    /// The request, what was expected, and the remedy.
    public var description: String {
      let problem =
        if let field {
          "the body of \(request) differs from the recorded one at \(field)"
        } else if let expected {
          "the recording holds no further answer to \(request); the next that it holds is for \(expected)"
        } else {
          "the recording holds no further answer to \(request), nor to anything else"
        }
      return problem + ": make the program ask as it did, or record it again with RecordingTransport"
    }
  }

  private struct Key: Hashable {
    var method: String
    var path: [String]
    var query: [KubeRequest.QueryItem]

    init(method: String, path: [String], query: [KubeRequest.QueryItem]) {
      self.method = method
      self.path = path
      self.query = query.filter { $0.name != "timeoutSeconds" && $0.name != "timeout" }
    }

    init(_ exchange: RecordedExchange) {
      self.init(method: exchange.method, path: exchange.path, query: exchange.query)
    }
  }

  private struct State {
    /// The places of the exchanges that are left, by request.
    var rest: [Key: [Int]]
    var isUsed: [Bool]
    var mismatches: [Mismatch] = []
  }

  private let exchanges: [RecordedExchange]
  private let comparesBodies: Bool
  private let state: Mutex<State>

  /// A transport that answers from `exchanges`.
  ///
  /// - Parameters:
  ///   - exchanges: The recording.
  ///   - comparingBodies: Whether a request is to have the body that was recorded for it, but for
  ///     what is redacted in recordings. Where no body was recorded any will do.
  public init(_ exchanges: [RecordedExchange], comparingBodies: Bool = false) {
    self.exchanges = exchanges
    comparesBodies = comparingBodies
    state = Mutex(
      State(
        rest: Dictionary(grouping: exchanges.indices) { Key(exchanges[$0]) },
        isUsed: exchanges.map { _ in false }))
  }

  /// The exchanges that have not been asked for yet, oldest first.
  public var unused: [RecordedExchange] {
    let isUsed = state.withLock { $0.isUsed }
    return zip(exchanges, isUsed).filter { !$0.1 }.map(\.0)
  }

  /// The requests that the recording doesn't hold, oldest first; a program that tries again hides
  /// them.
  public var mismatches: [Mismatch] { state.withLock { $0.mismatches } }

  /// Returns the recorded response to `request`.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    let exchange: RecordedExchange
    do {
      exchange = try take(request)
    } catch {
      throw TransportError(
        code: .invalidRequest, requestWasSent: false, message: error.description, cause: error)
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

  private func take(_ request: KubeRequest) throws(Mismatch) -> RecordedExchange {
    let key = Key(method: request.method.rawValue, path: request.path, query: request.query)
    let body = comparesBodies ? request.body?.exposed() : nil
    let result = state.withLock { state -> Result<RecordedExchange, Mismatch> in
      let places = state.rest[key] ?? []
      let found = places.firstIndex { place in
        !comparesBodies || ReplayingTransport.difference(of: body, from: exchanges[place], in: request) == nil
      }
      guard let found else {
        let nearest = places.first ?? state.isUsed.firstIndex(of: false)
        let mismatch = Mismatch(
          request: "\(key.method) \(request.target)",
          expected: nearest.map { ReplayingTransport.name(of: exchanges[$0]) },
          field: places.first.flatMap {
            ReplayingTransport.difference(of: body, from: exchanges[$0], in: request)
          })
        state.mismatches.append(mismatch)
        return .failure(mismatch)
      }
      let place = places[found]
      state.rest[key]?.remove(at: found)
      state.isUsed[place] = true
      return .success(exchanges[place])
    }
    return try result.get()
  }

  private static func name(of exchange: RecordedExchange) -> String {
    let request = KubeRequest(method: .get, path: exchange.path, query: exchange.query)
    return "\(exchange.method) \(request.target)"
  }

  /// The first field at which the bodies differ, where both are there; what is redacted in
  /// recordings doesn't count.
  private static func difference(
    of body: [UInt8]?, from exchange: RecordedExchange, in request: KubeRequest
  ) -> String? {
    guard let recorded = exchange.requestBody else { return nil }
    func document(_ bytes: [UInt8]?) -> JSONValue? {
      bytes.flatMap { ExchangeRedaction.redacted($0, path: request.path, isComplete: true) }
        .flatMap { try? JSONParser(maximumBytes: max($0.count, 1)).parse($0) }
    }
    return difference(document(body), document(recorded), at: "")
  }

  private static func difference(_ one: JSONValue?, _ other: JSONValue?, at path: String) -> String? {
    switch (one, other) {
    case (.object(let one)?, .object(let other)?):
      let names = one.map(\.key) + other.map(\.key).filter { one[$0] == nil }
      return names.lazy.compactMap { name in
        difference(one[name], other[name], at: path.isEmpty ? name : path + "." + name)
      }.first
    case (.array(let one)?, .array(let other)?):
      let common = zip(one, other).enumerated().lazy.compactMap { index, pair in
        difference(pair.0, pair.1, at: "\(path)[\(index)]")
      }.first
      return common ?? (one.count == other.count ? nil : "\(path)[\(min(one.count, other.count))]")
    default: return one == other ? nil : path.isEmpty ? "its root" : path
    }
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
