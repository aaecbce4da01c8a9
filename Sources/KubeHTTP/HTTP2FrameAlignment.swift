import NIOCore
import NIOSSL

/// Passes the bytes of an HTTP/2 connection on in whole frames (RFC 9113, section 4.1).
///
/// NIOHTTP2's decoder copies all that it was given since bytes last ended with a frame whenever more come. On a
/// connection that is never idle, as in the first moments of a large watch, that is all of tens of megabytes, over and over.
/// The bytes themselves stay as they are, whatever they are.
final class HTTP2FrameAlignment: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private static let headerLength = 9
  /// SETTINGS_MAX_FRAME_SIZE unless said otherwise, and the client says nothing else.
  private static let maximumPayload = 16_384

  /// The beginning of a frame whose rest hasn't come yet; never longer than a frame.
  private var held = ByteBuffer()
  /// Whether what comes isn't HTTP/2 as expected, so that the decoder gets everything and may refuse it.
  private var isTransparent = false

  /// Puts an alignment where the decrypted bytes of `channel` come out.
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
      // A copy, so that what was passed on can be freed.
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

  /// How many of the readable bytes are whole frames.
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
