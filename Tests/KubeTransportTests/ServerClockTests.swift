import Foundation
import HTTPTypes
import KubeTransport
import Synchronization
import Testing

@Suite struct ServerClockTests {
  /// A server that answers everything with one `Date`.
  private final class Server: Transport {
    let date = Mutex<String?>(nil)

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      var response = KubeResponse(status: .ok)
      if let date = date.withLock({ $0 }) { response.headers[.date] = date }
      return response
    }
  }

  private let server = Server()
  private let steady = SkippingClock()
  private let core = KubeRequest(method: .get, path: ["api", "v1", "namespaces"])

  private func clock() -> ServerClock {
    ServerClock(server, local: { Date(timeIntervalSince1970: 1_000) }, clock: steady)
  }

  @Test func `before the first response the local clock counts`() async throws {
    let clock = clock()
    _ = try await clock.send(core)
    #expect(clock.now == Date(timeIntervalSince1970: 1_000))
    server.date.withLock { $0 = "half past nine" }
    _ = try await clock.send(core)
    #expect(clock.now == Date(timeIntervalSince1970: 1_000))
  }

  @Test func `after a response the server's clock counts and advances by itself`() async throws {
    let clock = clock()
    server.date.withLock { $0 = "Sun, 06 Nov 1994 08:49:37 GMT" }
    _ = try await clock.send(core)
    let first = clock.now
    #expect(abs(first.timeIntervalSince1970 - 784_111_777.5) < 0.001)
    try await steady.sleep(for: .seconds(90))
    #expect(abs(clock.now.timeIntervalSince(first) - 90) < 0.001)
    // It stays steady within the header's second, and follows where the server's own was set.
    let before = clock.now
    server.date.withLock { $0 = "Sun, 06 Nov 1994 08:51:06 GMT" }
    _ = try await clock.send(core)
    #expect(clock.now == before)
    server.date.withLock { $0 = "Sun, 06 Nov 1994 07:00:00 GMT" }
    _ = try await clock.send(core)
    #expect(abs(clock.now.timeIntervalSince1970 - 784_105_200.5) < 0.001)
  }

  @Test(arguments: [
    ["apis", "cluster.core.oam.dev", "v1alpha1", "clustergateways", "c", "proxy", "healthz"],
    ["api", "v1", "namespaces", "n", "services", "s", "proxy"],
  ]) func `the dates of proxied responses don't count`(path: [String]) async throws {
    let clock = clock()
    server.date.withLock { $0 = "Sun, 06 Nov 1994 08:49:37 GMT" }
    _ = try await clock.send(KubeRequest(method: .get, path: path))
    #expect(clock.now == Date(timeIntervalSince1970: 1_000))
  }
}
