import HTTPTypes
import KubeTransport
import Synchronization

/// A transport that answers some requests with a success whose body has no end.
final class EndlessTransport: Transport {
  private let base: any Transport
  private let isEndless: @Sendable (KubeRequest) -> Bool
  private let longest = Mutex(0)

  /// Creates a transport over `base`.
  init(_ base: any Transport, for isEndless: @escaping @Sendable (KubeRequest) -> Bool) {
    self.base = base
    self.isEndless = isEndless
  }

  /// The number of bytes that were read of the body of which most was read.
  var longestRead: Int { longest.withLock { $0 } }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    guard isEndless(request) else { return try await base.send(request) }
    return KubeResponse(
      status: .ok,
      body: ResponseBody {
        let chunk = [UInt8](repeating: UInt8(ascii: " "), count: 16 << 10)
        var read = 0
        return ResponseBody.AsyncIterator {
          read += chunk.count
          self.longest.withLock { $0 = max($0, read) }
          return chunk
        }
      })
  }
}
