import NIOCore
import NIOEmbedded
import Testing

@testable import KubeHTTP

@Suite struct ConnectionCheckTests {
  private static let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  private static func connection() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel(handler: HTTP2ConnectionCheck())
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return channel
  }

  /// Nothing has arrived for the interval.
  private static func idle(_ channel: EmbeddedChannel) {
    channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read)
  }

  /// The bytes that were sent since the last call.
  private static func sent(_ channel: EmbeddedChannel) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
    return bytes
  }

  @Test func `a connection without responses stays open while its server answers`() throws {
    let channel = try Self.connection()
    for _ in 0..<3 {
      Self.idle(channel)
      #expect(try Self.sent(channel) == Self.ping)
      try channel.writeInbound(ByteBuffer(bytes: [1, 2, 3]))
      #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(bytes: [1, 2, 3]))
    }
    #expect(channel.isActive)
    _ = try channel.finish()
  }

  @Test func `a connection on which nothing arrives after a PING is closed`() throws {
    let channel = try Self.connection()
    Self.idle(channel)
    #expect(try Self.sent(channel) == Self.ping && channel.isActive)
    Self.idle(channel)
    #expect(try Self.sent(channel).isEmpty && !channel.isActive)
    _ = try channel.finish(acceptAlreadyClosed: true)
  }
}
