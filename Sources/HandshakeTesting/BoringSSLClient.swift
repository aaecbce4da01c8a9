package import Foundation
import NIOCore
package import NIOPosix
import NIOSSL

/// A client that verifies with BoringSSL, by NIOSSL's own full verification, at the time of the
/// program's clock.
package final class BoringSSLClient: HandshakeClient {
  package let stack = "BoringSSL"
  private let group: MultiThreadedEventLoopGroup
  private var contexts: [[UInt8]: NIOSSLContext] = [:]

  package init(_ group: MultiThreadedEventLoopGroup) { self.group = group }

  package func failure(port: Int, bundle: [UInt8], serverName: String, at time: Date) -> String? {
    do {
      let context = try context(bundle)
      let answer = group.next().makePromise(of: Void.self)
      let connected = ClientBootstrap(group: group).connectTimeout(.seconds(20)).channelInitializer {
        channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: serverName))
          try channel.pipeline.syncOperations.addHandler(Exchange(answer))
        }
      }.connect(host: "127.0.0.1", port: port)
      connected.cascadeFailure(to: answer)
      defer { connected.whenSuccess { $0.close(promise: nil) } }
      try answer.futureResult.wait()
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func context(_ bundle: [UInt8]) throws -> NIOSSLContext {
    if let context = contexts[bundle] { return context }
    if contexts.count > 8 { contexts = [:] }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bundle))
    configuration.certificateVerification = .fullVerification
    let context = try NIOSSLContext(configuration: configuration)
    contexts[bundle] = context
    return context
  }

  /// One request and the first bytes of its response.
  private final class Exchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: EventLoopPromise<Void>

    init(_ answer: EventLoopPromise<Void>) { self.answer = answer }

    func channelActive(context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let text = String(buffer: unwrapInboundIn(data))
      if text.hasPrefix("HTTP/1.1 200") {
        answer.succeed()
      } else {
        answer.fail(Loopback.Failure(description: "another answer: \(text.prefix(40))"))
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      answer.fail(error)
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      answer.fail(Loopback.Failure(description: "there is no answer"))
    }
  }
}
