import Foundation
import HTTPTypes
import KubeConfig
import KubeHTTP
import KubeMemory
import KubeTransport
import Testing

extension FaultTests {
  /// The whole of a file of /proc, which doesn't know its length.
  private static func text(_ path: String) throws -> String {
    let handle = try #require(FileHandle(forReadingAtPath: path))
    defer { try? handle.close() }
    var data = Data()
    while let part = try handle.read(upToCount: 1 << 16), !part.isEmpty { data += part }
    return String(decoding: data, as: UTF8.self)
  }

  /// Sockets of this process with an end at one of `ports`.
  static func sockets(_ ports: [Int]) throws -> Int {
    let wanted = Set(ports)
    var inodes: Set<String> = []
    for line in try Self.text("/proc/self/net/tcp").split(separator: "\n")
      .dropFirst()
    {
      let fields = line.split(separator: " ")
      guard fields.count > 9 else { continue }
      let ends = fields[1...2].compactMap { $0.split(separator: ":").last.flatMap { Int($0, radix: 16) } }
      // The listeners themselves stay.
      if fields[3] != "0A", !wanted.isDisjoint(with: ends) { inodes.insert(String(fields[9])) }
    }
    return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
      else {
        return false
      }
      return target.hasPrefix("socket:[") && inodes.contains(String(target.dropFirst(8).dropLast()))
    }
  }

  /// An object that lives as long as its response.
  final class OpenResponse: Sendable {
    let count: Shared<Int>
    init(_ count: Shared<Int>) {
      self.count = count
      count.change { $0 += 1 }
    }
    deinit { count.change { $0 -= 1 } }
  }

  @Test(arguments: [true, false])
  func `a thousand broken watches leave nothing behind`(http2: Bool) async throws {
    let cluster = try await Self.populatedHub()
    let proxy = FaultyProxy()
    let (open, readers) = (Shared(0), Shared(0))
    // A connection each over HTTP/1.1, and its handshake.
    let (rounds, watches) = http2 ? (18, 50) : (5, 20)
    try await withServer(
      http2: http2,
      handler: { request in
        guard var response = try? await cluster.send(request) else { return .text("", status: .badGateway) }
        let sentinel = OpenResponse(open)
        let body = response.body
        response.body = ResponseBody {
          var chunks = body.makeAsyncIterator()
          return ResponseBody.AsyncIterator {
            defer { withExtendedLifetime(sentinel) {} }
            return try await chunks.next()
          }
        }
        return response
      }
    ) { server in
      let port = try await proxy.start(target: server.port)
      let ports = [port, server.port]
      let transport = try await HTTPTransport(
        try trusting(ServerURL("https://127.0.0.1:\(port)")), environment: HostEnvironment())
      let client = KubeClient(transport, fieldManager: "me")
      #expect(try Self.sockets(ports) == 0)
      for _ in 0..<rounds {
        let opened = Shared(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<watches {
            group.addTask {
              let sentinel = OpenResponse(readers)
              defer { withExtendedLifetime(sentinel) {} }
              var events = try await client.watch(Self.selection).makeAsyncIterator()
              #expect(try await events.next() != nil)
              opened.change { $0 += 1 }
              // Truncated: that must not look like the server's end.
              let error = await #expect(throws: KubeError.self) {
                while try await events.next() != nil {}
              }
              #expect(error?.code == .transportFailure)
            }
          }
          try await eventually { opened.value == watches }
          #expect(try Self.sockets(ports) > 0)
          proxy.cutAll()
          try await group.waitForAll()
        }
      }
      try await eventually { open.value == 0 }
      #expect(readers.value == 0)
      try await eventually { proxy.connectionCount == 0 }
      try await eventually { try Self.sockets(ports) == 0 }
      await transport.shutdown()
      await proxy.stop()
    }
  }
}
