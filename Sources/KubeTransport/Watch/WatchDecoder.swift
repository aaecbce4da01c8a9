import KubeCore

/// Turns the body of a watch, cut anywhere into chunks, into its events: a JSON document a line.
///
/// Pure and bounded: it holds at most one unfinished frame, and each byte is looked at a bounded number of
/// times, however
/// the chunks are cut.
public struct WatchDecoder: Sendable {
  /// Why a body is not a stream of events. Never quotes the stream.
  public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in words.
    public let description: String
  }

  /// How many bytes one event may have.
  public let maximumFrameBytes: Int
  /// What the events' objects must be; `nil` for any kind.
  private let expected: AnswerKind?
  private let parser: JSONParser
  private var unfinished: [UInt8] = []

  /// A decoder; an event may have 16 MiB unless said otherwise, ten times what etcd stores by default.
  public init(maximumFrameBytes: Int = 16 << 20) {
    self.init(maximumFrameBytes: maximumFrameBytes, expecting: nil)
  }

  init(maximumFrameBytes: Int, expecting expected: AnswerKind?) {
    self.maximumFrameBytes = maximumFrameBytes
    self.expected = expected
    parser = JSONParser(maximumBytes: maximumFrameBytes)
  }

  /// Whether the bytes so far end inside an event.
  public var isInsideFrame: Bool { !unfinished.isEmpty }

  /// The events that are complete with `chunk`.
  public mutating func push(_ chunk: [UInt8]) throws(Failure) -> [WatchEvent] {
    var events: [WatchEvent] = []
    var rest = chunk[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      try checkLength(adding: end - rest.startIndex)
      if unfinished.isEmpty {
        // The common case, without a copy.
        if let event = try event(rest[..<end]) { events.append(event) }
      } else {
        unfinished += rest[..<end]
        let frame = unfinished
        unfinished = []
        if let event = try event(frame[...]) { events.append(event) }
      }
      rest = rest[(end + 1)...]
    }
    try checkLength(adding: rest.count)
    unfinished += rest
    return events
  }

  /// The last event, where the body ended without a newline but the event is whole; `nil` where it was cut
  /// off.
  public mutating func finish() -> WatchEvent? {
    let frame = unfinished
    unfinished = []
    return (try? event(frame[...])) ?? nil
  }

  private func checkLength(adding count: Int) throws(Failure) {
    guard count <= maximumFrameBytes - unfinished.count else {
      throw Failure(description: "an event has more than the limit of \(maximumFrameBytes) bytes")
    }
  }

  private func event(_ frame: ArraySlice<UInt8>) throws(Failure) -> WatchEvent? {
    if frame.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return nil }
    let json: JSONValue
    do {
      json = try parser.parse(frame)
    } catch {
      throw Failure(description: "an event is not JSON (column \(error.column))")
    }
    do {
      return try WatchEvent(json, expecting: expected)
    } catch {
      // The path alone: the problem may repeat what the field holds.
      throw Failure(description: "the field \(error.path) of an event is not as the API has it")
    }
  }
}
