import NIOCore
import NIOEmbedded
import Testing

@testable import KubeHTTP

@Suite struct FrameAlignmentTests {
  /// Frames with payloads of these lengths, and their end offsets.
  private static func frames(_ lengths: [Int]) -> (bytes: [UInt8], ends: Set<Int>) {
    var (bytes, ends): ([UInt8], Set<Int>) = ([], [])
    for length in lengths {
      bytes += [UInt8(length >> 16), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), 0, 0, 0, 0, 0, 1]
      bytes += (0..<length).map { UInt8($0 % 251) }
      ends.insert(bytes.count)
    }
    return (bytes, ends)
  }

  /// The bytes that are passed on when `bytes` arrive in pieces of `length`.
  private static func passed(_ bytes: [UInt8], inPiecesOf length: Int, closes: Bool) throws -> [[UInt8]] {
    let channel = EmbeddedChannel(handler: HTTP2FrameAlignment())
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    for start in stride(from: 0, to: bytes.count, by: length) {
      try channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + length, bytes.count)]))
    }
    if closes { channel.pipeline.fireChannelInactive() }
    var pieces: [[UInt8]] = []
    while let piece = try channel.readInbound(as: ByteBuffer.self) {
      pieces.append(Array(piece.readableBytesView))
    }
    _ = try channel.finish(acceptAlreadyClosed: true)
    return pieces
  }

  @Test(arguments: [1, 2, 9, 10, 100, 16_384, 16_393, 65_536, 1 << 20])
  func `whole frames are passed on however the bytes were split`(length: Int) throws {
    let (bytes, ends) = Self.frames([0, 1, 8, 16_384, 0, 4_000, 16_383, 16_384, 16_384, 5])
    let pieces = try Self.passed(bytes, inPiecesOf: length, closes: false)
    #expect(pieces.reduce([], +) == bytes)
    var end = 0
    for piece in pieces {
      end += piece.count
      #expect(ends.contains(end))
    }
  }

  @Test func `a truncated frame is passed on at the end`() throws {
    let bytes = Array(Self.frames([100, 200]).bytes.dropLast(50))
    #expect(try Self.passed(bytes, inPiecesOf: 64, closes: false).reduce([], +) == bytes.prefix(109))
    #expect(try Self.passed(bytes, inPiecesOf: 64, closes: true).reduce([], +) == bytes)
  }

  @Test func `bytes that are no such frame are passed to the decoder at once`() throws {
    let bytes = Self.frames([10]).bytes + Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
    #expect(try Self.passed(bytes, inPiecesOf: 7, closes: false).reduce([], +) == bytes)
  }
}
