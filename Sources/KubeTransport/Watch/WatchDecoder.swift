import KubeCore

/// Decodes the body of a watch, split anywhere into chunks, to its events: one JSON document per
/// line.
///
/// Pure and bounded: it holds at most one unfinished frame, and looks at each byte a bounded number
/// of times, however the body is split.
package struct WatchDecoder: Sendable {
  /// The reason why a body isn't a stream of events. Never quotes the stream.
  package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The problem, for people.
    package let description: String
  }

  /// The maximum size of an event, in bytes.
  package let maximumFrameBytes: Int
  /// The required kind of the events' objects; `nil` for any.
  private let expected: AnswerKind?
  private let parser: JSONParser
  private var unfinished: [UInt8] = []

  /// Creates a decoder. By default an event may have 16 MiB, ten times etcd's default limit, and
  /// be of any kind.
  package init(maximumFrameBytes: Int = 16 << 20, expecting expected: AnswerKind? = nil) {
    self.maximumFrameBytes = maximumFrameBytes
    self.expected = expected
    parser = JSONParser(maximumBytes: maximumFrameBytes)
  }

  /// Returns the events that are complete with `chunk`.
  package mutating func push(_ chunk: [UInt8]) throws(Failure) -> [WatchEvent] {
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

  /// Returns the last event if the body ended without a newline but the event is complete; `nil` if
  /// it was cut off.
  package mutating func finish() -> WatchEvent? {
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
