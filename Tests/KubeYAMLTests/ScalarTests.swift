import KubeCore
import KubeYAML
import Testing

@Suite struct ScalarTests {
  static let rows: [(text: String, value: JSONValue)] = [
    ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("NULL", .null), ("nUll", "nUll"),
    ("true", true), ("True", true), ("TRUE", true), ("tRUE", "tRUE"), ("yes", true), ("Yes", true),
    ("YES", true), ("y", true), ("Y", true), ("on", true), ("On", true), ("ON", true), ("false", false),
    ("False", false), ("FALSE", false), ("no", false), ("No", false), ("NO", false), ("n", false),
    ("N", false), ("off", false), ("Off", false), ("OFF", false), ("oN", "oN"), ("yess", "yess"),
    ("0", 0), ("-0", number("-0")), ("7", 7), ("-7", -7), ("+7", 7), ("1_000", 1000), ("1__0_", 10),
    ("_1", "_1"), ("0x1F", 31), ("0X1f", 31), ("-0x1F", -31), ("0x_1_F", 31), ("0x", "0x"),
    ("0xG", "0xG"), ("0b101", 5), ("-0b101", -5), ("0b102", "0b102"), ("017", 15), ("0o17", 15),
    ("0644", 420), ("00", 0), ("08", 8), ("-09", -9), ("0o8", "0o8"), ("1.5", number("1.5")),
    ("1.50", number("1.50")), ("1.", 1), (".5", number("0.5")), ("-.5", number("-0.5")),
    ("+.5e3", number("0.5e3")), ("1e3", number("1e3")), ("1E+3", number("1E+3")), ("1.e2", number("1e2")),
    ("!!binary aGk=", "hi"), ("!!binary ''", ""), ("!!binary |\n    aG\n    k=", "hi"),
    ("1e", "1e"), (".", "."), ("+", "+"), ("..5", "..5"), ("._5", "._5"), ("1_0.5", number("10.5")),
    ("1e400", number("1e400")), ("9223372036854775807", number("9223372036854775807")),
    ("18446744073709551616", number("18446744073709551616")),
    ("0xFFFFFFFFFFFFFFFFFFFFFFFF", number("79228162514264337593543950335")),
    ("3.14159265358979323846264338327950288", number("3.14159265358979323846264338327950288")),
    ("2026-11-22", "2026-11-22"), ("2026-11-22T17:08:01Z", "2026-11-22T17:08:01Z"), ("1:30", "1:30"),
    ("10.0.0.1", "10.0.0.1"), ("1.2.3", "1.2.3"), ("500m", "500m"), ("128Mi", "128Mi"), ("0x1F:2", "0x1F:2"),
    ("inf", "inf"), ("nan", "nan"), (".infinity", ".infinity"), ("=", "="), ("<<", "<<"),
    ("\"yes\"", "yes"), ("'1'", "1"), ("\"\"", ""), ("''", ""), ("!!str 1", "1"), ("!!str", ""), ("! 1", "1"),
    ("!!int \"5\"", 5), ("!!float 5", 5), ("!!bool \"on\"", true), ("!!null ''", .null),
    (#""\x41\u00e9\U0001F600\n\0""#, "Aé😀\n\0"), ("'it''s'", "it's"),
  ]

  @Test(arguments: rows.indices) func `a scalar has the type that Kubernetes gives it`(_ row: Int) throws {
    let (text, value) = ScalarTests.rows[row]
    #expect(try read("a: \(text)\n") == ["a": value], "\(text)")
    #expect(try read("- \(text)\n") == [value], "\(text)")
  }

  @Test(arguments: [
    ("1: a", "1"), ("0x10: a", "16"), ("1_0: a", "10"), ("yes: a", "true"), ("off: a", "false"),
    ("'1.50': a", "1.50"), ("!!str 5: a", "5"), ("2026-11-22: a", "2026-11-22"), ("\"<<\": a", "<<"),
    ("\"~\": a", "~"), ("? long\n: a", "long"), ("&x k: a", "k"),
  ]) func `a key that is an integer or a truth value becomes text`(_ text: String, key: String) throws {
    #expect(try read(text) == [key: "a"])
  }

  @Test func `merged members come after the mapping's own, whatever the order`() throws {
    let value = try read(
      """
      a: &a {t: 1, u: 2}
      b: &b {u: 3, v: 4}
      c:
        t: own
        <<: [*a, *b]
        w: own
      d: {<<: *b, v: own}
      """)
    #expect(value["c"] == ["t": "own", "u": 2, "v": 4, "w": "own"])
    #expect(value["d"] == ["u": 3, "v": "own"])
  }

  @Test func `keys that look alike but differ in bytes are two keys`() throws {
    let value = try read("\u{E9}: 1\ne\u{301}: 2\n")
    #expect(value.object?.count == 2)
    #expect((value["\u{E9}"], value["e\u{301}"]) == (1, 2))
  }

  @Test func `input in UTF-16 or with a byte order mark is read`() throws {
    let text = "kind: é😀\n"
    let units = Array(text.utf16)
    let little: [UInt8] = [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let big: [UInt8] = [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    for bytes in [little, big, [0xEF, 0xBB, 0xBF] + Array(text.utf8)] {
      #expect(try YAMLReader().documents(bytes).map(\.value) == [["kind": "é😀"]])
    }
    #expect(complaint(little.dropLast())?.problem.contains("UTF-16") == true)
  }

  @Test func `JSON is read, alone, in streams and in the flow style that only YAML has`() throws {
    #expect(try read(#" {"a": [1, "\uD83D\uDE00", null], "b": {}}"#) == ["a": [1, "😀", .null], "b": [:]])
    #expect(try read("[a, {b: c}]") == ["a", ["b": "c"]])
    #expect(try read(#"{"a": b}"#) == ["a": "b"])
    #expect(
      try YAMLReader().documents("{\"a\": 1}\n---\n{\"a\": 2}\n".utf8).map(\.value) == [["a": 1], ["a": 2]])
  }

  @Test func `empty input has no documents and empty documents are null`() throws {
    #expect(try YAMLReader().documents([]).isEmpty)
    #expect(try YAMLReader().documents("# nothing\n".utf8).isEmpty)
    #expect(try YAMLReader().documents("---\n---\n# x\n--- a\n".utf8).map(\.value) == [.null, .null, "a"])
  }
}
