import Foundation
import KubeRuntime
import Synchronization
import Testing

@testable import KubeServer

/// A `ProbeServer` over plain HTTP.
@Suite(.timeLimit(.minutes(5))) struct ProbeServerTests {
  /// Runs a server while `body` runs.
  private func serving(
    _ probes: Probes = Probes(), idleTimeout: Duration? = nil, maximumConnections: Int? = nil,
    _ body: (Int) async throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var server = ProbeServer(
      host: "127.0.0.1", port: 0, probes: probes, logger: CapturedLog().logger,
      onListening: { port in
        continuation.yield(port ?? 0)
        continuation.finish()
      })
    if let idleTimeout { server.idleTimeout = idleTimeout }
    if let maximumConnections { server.maximumConnections = maximumConnections }
    let task = Task { [server] in
      defer { continuation.finish() }
      try await server.run()
    }
    defer { task.cancel() }
    var opened: Int?
    for await port in ports { opened = port }
    try await body(try #require(opened))
    task.cancel()
    _ = await task.result
  }

  @Test func `an idle connection is closed`() async throws {
    try await serving(idleTimeout: .milliseconds(20)) { port in
      try await ClientSocket(port: port).closed()
    }
  }

  @Test func `a connection beyond the maximum waits until another one is closed`() async throws {
    let running = Mutex((now: 0, most: 0, all: 0))
    let check = Probes.Check("slow") {
      let isFirst = running.withLock { running in
        running.now += 1
        running.all += 1
        running.most = max(running.most, running.now)
        return running.all == 1
      }
      defer { running.withLock { $0.now -= 1 } }
      // Long enough for the other connection's request to arrive, if that is accepted.
      if isFirst { try await Task.sleep(for: .milliseconds(500)) }
    }
    try await serving(Probes(liveness: [check]), maximumConnections: 1) { port in
      let first = try ClientSocket(port: port)
      try first.get("/livez")
      while running.withLock({ $0.all }) == 0 { try await Task.sleep(for: .milliseconds(2)) }
      let second = try ClientSocket(port: port)
      try second.get("/livez")
      try await first.closed()
      first.end()
      try await second.closed()
    }
    #expect(running.withLock { $0.all } == 2)
    #expect(running.withLock { $0.most } == 1)
  }
}

/// A TCP connection to a port of this machine.
private final class ClientSocket {
  private var descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
  }

  deinit { end() }

  func end() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
  }

  func get(_ path: String) throws {
    let bytes = Array("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
    try #require(send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
  }

  /// Waits until the server has closed the connection; what it sends is discarded.
  func closed() async throws {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT)) != 0 {
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}
