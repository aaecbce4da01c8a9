import NIOCore
import NIOSSL

/// A channel handler that closes a dead HTTP/2 connection, so that its responses end.
///
/// A NAT or load balancer may drop a connection without notifying either end, and a watch sends
/// nothing that would fail. After a time without bytes the handler sends a PING (RFC 9113, section
/// 6.7), which a server answers however long its responses take. If nothing arrives for the same
/// time again, the connection is closed.
final class HTTP2ConnectionCheck: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// A PING frame: its length, type, flags, stream and data.
  private static let ping: [UInt8] = [0, 0, 8, 6, 0] + [UInt8](repeating: 0, count: 4 + 8)

  /// Whether nothing has arrived since the last PING.
  private var isUnanswered = false

  /// Installs a check at the decrypted end of `channel`.
  ///
  /// - Parameter interval: The time without bytes before a PING, and after it.
  static func install(on channel: any Channel, interval: TimeAmount) -> EventLoopFuture<Void> {
    channel.eventLoop.submit {
      let pipeline = channel.pipeline.syncOperations
      let tls = try pipeline.handler(type: NIOSSLClientHandler.self)
      try pipeline.addHandlers(
        IdleStateHandler(readTimeout: interval), HTTP2ConnectionCheck(), position: .after(tls))
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isUnanswered = false
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case IdleStateHandler.IdleStateEvent.read = event else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    if isUnanswered {
      context.close(promise: nil)
    } else {
      isUnanswered = true
      // The HTTP/2 handler writes whole frames, so that this one is never within another.
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Self.ping)), promise: nil)
    }
  }
}
