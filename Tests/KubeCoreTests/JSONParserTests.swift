import Foundation
import KubeCore
import Synchronization
import Testing

@Suite struct JSONParserTests {
  @Test(
    arguments: [
      ("null", JSONValue.null), (" \t\r\n true ", true), ("false", false), ("0", 0), ("-1", -1),
      ("\"\"", ""), ("[]", []), ("{}", [:]), ("[1,[2,{}]]", [1, [2, [:]]]),
      (#"{"b":1,"a":[null]}"#, ["a": [.null], "b": 1]), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"),
      (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude00""#, "😀"), ("\"\u{7F}é😀\"", "\u{7F}é😀"),
      ("9223372036854775807", JSONValue.integer(Int64.max)),
      ("-9223372036854775808", JSONValue.integer(Int64.min)),
    ] as [(String, JSONValue)])
  func `the grammar of RFC 8259 is read`(text: String, value: JSONValue) throws {
    #expect(try JSONParser().parse(text) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "01", "-", "-01", "1.", ".5", "1e", "1e+", "+1", "0x1", "NaN", "1 2",
    "\"", "\"a", "\"\n\"", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\u12g4""#, "\"\\", "[", "[1", "[1,", "[1,]",
    "[,]",
    "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}",
    "]", "}",
    "'a'", "// c", "[1]x", "\u{FEFF}1", "1e5.5", "--1", "1-1",
  ])
  func `what is not JSON is refused with its place`(text: String) {
    let error = #expect(throws: JSONParseError.self) { try JSONParser().parse(text) }
    #expect((0...text.utf8.count).contains(error?.offset ?? -1))
  }

  @Test(arguments: [#"{"a":1,"a":2}"#, #"{"a":1,"b":2,"a":1}"#, #"{"b":{"\u0061":1,"a":1}}"#])
  func `a member that occurs twice is refused`(text: String) throws {
    let error = try #require(throws: JSONParseError.self) { try JSONParser().parse(text) }
    #expect(error.problem.contains("a"))
  }

  @Test func `canonically equivalent keys are different keys`() throws {
    let value = try JSONParser().parse(#"{"\u00e9":1,"e\u0301":2}"#)
    #expect(value.object?.count == 2)
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    #expect(JSONWriter().text(value).utf8.elementsEqual("{\"e\u{301}\":2,\"\u{E9}\":1}".utf8))
  }

  @Test(arguments: [#""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800x""#, #""\ude00\ud83d""#])
  func `a lone surrogate becomes the replacement character`(text: String) throws {
    #expect(try JSONParser().parse(text).string?.contains("\u{FFFD}") == true)
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
      [0x22, 0xE2, 0x82, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0xFF],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
    #expect(throws: JSONParseError.self) { try JSONParser().parse(bytes) }
  }

  @Test(arguments: [
    "-0", "0.10", "1E5", "1e400", "123456789012345678901234567890", "-0.0", "1.0", "9223372036854775808",
  ])
  func `a number keeps its spelling`(text: String) throws {
    let value = try JSONParser().parse(text)
    #expect(JSONWriter().text(value) == text)
    #expect(value.int64 == nil)
    let inside = try JSONParser().parse("[\(text),\(text)]")
    #expect(inside == [value, value])
  }

  @Test func `20 MB of open brackets fail fast`() {
    let error = #expect(throws: JSONParseError.self) {
      try JSONParser().parse([UInt8](repeating: UInt8(ascii: "["), count: 20 << 20))
    }
    #expect(error?.offset == 128)
    #expect(throws: JSONParseError.self) {
      try JSONParser().parse(String(repeating: "{\"a\":", count: 4 << 20))
    }
  }

  @Test func `a document of exactly the maximum depth is read`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try JSONParser().parse(nested(128)) }
    #expect(throws: JSONParseError.self) { try JSONParser().parse(nested(129)) }
    #expect(throws: JSONParseError.self) { try JSONParser(maximumDepth: 100_000).parse(nested(257)) }
  }

  @Test func `the deepest document fits a thread's stack of 512 KiB`() throws {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex(false)
    let thread = Thread {
      let depth = JSONParser(maximumDepth: .max).maximumDepth
      let text =
        (0..<depth).map { $0.isMultiple(of: 2) ? "[" : "{\"a\":" }.joined()
        + (0..<depth).reversed().map { $0.isMultiple(of: 2) ? "]" : "}" }.joined()
      // An empty object would want a member: the innermost value is a number.
      let document = text.replacingOccurrences(of: ":}", with: ":0}")
      // Each step recurses over the whole depth: parsing, writing, comparing, hashing, releasing.
      let value = try? JSONParser(maximumDepth: .max).parse(document)
      var isSame = value.map { JSONWriter().text($0) == document } ?? false
      isSame = isSame && value.map { !JSONWriter(style: .pretty).text($0).isEmpty } ?? false
      isSame = isSame && value == (try? JSONParser(maximumDepth: .max).parse(document))
      isSame = isSame && value.hashValue == value.hashValue
      result.withLock { $0 = isSame }
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    #expect(done.wait(timeout: .now() + 60) == .success)
    #expect(result.withLock { $0 })
  }

  @Test func `a document beyond the byte limit is refused`() {
    #expect(throws: JSONParseError.self) { try JSONParser(maximumBytes: 3).parse("1234") }
    #expect(throws: Never.self) { try JSONParser(maximumBytes: 4).parse("1234") }
  }

  @Test func `an error names line and column`() throws {
    let error = try #require(throws: JSONParseError.self) { try JSONParser().parse("{\n  \"a\": x\n}") }
    #expect((error.line, error.column) == (2, 8))
    #expect(error.description == "line 2, column 8: expected a value")
  }

  @Test func `damaged documents never crash the parser`() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<3_000 {
      var bytes = JSONWriter().bytes(.random(depth: 4, using: &generator))
      for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      // Every accepted document survives a round trip.
      if let value = try? JSONParser().parse(bytes) {
        #expect(try! JSONParser().parse(JSONWriter().bytes(value)) == value)
      }
    }
  }
}

@Suite struct JSONWriterTests {
  @Test func `what is written is read back the same, in every style`() throws {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<2_000 {
      let value = JSONValue.random(depth: 4, using: &generator)
      for style in [JSONWriter.Style.compact, .pretty, .goCompatible] {
        let bytes = JSONWriter(style: style).bytes(value)
        #expect(try JSONParser().parse(bytes) == value)
      }
    }
  }

  @Test func `equal objects have equal bytes whatever the order of insertion`() {
    var generator = SeededGenerator(seed: 3)
    let keys = (0..<40).map { "k\($0 * 7919 % 101)" }
    let expected = JSONValue.object(JSONObject(keys.map { ($0, .string($0)) }))
    for _ in 0..<50 {
      let value = JSONValue.object(JSONObject(keys.shuffled(using: &generator).map { ($0, .string($0)) }))
      #expect(value == expected)
      #expect(JSONWriter().bytes(value) == JSONWriter().bytes(expected))
    }
  }

  @Test func `members are ordered by their UTF-8 bytes as Go orders them`() {
    let value: JSONValue = ["😀": 1, "\u{FFFD}": 2, "b": 3, "B": 4, "a.b": 5, "a": 6]
    #expect(JSONWriter().text(value) == "{\"B\":4,\"a\":6,\"a.b\":5,\"b\":3,\"\u{FFFD}\":2,\"😀\":1}")
  }

  @Test func `the Go style escapes as json.Marshal does`() {
    let value: JSONValue = "<a href=\"x\">&\u{2028}\u{2029}\u{7F}\u{1}\u{8}é"
    #expect(
      JSONWriter(style: .goCompatible).text(value)
        == #""\u003ca href=\"x\"\u003e\u0026\u2028\u2029"# + "\u{7F}" + #"\u0001\bé""#)
    #expect(JSONWriter().text("<&>\u{2028}") == "\"<&>\u{2028}\"")
  }

  @Test func `the pretty style puts a member a line`() {
    let value: JSONValue = ["a": [1, []], "b": [:]]
    #expect(JSONWriter(style: .pretty).text(value) == "{\n  \"a\": [\n    1,\n    []\n  ],\n  \"b\": {}\n}")
  }

  @Test func `a secret is written in the open only where that is asked for`() {
    let value: JSONValue = ["data": ["token": .secret(SecretBytes(utf8: "a\"b"))]]
    #expect(JSONWriter().text(value) == #"{"data":{"token":"<3 secret bytes>"}}"#)
    #expect(JSONWriter(secrets: .revealed).text(value) == #"{"data":{"token":"a\"b"}}"#)
    #expect("\(value)" == JSONWriter().text(value))
  }
}

@Suite struct JSONValueTests {
  @Test func `setting at a path makes the objects on the way, removing makes none`() {
    var value: JSONValue = ["a": 1]
    value.set("x", at: ["b", "c", "d"])
    #expect(value == ["a": 1, "b": ["c": ["d": "x"]]])
    value.set(nil, at: ["q", "r"])
    #expect(value["q"] == nil)
    value.set(nil, at: ["b", "c", "d"])
    #expect(value == ["a": 1, "b": ["c": [:]]])
    #expect(value.value(at: "b", "c") == [:])
    #expect(value.value(at: "a", "b") == nil)
  }

  @Test func `an object behaves like a dictionary`() {
    var generator = SeededGenerator(seed: 4)
    var object = JSONObject()
    var model: [String: JSONValue] = [:]
    for _ in 0..<2_000 {
      let key = "k\(Int.random(in: 0..<30, using: &generator))"
      let value: JSONValue? = generator.chance(60) ? .integer(Int.random(in: 0..<9, using: &generator)) : nil
      if generator.chance(50) {
        object[key] = value
      } else {
        func assign(_ place: inout JSONValue?) { place = value }
        assign(&object[key])
      }
      model[key] = value
      #expect(object[key] == value)
    }
    #expect(Array(object.keys) == model.keys.sorted())
    #expect(object == JSONObject(model.map { ($0.key, $0.value) }))
  }
}
