public import HTTPTypes

/// An API server's response: the head, and a body that arrives in chunks.
public struct KubeResponse: Sendable {
  /// The HTTP status.
  public var status: HTTPResponse.Status
  /// The headers.
  public var headers: HTTPFields
  /// The body, which may be read once.
  public var body: ResponseBody

  /// Creates a response.
  public init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: ResponseBody = ResponseBody()) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// The body of a response: chunks of bytes of any length, split anywhere. May be iterated once.
public struct ResponseBody: Sendable, AsyncSequence {
  private let makeNext: @Sendable () -> AsyncIterator

  /// The iterator over the chunks; it throws where the body is truncated.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private var nextChunk: () async throws -> [UInt8]?

    /// Creates an iterator that calls `nextChunk`, which returns `nil` at the end.
    public init(_ nextChunk: @escaping () async throws -> [UInt8]?) { self.nextChunk = nextChunk }

    /// The next chunk; `nil` at the end.
    public mutating func next() async throws -> [UInt8]? { try await nextChunk() }
  }

  /// Creates a body whose iterator is made by `makeIterator`, called at most once.
  public init(makeIterator: @escaping @Sendable () -> AsyncIterator) { makeNext = makeIterator }

  /// Creates a complete body of `chunks`.
  public init(_ chunks: [UInt8]...) {
    makeNext = {
      var rest = chunks.makeIterator()
      return AsyncIterator { rest.next() }
    }
  }

  /// Creates a body of another sequence of chunks.
  public init<Chunks: AsyncSequence & Sendable>(_ chunks: Chunks) where Chunks.Element == [UInt8] {
    makeNext = {
      var rest = chunks.makeAsyncIterator()
      return AsyncIterator { try await rest.next() }
    }
  }

  /// Creates an iterator over the chunks.
  public func makeAsyncIterator() -> AsyncIterator { makeNext() }
}

extension ResponseBody {
  /// The body with every read passed through `step`, whose argument continues the read.
  func reading(
    _ step: @escaping @Sendable (_ next: () async throws -> [UInt8]?) async throws -> [UInt8]?
  ) -> ResponseBody {
    ResponseBody {
      var rest = self.makeAsyncIterator()
      return AsyncIterator { try await step { try await rest.next() } }
    }
  }
}
