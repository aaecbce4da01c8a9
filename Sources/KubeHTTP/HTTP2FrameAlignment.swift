import NIOCore
import NIOSSL

/// A channel handler that passes the bytes of an HTTP/2 connection on in whole frames (RFC 9113,
/// section 4.1).
///
/// NIOHTTP2's decoder copies all bytes since the last one that ended with a frame whenever more
/// arrive. On a busy connection, as at the beginning of a large watch, that is tens of megabytes,
/// again and again. The bytes themselves are never changed.
final class HTTP2FrameAlignment: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private static let headerLength = 9
  /// The default SETTINGS_MAX_FRAME_SIZE, which the client doesn't change.
  private static let maximumPayload = 16_384

  /// The beginning of an incomplete frame; never longer than a frame.
  private var held = ByteBuffer()
  /// Whether the bytes aren't HTTP/2 as expected, so that the decoder gets everything and can
  /// refuse it.
  private var isTransparent = false

  /// Installs an alignment at the decrypted end of `channel`.
  static func install(on channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.submit {
      let pipeline = channel.pipeline.syncOperations
      let tls = try pipeline.handler(type: NIOSSLClientHandler.self)
      try pipeline.addHandler(HTTP2FrameAlignment(), position: .after(tls))
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if held.readableBytes > 0 {
      held.writeBuffer(&bytes)
      bytes = held
      held = ByteBuffer()
    }
    let length = isTransparent ? bytes.readableBytes : wholeFrames(bytes)
    guard let frames = bytes.readSlice(length: length) else { return }
    if bytes.readableBytes > 0 {
      // A copy, so that the bytes that were passed on can be freed.
      held = context.channel.allocator.buffer(capacity: Self.headerLength + Self.maximumPayload)
      held.writeBuffer(&bytes)
    }
    if length > 0 { context.fireChannelRead(wrapInboundOut(frames)) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if held.readableBytes > 0 {
      context.fireChannelRead(wrapInboundOut(held))
      held = ByteBuffer()
    }
    context.fireChannelInactive()
  }

  /// The number of readable bytes that are whole frames.
  private func wholeFrames(_ bytes: ByteBuffer) -> Int {
    var end = bytes.readerIndex
    while bytes.writerIndex - end >= Self.headerLength,
      let high = bytes.getInteger(at: end, as: UInt8.self),
      let low = bytes.getInteger(at: end + 1, as: UInt16.self)
    {
      let payload = Int(high) << 16 | Int(low)
      guard payload <= Self.maximumPayload else {
        isTransparent = true
        return bytes.readableBytes
      }
      guard bytes.writerIndex - end - Self.headerLength >= payload else { break }
      end += Self.headerLength + payload
    }
    return end - bytes.readerIndex
  }
}
