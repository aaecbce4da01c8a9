import KubeCore
import KubeYAML
import Testing

@Suite struct ErrorTests {
  static let rows: [(text: String, error: String)] = [
    ("a: 1\nb: 2\na: 3\n", "f:3:1: the key \"a\" occurs twice in this mapping; keep one of them"),
    ("x:\n  k: {p: 1, q: 2, p: 3}\n", "f:2:19: the key \"p\" occurs twice in this mapping"),
    ("{\"p\": 1,\n \"p\": 2}", "f:2:2: the key \"p\" occurs twice in this mapping"),
    ("true: 1\nyes: 1\n", "f:2:1: the key \"true\" occurs twice"),
    ("<<: {a: 1}\n<<: {b: 1}\n", "f:2:1: the key \"<<\" occurs twice"),
    ("a: b: c\n", "f:1:5: mapping values are not allowed in this context; check the indentation"),
    ("a:\n\t- b\n", "f:2:1: found character that cannot start any token"),
    ("a: [1, 2\nb: 3\n", "f:2:2: did not find expected ',' or ']' (while parsing a flow sequence)"),
    ("a: 'open\n", "f:2:1: found unexpected end of stream"),
    ("é: \"\\q\"\n", "f:1:5: found unknown escape character"),
    ("a: é\u{1}\n", "f:1:5: control characters are not allowed; save the file as UTF-8"),
    ("a: \u{0}b\n", "f:1:4: control characters are not allowed"),
    ("a: *nope\n", "f:1:4: the alias refers to no value before it"),
    ("a: &a [*a]\n", "f:1:8: the alias refers to no value before it"),
    ("a: &a 1\n---\nb: *a\n", "f:3:4: the alias refers to no value before it"),
    ("? [a]\n: b\n", "f:1:3: a key must be a text, not a list or a mapping"),
    ("a: {{ .Values.name }}\n", "f:1:5: a key must be a text, not a list or a mapping; put text that begins"),
    ("a: &x k\n*x : 1\n", "f:2:1: a key must be a text, not an alias"),
    ("~: a\n", "f:1:1: a key must be a text, not empty or null; put the key in quotes"),
    ("a: 1\n: b\n", "f:2:1: did not find expected key"),
    ("a: 1\nnull: b\n", "f:2:1: a key must be a text, not empty or null"),
    ("1.10: a\n", "f:1:1: a key must be a text, not a fraction; put the key in quotes"),
    ("a: .inf\n", "f:1:4: JSON has no infinity and no not-a-number"),
    ("a:\n- -.INF\n", "f:2:3: JSON has no infinity and no not-a-number"),
    ("a: .nan\n", "f:1:4: JSON has no infinity"),
    ("a: !!binary a_b\n", "f:1:4: the value is not Base64, as its tag !!binary says; remove the tag"),
    ("a: !!binary /w==\n", "f:1:4: the Base64 of the value tagged !!binary encodes no text"),
    ("a: !custom x\n", "f:1:4: the value has a tag that is not supported; remove the tag"),
    ("a: !!set {x: }\n", "f:1:4: the value has a tag that is not supported"),
    ("a: !!omap []\n", "f:1:4: the value has a tag that is not supported"),
    ("a: !!int x\n", "f:1:4: the value doesn't match its tag !!int"),
    ("a: !!int 1.5\n", "f:1:4: the value doesn't match its tag !!int"),
    ("a: !!bool 1\n", "f:1:4: the value doesn't match its tag !!bool"),
    ("%TAG ! x:\n---\na: 1\n", "f:1:1: %TAG directives are not supported"),
    ("<<: 5\n", "f:1:1: the value of a merge key is a mapping or a list of mappings"),
    ("<<: [{a: 1}, 5]\n", "f:1:1: the value of a merge key is a mapping or a list of mappings"),
    ("{\"a\": 1,\n  \"b\": tru\u{1}", "f:2:11: control characters are not allowed"),
    ("{\"a\": \"é\", \"b\" \"c\"}", "f:1:16: expected ':' after the member name"),
    // Objects
    ("just text\n", "f:1:1: expected a Kubernetes object, found a string"),
    ("---\n- a\n", "f:2:1: expected a Kubernetes object, found a list"),
    (
      "# c\nkind: A\nmetadata: {name: a}\n",
      "f:2:1: apiVersion: is required; every object needs apiVersion, kind"
    ),
    ("apiVersion: v1\nmetadata: {name: a}\n", "f:1:1: kind: is required"),
    ("apiVersion: v1\nkind: A\n", "f:1:1: metadata: is required"),
    ("apiVersion: v1\nkind: A\nmetadata:\n  labels: {}\n", "f:3:1: metadata.name: is required"),
    (
      "apiVersion: v1\nkind: A\nmetadata:\n  name: 5\n",
      "f:4:3: metadata.name: expected a string, found a number"
    ),
    (
      "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  labels:\n    x: y\n    b: yes\n",
      "f:7:5: metadata.labels[b]: expected a string, found a boolean; put the value in quotes"
    ),
    ("apiVersion: v1\nkind: List\nitems: 5\n", "f:3:1: the items of a List must be a list"),
    (
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {nam: x}\n",
      "f:6:3: metadata.name: is required"
    ),
    ("apiVersion: v1\nkind: List\nitems: [a]\n", "f:3:9: expected a Kubernetes object, found a string"),
  ]

