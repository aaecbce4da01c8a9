import Foundation
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct Streams {
  struct Cut: Error {}

  @Test(arguments: [true, false]) func `a body arrives chunk by chunk`(http2: Bool) async throws {
    let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
    try await withServer(
      http2: http2, handler: { _ in KubeResponse(status: .ok, body: ResponseBody(chunks)) }
    ) { server in
      try await withTransport(try trusting(server)) { transport in
        let response = try await transport.send(versionRequest)
        var body = response.body.makeAsyncIterator()
        for text in ["first\n", "second\n", "third\n"] {
          // The next event arrives when it happens and not before.
          producer.yield(Array(text.utf8))
          let chunk = try await body.next()
          #expect(chunk.map { String(decoding: $0, as: UTF8.self) } == text)
        }
        producer.finish()
        let end = try await body.next()
        #expect(end == nil)
      }
    }
  }

  @Test(arguments: [true, false]) func `a body that the server truncates throws`(http2: Bool) async throws {
    let handler: @Sendable (KubeRequest) async -> KubeResponse = { _ in
      KubeResponse(
        status: .ok,
        body: ResponseBody(makeIterator: {
          var count = 0
          return ResponseBody.AsyncIterator {
            count += 1
            if count == 1 { return Array("half".utf8) }
            throw Cut()
          }
        }))
    }
    try await withServer(http2: http2, handler: handler) { server in
      try await withTransport(try trusting(server)) { transport in
        let error = await #expect(throws: TransportError.self) {
          _ = try await transport.send(versionRequest).text()
        }
        #expect(error?.code == .connectionLost || error?.code == .invalidResponse)
        #expect(error?.requestWasSent == true)
      }
    }
  }

  @Test(arguments: [true, false]) func `cancelling the reader ends the body`(http2: Bool) async throws {
    let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
    producer.yield([1])
    let isReading = Shared(false)
    try await withServer(
      http2: http2, handler: { _ in KubeResponse(status: .ok, body: ResponseBody(chunks)) }
    ) { server in
      try await withTransport(try trusting(server)) { transport in
        let reader = Task {
          let response = try await transport.send(versionRequest)
          for try await _ in response.body { isReading.value = true }
        }
        try await eventually { isReading.value }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
      }
      producer.finish()
    }
  }

  @Test(arguments: [true, false]) func `a watch ends on the server when its reader stops`(http2: Bool)
    async throws
  {
    let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
    let hasEnded = Shared(false)
    producer.onTermination = { _ in hasEnded.value = true }
    producer.yield([1])
    try await withServer(
      http2: http2, handler: { _ in KubeResponse(status: .ok, body: ResponseBody(chunks)) }
    ) {
      server in
      try await withTransport(try trusting(server)) { transport in
        let reader = Task {
          let request = KubeRequest(
            method: .get, path: ["api", "v1", "pods"], query: [.init("watch", "true")])
          var body = try await transport.send(request).body.makeAsyncIterator()
          return try await body.next()
        }
        let first = try await reader.value
        #expect(first == [1])
        // The body is unreachable: the client releases the response, and nothing is written that
        // could notify the server.
        try await eventually { hasEnded.value }
      }
    }
  }

  @Test(arguments: [true, false]) func `broken watches leave nothing behind`(http2: Bool) async throws {
    let open = Shared(0)
    let served = Shared(0)
    let handler: @Sendable (KubeRequest) async -> KubeResponse = { _ in
      let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
      open.change { $0 += 1 }
      served.change { $0 += 1 }
      producer.onTermination = { _ in open.change { $0 -= 1 } }
      producer.yield([1])
      return KubeResponse(status: .ok, body: ResponseBody(chunks))
    }
    try await withServer(http2: http2, handler: handler) { server in
      try await withTransport(try trusting(server)) { transport in
        let request = KubeRequest(method: .get, path: ["api", "v1", "pods"], query: [.init("watch", "true")])
        for _ in 0..<5 {
          try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
              group.addTask {
                var body = try await transport.send(request).body.makeAsyncIterator()
                _ = try await body.next()
              }
            }
            try await group.waitForAll()
          }
        }
        #expect(served.value == 100)
        try await eventually { open.value == 0 }
        // And there is room for more.
        _ = try await transport.send(request)
      }
    }
  }

  @Test func `cancelling the caller ends the wait for the head`() async throws {
    let isAsked = Shared(false)
    let (end, ender) = AsyncStream<Void>.makeStream()
    try await withServer(handler: { _ in
      isAsked.value = true
      for await _ in end {}
      return .text("{}")
    }) { server in
      try await withTransport(try trusting(server)) { transport in
        let caller = Task { try await transport.send(versionRequest).status }
        try await eventually { isAsked.value }
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
      }
      ender.finish()
    }
  }

  @Test func `a late head is a timeout that may have taken effect`() async throws {
    let isAsked = Shared(false)
    let (end, ender) = AsyncStream<Void>.makeStream()
    try await withServer(handler: { request in
      if request.method == .post {
        isAsked.value = true
        for await _ in end {}
      }
      return .text("{}")
    }) { server in
      try await withTransport(try trusting(server)) { transport in
        // The handshake would take part of the timeout.
        try await expectOK(transport)
        let request = KubeRequest(method: .post, path: ["x"], timeout: .milliseconds(500))
        let error = await #expect(throws: TransportError.self) { _ = try await transport.send(request) }
        #expect(error?.code == .timedOut && error?.requestWasSent == true)
        try await eventually { isAsked.value }
        try await expectOK(transport)
      }
      ender.finish()
    }
  }

  @Test func `the timeout limits the head and not the body`() async throws {
    let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
    try await withServer(handler: {
      $0.path == versionRequest.path ? .text("{}") : KubeResponse(status: .ok, body: ResponseBody(chunks))
    }) { server in
      try await withTransport(try trusting(server)) { transport in
        // The handshake would take part of the timeout.
        try await expectOK(transport)
        // HTTP/2 sends the head with the first chunk or before; in any case long before the end.
        producer.yield([1])
        // So long that a busy machine meets it.
        let response = try await transport.send(
          KubeRequest(method: .get, path: ["x"], timeout: .seconds(2)))
        var body = response.body.makeAsyncIterator()
        _ = try await body.next()
        try await Task.sleep(for: .milliseconds(2500))
        producer.yield([2])
        let second = try await body.next()
        #expect(second == [2])
        producer.finish()
      }
    }
  }

  @Test func `a connection refusal means that nothing was sent`() async throws {
    let port = try await withServer(handler: { _ in .text("") }) { $0.port }
    let configuration = try trusting(try ServerURL("https://127.0.0.1:\(port)"))
    try await withTransport(configuration) { transport in
      let error = await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
      #expect(
        error?.code == .connectionFailed && error?.requestWasSent == false, "\(String(describing: error))")
    }
  }

  @Test func `a shutdown ends current requests and refuses new ones`() async throws {
    let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
    producer.yield([1])
    try await withServer(handler: { _ in KubeResponse(status: .ok, body: ResponseBody(chunks)) }) { server in
      let transport = try await HTTPTransport(try trusting(server), environment: HostEnvironment())
      let response = try await transport.send(versionRequest)
      var body = response.body.makeAsyncIterator()
      _ = try await body.next()
      await transport.shutdown()
      await #expect(throws: TransportError.self) { _ = try await body.next() }
      let error = await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
      #expect(error?.code == .shutDown && error?.requestWasSent == false)
      await transport.shutdown()
      producer.finish()
    }
  }

  @Test func `a released transport shuts down after its last body`() async throws {
    try await withServer(handler: { _ in .text("all of it") }) { server in
      let response = try await HTTPTransport(try trusting(server), environment: HostEnvironment()).send(
        versionRequest)
      let text = try await response.text()
      #expect(text == "all of it")
    }
  }

  @Test func `a watch continues while its credentials are renewed`() async throws {
    let certificates = try certificates()
    let directory = try TemporaryDirectory()
    let file = try directory.write("ca.crt", certificates.ca.certificate)
    let (chunks, producer) = AsyncStream<[UInt8]>.makeStream()
    producer.yield([1])
    let handler: @Sendable (KubeRequest) async -> KubeResponse = {
      $0.path == ["watch"] ? KubeResponse(status: .ok, body: ResponseBody(chunks)) : .text("{}")
    }
    try await withServer(handler: handler) { server in
      let configuration = ClientConfiguration(server: server, trust: .caBundle(.file(file)))
      try await withTransport(configuration, options: HTTPTransportOptions(credentialRecheckInterval: .zero))
      {
        transport in
        let response = try await transport.send(KubeRequest(method: .get, path: ["watch"]))
        var body = response.body.makeAsyncIterator()
        _ = try await body.next()
        try directory.write(
          "ca.crt", certificates.ca.certificate + certificates.otherCA.certificate)
        try await expectOK(transport)
        producer.yield([2])
        let second = try await body.next()
        #expect(second == [2])
        producer.finish()
      }
    }
  }
}
