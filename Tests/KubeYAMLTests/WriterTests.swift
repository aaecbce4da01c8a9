import KubeCore
import KubeYAML
import Testing

@Suite struct WriterTests {
  @Test func `the text looks as kubectl's`() {
    let value: JSONValue = [
      "kind": "ConfigMap", "apiVersion": "v1",
      "metadata": [
        "name": "a", "creationTimestamp": "2026-11-22T17:08:01Z", "labels": [:], "finalizers": [],
      ],
      "data": ["script": "#!/bin/sh\n  echo\n", "last": "no newline\nhere", "mode": "0644", "on": "yes"],
      "list": [["name": "x", "ports": [80, 443]], [["nested"]], "- dash", "a: b", " lead", ""],
      "flag": true, "none": .null, "float": number("1.50"), "url": "https://[::1]:443/x?y#z",
    ]
    #expect(
      YAMLWriter().text(value) == """
        apiVersion: v1
        data:
          last: |-
            no newline
            here
          mode: "0644"
          "on": "yes"
          script: |
            #!/bin/sh
              echo
        flag: true
        float: 1.50
        kind: ConfigMap
        list:
        - name: x
          ports:
          - 80
          - 443
        - - - nested
        - '- dash'
        - 'a: b'
        - ' lead'
        - ""
        metadata:
          creationTimestamp: "2026-11-22T17:08:01Z"
          finalizers: []
          labels: {}
          name: a
        none: null
        url: https://[::1]:443/x?y#z

        """)
  }

  @Test func `documents are separated by three dashes`() {
    #expect(YAMLWriter().documents([["a": 1], ["b": 2]]) == "a: 1\n---\nb: 2\n")
    #expect(YAMLWriter().documents([]) == "")
  }

  static let nasty: [String] = [
    "", " ", "  ", "\n", "\n\n", " \n", "\n ", "a\n", "a\n\n", "a\n\n\n", "\na", "\n\na\n", " a\nb",
    "a\n b\n", "  a\n b\n",
    "a \nb", "a\n \nb", "a\n\t\nb", "\ta", "a\t", "a\tb", "\t", "a\rb", "\r", "\r\n", "a\r\nb\r\n", "\u{0}",
    "\u{1}x",
    "\u{7F}", "\u{85}", "a\u{85}b", "\u{2028}", "a\u{2028}b\n", "\u{2029}", "a\u{2029}b", "\u{FEFF}",
    "a\u{FEFF}\n",
    "\u{A0}", "\u{FFFD}", "\u{FFFF}", "\u{E000}", "\u{10FFFF}", "é", "日本語", "😀", "😀\n", "👩‍👩‍👧", "yes", "Yes",
    "no", "on",
    "off", "y", "n", "true", "null", "~", "Null", "0", "00", "08", "0x1F", "1e3", "1_000", "0b1", "0o7", "+1",
    "-1",
    "1.", ".5", ".inf", "-.INF", ".NaN", "1:30", "190:20:30.15", "12:30:45", "2026-11-22", "2026-1-2 3:4:5",
    "<<", "=",
    "-", "--", "---", "--- a", "...", "... a", "- a", "-a", "?", "? a", ":", ": a", "a:", "a: b", "a:b", "::",
    "a #b",
    "#", "#a", "a#", "&a", "*a", "!a", "|", ">", "|\n", "%", "%TAG", "%TAG ! x\n%TAG", "a\n%TAG x", "@a",
    "`a", "'", "''",
    "\"", "\"\"", "'a'", "\"a\"", "\\", "\\n", "a\\", "{", "}", "{}", "[]", "[", "]", "[a", "{a: b}", ",",
    "a, b", "a,b",
    "{{ .Values.x }}", "a ", " a ", "a  b", "# a\nb", "- a\n- b\n", "---\n", "a\n---\nb", "...\n",
    "key: |\n  text\n",
    "\n# c", "a\n\n\n  b\n\n", "1\n", "true\n", "!!int 5", "0644", "1E400", "é\nü\n", "\u{301}",
    "x\u{301}\ny",
    String(repeating: "long ", count: 60), String(repeating: "x", count: 2000),
    String(repeating: "ab\n", count: 700),
    String(repeating: " ", count: 300) + "\n" + "b", "apiVersion: v1\nkind: A\n---\n",
  ]

  @Test func `any string comes back, as a value, a key, an element and a document`() throws {
    for string in WriterTests.nasty {
      let value = JSONValue.string(string)
      let keyed = JSONValue.object(JSONObject([(string, value)]))
      let shapes: [JSONValue] = [
        value, [value], [[value]], ["k": value], keyed, [keyed, [keyed]],
        .object(JSONObject([(string, .array([value, keyed]))])),
        ["a": ["b": [["c": value, "d": keyed], value]]],
      ]
      for shape in shapes { try expectRoundTrip(shape) }
    }
  }

  @Test func `any value comes back`() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<600 { try expectRoundTrip(randomValue(depth: 4, using: &generator)) }
  }

  @Test func `any stream of documents comes back`() throws {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<100 {
      let values = (0..<4).map { _ in randomValue(depth: 2, using: &generator) }
      let text = YAMLWriter().documents(values)
      let back = try YAMLReader().documents(text.utf8).map(\.value)
      #expect(back.map(bytes) == values.map(bytes), "\(text)")
    }
  }

  @Test(arguments: [
    "-0", "0.10", "1e3", "1E+30", "123456789012345678901234567890", "-1.5e-7", "0", "9007199254740993",
  ])
  func `a number keeps its spelling`(_ text: String) throws {
    try expectRoundTrip([number(text)])
  }

  @Test func `hidden text is written as its length unless it is to be revealed`() throws {
    let value: JSONValue = ["a": .secret(SecretBytes(utf8: "yes"))]
    #expect(YAMLWriter().text(value) == "a: <3 secret bytes>\n")
    #expect(YAMLWriter().text(value, secrets: .revealed) == "a: \"yes\"\n")
    let raw: JSONValue = .secret(SecretBytes([0xFF, 0x00, 0x0A]))
    #expect(try read(YAMLWriter().text(raw, secrets: .revealed)) == "\u{FFFD}\u{0}\n")
  }

  /// Compares the bytes of the values' JSON, so that strings that differ only in composition are
  /// not equal.
  private func expectRoundTrip(
    _ value: JSONValue, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let text = YAMLWriter().text(value)
    do {
      let documents = try YAMLReader().documents(text.utf8)
      #expect(documents.map { bytes($0.value) } == [bytes(value)], "\(text)", sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(error)\n\(text.debugDescription)", sourceLocation: sourceLocation)
    }
  }

  private func bytes(_ value: JSONValue) -> [UInt8] { JSONWriter(secrets: .revealed).bytes(value) }

  private func randomValue(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &generator) {
    case 0: return .null
    case 1: return .bool(.random(using: &generator))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
    case 3...5: return .string(randomString(using: &generator))
    case 6, 7:
      let count = Int.random(in: 0...4, using: &generator)
      return .array((0..<count).map { _ in randomValue(depth: depth - 1, using: &generator) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        object[randomString(using: &generator)] = randomValue(depth: depth - 1, using: &generator)
      }
      return .object(object)
    }
  }

  private func randomString(using generator: inout SeededGenerator) -> String {
    if Int.random(in: 0..<3, using: &generator) == 0 {
      return WriterTests.nasty.randomElement(using: &generator) ?? ""
    }
    let alphabet = Array(
      " \n\t:#-?'\"\\,[]{}&*!|>%@`~<=.0123456789abcyesnotrueNULL\r\u{85}\u{2028}\u{FEFF}é😀".unicodeScalars)
    let count = Int.random(in: 0..<12, using: &generator)
    return String(
      String.UnicodeScalarView((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? " " }))
  }
}
