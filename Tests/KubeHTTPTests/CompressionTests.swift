import Foundation
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeMemory
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct CompressionTests {
  /// `bytes` compressed by the gzip command.
  static func gzipped(_ bytes: [UInt8]) async throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    let file = try directory.write("body", bytes)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-9", "-n", file]
    // Waiting for the process would block a thread of the other tests.
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in done.resume() }
      do { try process.run() } catch { done.resume(throwing: error) }
    }
    return Array(try Data(contentsOf: URL(fileURLWithPath: file + ".gz")))
  }

  static let listRequest = KubeRequest.list(
    ResourceSelection(
      ResourceType(group: "", version: "v1", kind: "Pod", plural: "pods", isNamespaced: true)))

  static func response(_ bytes: [UInt8]..., encoding: String = "gzip") -> KubeResponse {
    KubeResponse(
      status: .ok, headers: [.contentType: "application/json", .contentEncoding: encoding],
      body: ResponseBody(
        AsyncStream([UInt8].self) { continuation in
          for chunk in bytes { continuation.yield(chunk) }
          continuation.finish()
        }))
  }

  /// The result of reading `response` over a transport with `options`.
  func read(
    _ response: @autoclosure @escaping @Sendable () -> KubeResponse, http2: Bool,
    options: HTTPTransportOptions = HTTPTransportOptions()
  ) async throws -> (text: String, headers: HTTPFields) {
    try await withServer(http2: http2, handler: { _ in response() }) { server in
      try await withTransport(try trusting(server), options: options) { transport in
        let response = try await transport.send(Self.listRequest)
        return (try await response.text(), response.headers)
      }
    }
  }

  @Test(arguments: [true, false]) func `a compressed body is read decompressed`(http2: Bool) async throws {
    let text = String(repeating: "{\"kind\":\"PodList\"}\n", count: 20_000)
    let bytes = try await Self.gzipped(Array(text.utf8))
    let half = bytes.count / 2
    let answer = try await read(
      Self.response(Array(bytes[..<half]), Array(bytes[half...])), http2: http2)
    #expect(answer.text == text)
    #expect(answer.headers[.contentEncoding] == nil && answer.headers[.contentLength] == nil)
    #expect(answer.headers[.contentType] == "application/json")
  }

  @Test(arguments: [true, false])
  func `compression is asked for documents and never for streams`(http2: Bool) async throws {
    let seen = Shared<[String]>([])
    try await withServer(
      http2: http2,
      handler: { request in
        let what = request.queryValue("watch") == nil ? request.path.last ?? "" : "watch"
        let line = "\(what): \(request.headers[.acceptEncoding] ?? "nothing")"
        // A busy machine may lose a connection, and the request is repeated.
        seen.change { if $0.last != line { $0.append(line) } }
        return .text("{}")
      }
    ) { server in
      let selection = ResourceSelection(
        ResourceType(group: "", version: "v1", kind: "Pod", plural: "pods", isNamespaced: true))
      try await withTransport(try trusting(server)) { transport in
        for request in [
          KubeRequest.list(selection), .watch(selection), .raw(path: "/api/v1/namespaces/n/pods/p/log"),
        ] {
          _ = try await RetryingTransport(transport).send(request).text()
        }
      }
      let options = HTTPTransportOptions(maximumDecompressedBytes: 0)
      try await withTransport(try trusting(server), options: options) { transport in
        _ = try await RetryingTransport(transport).send(.list(selection)).text()
      }
    }
    #expect(seen.value == ["pods: gzip", "watch: identity", "log: identity", "pods: identity"])
  }

  /// 64 MiB of zeros are 64 KiB compressed.
  @Test(arguments: [true, false])
  func `a body that decompresses beyond the limit is an error`(http2: Bool) async throws {
    let bomb = try await Self.gzipped([UInt8](repeating: 0x20, count: 64 << 20))
    #expect(bomb.count < 100_000)
    let options = HTTPTransportOptions(maximumDecompressedBytes: 1 << 20)
    let error = await #expect(throws: TransportError.self) {
      try await read(Self.response(bomb), http2: http2, options: options)
    }
    #expect(error?.code == .invalidResponse)
    #expect(error?.message.contains("longer than the limit once it is decompressed") == true)
    // The limit applies to each response.
    let plain = [UInt8](repeating: 0x20, count: 700_000)
    let allowed = try await Self.gzipped(plain)
    try await withServer(http2: http2, handler: { _ in Self.response(allowed) }) { server in
      try await withTransport(try trusting(server), options: options) { transport in
        for _ in 0..<3 {
          let text = try await transport.send(Self.listRequest).text()
          #expect(text.utf8.count == plain.count)
        }
      }
    }
  }

  @Test(arguments: [true, false])
  func `a compressed body that is cut off or none never looks complete`(http2: Bool) async throws {
    let bytes = try await Self.gzipped(Array(String(repeating: "0123456789", count: 1000).utf8))
    for body in [Array(bytes.dropLast(9)), Array(bytes[..<10]), Array("{}".utf8), bytes + bytes] {
      let error = await #expect(throws: TransportError.self, "\(body.count) bytes") {
        try await read(Self.response(body), http2: http2)
      }
      #expect(error?.code == .invalidResponse || error?.code == .connectionLost)
    }
  }

  /// Events come one by one over a transport that takes compressed documents.
  @Test(arguments: [true, false]) func `a watch streams as before`(http2: Bool) async throws {
    let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
    try await withServer(
      http2: http2, handler: { _ in KubeResponse(status: .ok, body: ResponseBody(chunks)) }
    ) { server in
      try await withTransport(try trusting(server)) { transport in
        let client = KubeClient(transport, fieldManager: "me")
        let type = ResourceType(
          group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
        var events = try await client.watch(ResourceSelection(type)).makeAsyncIterator()
        for number in 1...5 {
          producer.yield(
            Array(
              "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\(number)\"}}}\n"
                .utf8))
          guard case .added(let object) = try await events.next() else { throw CancellationError() }
          #expect(object.metadata.name == "c\(number)")
        }
        producer.finish()
      }
    }
  }
}