  @Test(arguments: rows.indices) func `an error says where, what and what to do`(_ row: Int) throws {
    let (text, expected) = ErrorTests.rows[row]
    let error = try #require(complaint(text.utf8), "\(text)")
    #expect(error.description.hasPrefix(expected), "\(error)\n\(text)")
  }

  static let codes: [(text: String, code: YAMLError.Code)] = [
    ("a: 1\na: 2\n", .duplicateKey), ("{\"a\": 1, \"a\": 2}", .duplicateKey), ("a: b: c\n", .invalidSyntax),
    ("{\"a\": \"b\", \"c\" \"d\"}", .invalidSyntax), ("a: *b\n", .invalidSyntax),
    ("a: \u{0}b\n", .invalidEncoding), ("? [a]\n: b\n", .unsupported), ("a: !custom x\n", .unsupported),
    ("a: .inf\n", .invalidValue), ("a: !!int x\n", .invalidValue), ("text\n", .invalidObject),
    ("apiVersion: v1\nkind: A\n", .invalidField), (String(repeating: "[", count: 129), .tooLarge),
    ("a: " + String(repeating: "[", count: 128), .tooLarge),
  ]

  @Test(arguments: codes) func `an error has a code for programs`(_ text: String, _ code: YAMLError.Code) {
    #expect(complaint(text.utf8)?.code == code, "\(text)")
  }

  @Test func `bytes that are no UTF-8 are an error at their place`() throws {
    let error = try #require(complaint(Array("a: 1\nb: ".utf8) + [0xC3, 0x28]))
    #expect((error.line, error.column) == (2, 5))
  }

  @Test func `an error repeats nothing that may be secret`() {
    let secret = "hunter2"
    let texts = [
      "a: \(secret): \(secret)", "a: '\(secret)", "a: !!int \(secret)", "a: !\(secret) b", "a: *\(secret)",
      "a: [\(secret)", "a: \"\(secret)\\q\"", "{\"a\": \"\(secret)\" \"b\"}", "a: \(secret)\n b: c",
      "\(secret)",
      "a: \(secret)\u{7}", "a: |\n  \(secret)\n bad", "a: @\(secret)", "%\(secret) 1\n---\na",
      "a: &\(secret)",
      "apiVersion: v1\nkind: Secret\nmetadata: \(secret)", "? {\(secret): 1}\n: b",
    ]
    for text in texts {
      let error = complaint(text.utf8)
      #expect(error != nil, "\(text)")
      #expect(error?.description.contains(secret) != true, "\(text)")
    }
  }

  @Test func `a long or unprintable key is cut in an error`() throws {
    let key = String(repeating: "k", count: 500)
    let error = try #require(complaint("\(key): 1\n\(key): 2\n".utf8))
    #expect(error.problem.count < 120)
    #expect(complaint("\"\\e[31m\": 1\n\"\\e[31m\": 2".utf8)?.problem.contains("\u{1B}") == false)
  }
}
