import KubeCore
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct WatchDecoderTests {
  static let stream: [UInt8] =
    event("ADDED", configMap("a", version: "1")) + event("MODIFIED", configMap("a", version: "2"))
    + event("BOOKMARK", ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["resourceVersion": "5"]])
    + [0x0D, 0x0A] + event("DELETED", configMap("a", version: "6"))
    + event("ERROR", status(410, "Expired", "too old resource version"))

  func expected() throws -> [WatchEvent] {
    [
      .added(try object("a", version: "1")), .modified(try object("a", version: "2")),
      .bookmark(resourceVersion: "5"), .deleted(try object("a", version: "6")),
      .error(
        Status(
          status: "Failure", message: "too old resource version", reason: "Expired", details: nil, code: 410)),
    ]
  }

  func normalized(_ events: [WatchEvent]) -> [WatchEvent] {
    events.map { event in
      guard case .error(var status) = event else { return event }
      status.details = nil
      return .error(status)
    }
  }

  @Test func `frames may be split at every byte`() throws {
    let expected = try expected()
    for cut in 0...Self.stream.count {
      var decoder = WatchDecoder()
      var events = try decoder.push(Array(Self.stream[..<cut]))
      events += try decoder.push(Array(Self.stream[cut...]))
      #expect(normalized(events) == expected, "cut at \(cut)")
      #expect(decoder.finish() == nil)
    }
  }

  @Test(arguments: [1, 2, 3, 7, 64])
  func `frames may arrive in pieces of any length`(_ length: Int) throws {
    var decoder = WatchDecoder()
    var events: [WatchEvent] = []
    for start in stride(from: 0, to: Self.stream.count, by: length) {
      events += try decoder.push(Array(Self.stream[start..<min(start + length, Self.stream.count)]))
    }
    #expect(normalized(events) == (try expected()))
  }

  @Test func `a stream truncated anywhere yields only whole events`() throws {
    let whole = event("ADDED", configMap("a"))
    for cut in 0..<whole.count {
      var decoder = WatchDecoder()
      #expect(try decoder.push(Array(whole[..<cut])).isEmpty)
      let last = decoder.finish()
      #expect(cut == whole.count - 1 ? last == .added(try object("a")) : last == nil)
    }
  }

  @Test func `a frame beyond the limit is refused before it is complete`() throws {
    var decoder = WatchDecoder(maximumFrameBytes: 100)
    #expect(try decoder.push([UInt8](repeating: 0x20, count: 100)).isEmpty)
    #expect(throws: WatchDecoder.Failure.self) { try decoder.push([0x20]) }
    var other = WatchDecoder(maximumFrameBytes: 100)
    #expect(throws: WatchDecoder.Failure.self) {
      try other.push([UInt8](repeating: 0x20, count: 101) + [0x0A])
    }
  }

  @Test(arguments: [
    "nonsense", "{}", "[]", "{\"type\":\"ADDED\"}", "{\"type\":\"WHAT\",\"object\":{}}",
    "{\"type\":\"BOOKMARK\",\"object\":{}}",
    "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"s\",\"uid\":[\"hunter2\"]}}}",
    "{\"type\":\"hunter2\"}", "\u{0}\u{1}", "{\"type\":\"ADDED\",\"object\":{\"a\":\"hunter2}}",
  ])
  func `bytes that are no event are an error that quotes nothing`(_ text: String) {
    var decoder = WatchDecoder()
    let failure = #expect(throws: WatchDecoder.Failure.self) { try decoder.push(Array(text.utf8) + [0x0A]) }
    #expect(failure?.description.contains("hunter2") == false)
  }
}
