import Testing

@testable import KubeMemory

@Suite struct PatternTests {
  /// A pattern, texts that contain a match, and texts that don't.
  struct Case: Sendable, CustomTestStringConvertible {
    var pattern: String
    var accepted: [String]
    var refused: [String]

    init(_ pattern: String, _ accepted: [String], not refused: [String]) {
      self.pattern = pattern
      self.accepted = accepted
      self.refused = refused
    }

    var testDescription: String { pattern }
  }

  static let cases: [Case] = [
    Case("a", ["a", "xay"], not: ["", "A"]),
    Case("", ["", "a"], not: []),
    Case("^a$", ["a"], not: ["", "aa", "a\n", "\na"]),
    Case("(?m)^a$", ["a", "b\na\nc"], not: ["ab"]),
    Case("^a|b$", ["ax", "xb"], not: ["xax", "bx"]),
    Case("^(a|bc)+$", ["a", "bc", "abca"], not: ["", "b", "abcb"]),
    Case("^(|a)$", ["", "a"], not: ["aa"]),
    Case("^a*b?c+$", ["c", "aabcc"], not: ["b", "abbc"]),
    Case("^a{2}$", ["aa"], not: ["a", "aaa"]),
    Case("^a{2,}$", ["aa", "aaaa"], not: ["a"]),
    Case("^a{1,3}?$", ["a", "aaa"], not: ["", "aaaa"]),
    Case("^a{,2}$", ["a{,2}"], not: ["", "a"]),
    Case("^a{x}$", ["a{x}"], not: ["a"]),
    Case("^[a-c]$", ["a", "c"], not: ["d", "-"]),
    Case("^[^a-c]$", ["d", "\n", "é"], not: ["a", ""]),
    Case("^[]a]$", ["]", "a"], not: ["b"]),
    Case("^[a-]$", ["a", "-"], not: ["b"]),
    Case("^[a-z0-9-\\.]+$", ["a-0.b"], not: ["a_b"]),
    Case("^[\\d_]+$", ["1_2"], not: ["a"]),
    Case("^[^\\s]$", ["a"], not: [" ", "\n"]),
    Case("^[[:alpha:]_]+$", ["a_Z"], not: ["1"]),
    Case("^[[:^digit:]]$", ["a"], not: ["1"]),
    Case("^[h|m]$", ["h", "|"], not: ["x"]),
    Case("^.$", ["a", "é", "\u{1F451}"], not: ["", "\n", "ab"]),
    Case("(?s)^.$", ["\n"], not: [""]),
    Case("^\\S+$", ["a", "\u{A0}"], not: ["", "a b", "\t"]),
    Case("^\\w\\W$", ["a-"], not: ["aa", "é-"]),
    Case("\\bfoo\\b", ["a foo b", "foo"], not: ["food", "_foo"]),
    Case("\\Boo", ["foo"], not: ["oo"]),
    Case("\\Aa\\z", ["a"], not: ["a\n"]),
    Case("(?i)^straSSe$", ["STRASSE", "straſſe"], not: ["straße"]),
    Case("(?i)^[k-m]$", ["K", "l", "\u{212A}"], not: ["j"]),
    Case("(?i)^\\w$", ["k", "\u{212A}", "ſ"], not: ["-"]),
    Case("(?i)^[\\W-]$", ["-", " "], not: ["k", "\u{212A}"]),
    Case("^a(?i)*b$", ["b", "aaB"], not: ["Ab"]),
    Case("^(?i:a)b$", ["Ab", "ab"], not: ["AB"]),
    Case("^a(?i)b$", ["aB"], not: ["AB"]),
    Case("^(?P<year>\\d{4})-(?<month>\\d{2})$", ["2026-11"], not: ["26-11"]),
    Case("^\\Qa.b*\\E$", ["a.b*"], not: ["axb", "a.bb"]),
    Case("^\\x41\\x{1F451}\\n\\101$", ["A\u{1F451}\nA"], not: ["A"]),
    Case("^\\pL\\p{Nd}\\P{Lu}$", ["é٣a"], not: ["1a", "a1A"]),
    Case("^\\.\\*\\_$", [".*_"], not: ["a"]),
    Case("^(a*)*$", ["", "aaa"], not: ["b"]),
    Case(
      "^(a|a)*b$", ["b", String(repeating: "a", count: 50) + "b"], not: [String(repeating: "a", count: 50)]),
    Case("e\u{301}", ["e\u{301}"], not: ["\u{E9}"]),
    Case(
      "^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$", ["1h30m", "1.5s", "20µs"], not: ["", "1d", "-1h", "1."]),
    Case("^(([0-9])+[h|m|s])|None$", ["10m", "5hx", "xNone", "1|"], not: ["m", "Nonex"]),
    Case(
      "^arn:aws:eks:([a-zA-Z0-9-]+):(\\d{12}):cluster/([a-zA-Z0-9-]+)$",
      ["arn:aws:eks:eu-1:123456789012:cluster/a"], not: ["arn:aws:eks:eu-1:12345678901:cluster/a"]),
  ]

  @Test(arguments: cases) func `a pattern means what RE2 means by it`(_ example: Case) throws {
    let pattern = try RE2Pattern(example.pattern)
    for text in example.accepted { #expect(pattern.matches(text), "\(text.debugDescription)") }
    for text in example.refused { #expect(!pattern.matches(text), "\(text.debugDescription)") }
  }

  @Test(arguments: [
    "(", ")", "a)", "(a", "[", "[a", "[b-a]", "*", "a**", "a{2}{3}", "a{1001}", "a{3,2}", "{2}", "a|{1,}",
    "\\", "\\1", "\\Z",
    "\\é",
    "(?=a)", "(?!a)", "(?<=a)", "(?>a)", "(?P=a)", "(?P<>a)", "(?x)a", "\\x{110000}", "[[:word", "[[:none:]]",
    "\\p{Greek}", "(?i)\\pL", "(a{1000}){1000}", "(((){1000}){1000}){1000}",
    String(repeating: "(", count: 200) + String(repeating: ")", count: 200),
  ]) func `what RE2 refuses, or is too large, is refused`(_ pattern: String) {
    #expect(throws: RE2Pattern.Problem.self) { _ = try RE2Pattern(pattern) }
  }

  @Test func `the time of a match is linear, whatever the pattern`() throws {
    // Exponential for a backtracking matcher.
    let pattern = try RE2Pattern("^(a+)+(b|ab)*$")
    #expect(!pattern.matches(String(repeating: "a", count: 2_000) + "c"))
  }

  @Test func `any text as a pattern is read or refused`() {
    var random = SeededNumbers(state: 7)
    let alphabet = Array("ab()[]{}|*+?.^$\\-:,<>=!imsUPpQExdDwWbBAz0123é\u{1F451}")
    for _ in 0..<5_000 {
      let text = String(
        (0..<Int.random(in: 0..<24, using: &random)).compactMap { _ in alphabet.randomElement(using: &random)
        })
      guard let pattern = try? RE2Pattern(text) else { continue }
      _ = pattern.matches("ab12é\n-")
      // A pattern accepts at least what its first alternative does.
      guard let wider = try? RE2Pattern("(?:" + text + ")|ab12") else { continue }
      #expect(wider.matches("ab12é\n-"))
    }
  }
}

/// Random numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
