import Foundation
import KubeConfig
import KubeCore
import KubeTransport
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import KubeHTTP
@testable import KubeTestServer

/// Closing isn't delayed by the peer, whatever that does or doesn't do.
@Suite(.timeLimit(.minutes(5))) struct ClosingTests {
  private static func port(http2: Bool, _ handler: @escaping TLSServer.Handler) throws -> TLSServer {
    let pair = try certificates().server
    return try TLSServer(
      certificateChainPEM: pair.certificate, keyPEM: pair.key, allowsHTTP2: http2, handler: handler)
  }

  /// A server that completes the handshake, negotiates HTTP/2 and then sends nothing, like a
  /// stopped one.
  @Test func `a server that falls silent after the handshake doesn't delay a shutdown`() async throws {
    let pair = try certificates().server
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(pair.certificate).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: pair.key.exposed(), format: .pem)))
    tls.applicationProtocols = ["h2"]
    let context = try NIOSSLContext(configuration: tls)
    let received = Shared(0)
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.addHandler(Ear(received))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    let transport = try await HTTPTransport(
      try trusting(ServerURL("https://127.0.0.1:\(port)")), environment: HostEnvironment())
    let caller = Task { try await transport.send(versionRequest).status }
    // The client's part of HTTP/2 has begun.
    try await eventually { received.value > 0 }
    caller.cancel()
    await #expect(throws: CancellationError.self) { try await caller.value }
    await transport.shutdown()
    try await listener.close()
  }

  /// A handler that counts decrypted bytes and answers nothing.
  private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let received: Shared<Int>
    init(_ received: Shared<Int>) { self.received = received }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      received.change { $0 += unwrapInboundIn(data).readableBytes }
    }
  }

  @Test(arguments: [true, false]) func `a client without a handshake doesn't keep a port open`(http2: Bool)
    async throws
  {
    let server = try Self.port(http2: http2) { _ in .text("{}") }
    let number = try await server.start()
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: number).get()
    // A later client was served, so that the server has accepted the silent one.
    try await withTransport(try trusting(ServerURL("https://127.0.0.1:\(number)"))) { try await expectOK($0) }
    await server.stop()
    try? await client.close()
  }

  /// NIOSSL's default of five seconds would delay a shutdown.
  @Test func `a closing connection waits less than a second for its peer`() throws {
    let settings = try ConnectionSettings(
      trusting(ServerURL("https://127.0.0.1:443")), HTTPTransportOptions())
    let client = try settings.tlsConfiguration(TLSMaterial(trust: .system), trust: .system, check: nil)
    #expect(client.shutdownTimeout < .seconds(1))
    let pair = try certificates().server
    let server = try TLSServer.tlsConfiguration(
      certificateChainPEM: pair.certificate, keyPEM: pair.key, clientCAPEM: nil)
    #expect(server.shutdownTimeout < .seconds(1))
  }

  /// A request at that moment is answered or refused, and ends neither process nor test.
  @Test(arguments: [true, false]) func `closing a port ends its requests`(http2: Bool) async throws {
    for _ in 0..<20 {
      let answered = Shared(0)
      let server = try Self.port(http2: http2) { _ in
        answered.change { $0 += 1 }
        return .text("{}")
      }
      let number = try await server.start()
      let configuration = try trusting(ServerURL("https://127.0.0.1:\(number)"))
      try await withTransport(configuration) { transport in
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<8 {
            group.addTask {
              while (try? await transport.send(versionRequest).text()) != nil {}
            }
          }
          try? await eventually { answered.value > 40 }
          await server.stop()
        }
      }
      try await eventually { try FaultTests.sockets([number]) == 0 }
    }
  }
}
