import HTTPTypes
import Synchronization

/// Keeps a record of what passes: method, path, query and outcome of each request; no bodies, no headers.
///
/// For tests and reports ("the second run wrote nothing"). The record is bounded; the counts are not.
public final class RecordingTransport: Transport {
  /// One request that was sent.
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
    var records: [Record] = []
    var requests = 0
    var writes = 0
  }

  private let base: any Transport
  private let maximumRecords: Int
  private let state = Mutex(State())

  /// A transport around `base` that keeps the last records, up to `maximumRecords`.
  public init(_ base: any Transport, maximumRecords: Int = 10_000) {
    self.base = base
    self.maximumRecords = max(1, maximumRecords)
  }

  /// The records, oldest first.
  public var records: [Record] { state.withLock { $0.records } }
  /// How many requests were sent, the forgotten ones included.
  public var requestCount: Int { state.withLock { $0.requests } }
  /// How many of them may have changed something.
  public var writeCount: Int { state.withLock { $0.writes } }
  /// The writes among the records.
  public var writes: [Record] { records.filter(\.isWrite) }

  /// Forgets everything.
  public func reset() { state.withLock { $0 = State() } }

  /// Sends `request` by way of the wrapped transport.
  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    do {
      let response = try await base.send(request)
      record(request, status: response.status.code)
      return response
    } catch {
      record(request, status: nil)
      throw error
    }
  }

  private func record(_ request: KubeRequest, status: Int?) {
    let record = Record(
      method: request.method.rawValue, path: request.path, query: request.query, isWrite: request.isWrite,
      isWatch: request.isWatch, status: status)
    state.withLock { state in
      state.requests += 1
      if record.isWrite { state.writes += 1 }
      // Half at a time, so that forgetting costs nothing on average.
      if state.records.count >= maximumRecords {
        state.records.removeFirst(max(1, maximumRecords / 2))
      }
      state.records.append(record)
    }
  }
}
