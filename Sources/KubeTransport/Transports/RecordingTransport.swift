import HTTPTypes
import KubeCore
import Synchronization

/// A transport that records method, path, query and outcome of each request; no headers, and bodies
/// only on request.
///
/// It is for tests ("the second run wrote nothing") and for bug reports, which a
/// ``ReplayingTransport`` replays. The records are limited in number and size; the counts are not.
/// In a stack it is the outermost; see ``Transport``.
public final class RecordingTransport: Transport {
  /// The recorded bodies.
  public enum Bodies: Sendable, Hashable {
    /// No bodies.
    case none
    /// JSON bodies without the data of Secrets and without values that are named or look like a
    /// credential. A ConfigMap may contain secrets nonetheless: check a recording before sharing
    /// it.
    case withoutSecrets
    /// All bodies, unchanged.
    case complete
  }

  /// A request that was sent.
  public struct Record: Sendable, Hashable, CustomStringConvertible {
    /// The HTTP method.
    public var method: String
    /// The path's segments.
    public var path: [String]
    /// The query.
    public var query: [KubeRequest.QueryItem]
    /// Whether the request may have changed something.
    public var isWrite: Bool
    /// Whether the request opened a watch.
    public var isWatch: Bool
    /// The HTTP status; `nil` where there was no response.
    public var status: Int?

    /// Method, path and outcome.
    public var description: String {
      "\(method) /\(path.joined(separator: "/")) \(status.map(String.init) ?? "no response")"
    }
  }

  private struct State {
    var entries: [Entry] = []
    var requests = 0
    var writes = 0
  }

  private struct Entry {
    var record: Record
    var requestWasSent = true
    var contentType: String?
    var retryAfter: String?
    var requestBody: [UInt8]?
    let response: Response?
  }

  /// A response's body, which is recorded while it is read.
  private final class Response: Sendable {
    let state = Mutex((bytes: [UInt8](), isComplete: false, isTooLong: false))
  }

  private let base: any Transport
  private let maximumRecords: Int
  private let maximumBodyBytes: Int
  private let bodies: Bodies
  private let state = Mutex(State())

  /// Creates a transport around `base` that keeps the last records.
  ///
  /// - Parameters:
  ///   - base: The wrapped transport.
  ///   - maximumRecords: The number of kept records.
  ///   - bodies: The bodies kept with them.
  ///   - maximumBodyBytes: The maximum size of a kept response body; a longer one counts as
  ///     truncated there.
  public init(
    _ base: any Transport, maximumRecords: Int = 10_000, bodies: Bodies = .none,
    maximumBodyBytes: Int = 4 << 20
  ) {
    self.base = base
    self.maximumRecords = max(1, maximumRecords)
    self.bodies = bodies
    self.maximumBodyBytes = maximumBodyBytes
  }

  /// The records, oldest first.
  public var records: [Record] { state.withLock { $0.entries.map(\.record) } }
  /// The number of requests, including those whose records were dropped.
  public var requestCount: Int { state.withLock { $0.requests } }
  /// The number of requests that may have changed something.
  public var writeCount: Int { state.withLock { $0.writes } }
  /// The writes among the records.
  public var writes: [Record] { records.filter(\.isWrite) }

  /// The records as a recording, oldest first, with the requested bodies as far as they have been
  /// read.
  public var exchanges: [RecordedExchange] {
    let entries = state.withLock { $0.entries }
    return entries.map { entry in
      let response = entry.response?.state.withLock { $0 }
      let path = entry.record.path
      return RecordedExchange(
        method: entry.record.method, path: path, query: entry.record.query,
        requestBody: entry.requestBody.flatMap { kept($0, path, isComplete: true) },
        status: entry.record.status, contentType: entry.contentType, retryAfter: entry.retryAfter,
        responseBody: response.flatMap { kept($0.bytes, path, isComplete: $0.isComplete) },
        isComplete: response?.isComplete ?? true, requestWasSent: entry.requestWasSent)
    }
  }

  /// The recording as text: a JSON document per line, in the format of
  /// ``RecordedExchange/read(lines:maximumLineBytes:)``.
  public var lines: [UInt8] { RecordedExchange.lines(exchanges) }

  /// Removes all records and counts.
  public func reset() { state.withLock { $0 = State() } }

  /// Sends `request` through the wrapped transport.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    do {
      var response = try await base.send(request)
      let recorded = bodies == .none ? nil : Response()
      record(request, response: response, body: recorded)
      if let recorded {
        response.body = response.body.reading { [maximumBodyBytes] next in
          let chunk = try await next()
          recorded.state.withLock { state in
            guard let chunk else { return state.isComplete = !state.isTooLong }
            state.isTooLong = state.isTooLong || chunk.count > maximumBodyBytes - state.bytes.count
            if !state.isTooLong { state.bytes += chunk }
          }
          return chunk
        }
      }
      return response
    } catch {
      record(request, response: nil, body: nil, wasSent: (error as? TransportError)?.requestWasSent ?? true)
      throw error
    }
  }

  private func kept(_ body: [UInt8], _ path: [String], isComplete: Bool) -> [UInt8]? {
    switch bodies {
    case .none: nil
    case .withoutSecrets: ExchangeRedaction.redacted(body, path: path, isComplete: isComplete)
    case .complete: body
    }
  }

  private func record(
    _ request: KubeRequest, response: KubeResponse?, body: Response?, wasSent: Bool = true
  ) {
    let record = Record(
      method: request.method.rawValue, path: request.path, query: request.query, isWrite: request.isWrite,
      isWatch: request.isWatch, status: response?.status.code)
    let entry = Entry(
      record: record, requestWasSent: wasSent, contentType: response?.headers[.contentType],
      retryAfter: response?.headers[.retryAfter],
      requestBody: bodies == .none ? nil : request.body?.exposed(), response: body)
    state.withLock { state in
      state.requests += 1
      if record.isWrite { state.writes += 1 }
      // Half of them at a time, so that removal has constant amortized cost.
      if state.entries.count >= maximumRecords {
        state.entries.removeFirst(max(1, maximumRecords / 2))
      }
      state.entries.append(entry)
    }
  }
}
