import KubeCore
import KubeYAML
import Testing

@Suite struct LimitTests {
  static let megabytes = 20 << 20

  @Test(arguments: [
    "[", "{", "- ", "? ", "[{", "{a: ", "[\n", "{\"a\":", "- - ? ", "[a, ", "{? ", "[ # c\n", "\"a\": [",
    "!!seq [",
    "&a [",
  ]) func `twenty megabytes of nesting are refused at once`(_ unit: String) throws {
    var bytes = Array(unit.utf8)
    while bytes.count < LimitTests.megabytes { bytes += bytes }
    let error = try #require(complaint(bytes))
    // The scanner must not have gone far: the error is near the beginning.
    #expect(error.line < 1000 && error.column < 1000, "\(error)")
  }

  @Test(arguments: ["[", "{a: ", "- ", "{\"a\": "])
  func `nesting is accepted up to the limit and refused beyond`(_ unit: String) throws {
    let closing = unit == "[" ? "]" : unit == "- " ? "" : "}"
    func nested(_ depth: Int) -> String {
      String(repeating: unit, count: depth) + "1" + String(repeating: closing, count: depth)
    }
    _ = try read(nested(30), limits: .init(depth: 30))
    #expect(throws: YAMLError.self) { try read(nested(31), limits: .init(depth: 30)) }
  }

  @Test func `block nesting is counted, too`() {
    let text = (0..<200).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(complaint(text.utf8)?.problem.contains("more than 128 levels") == true)
  }

  @Test func `an alias bomb is refused`() throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      let aliases = repeatElement("*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(complaint(text.utf8)?.problem.contains("aliases included") == true)
  }

  @Test func `aliases cannot repeat more text than the input may have`() throws {
    let long = String(repeating: "x", count: 50_000)
    let text = "a: &a \(long)\nb:\n" + String(repeating: "- *a\n", count: 9000)
    #expect(complaint(text.utf8)?.problem.contains("repeat more than") == true)
  }

  @Test func `aliases are counted`() {
    let text = "a: &a 1\nb:\n" + String(repeating: "- *a\n", count: 10_001)
    #expect(complaint(text.utf8)?.problem == "more than 10000 aliases")
  }

  @Test func `aliases cannot nest deeper than the limit either`() {
    var text = "a0: &a0 [x]\n"
    for level in 1...300 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(complaint(text.utf8)?.problem.contains("more than 128 levels") == true)
  }

  @Test func `merge bombs are refused`() {
    var text = "a0: &a0 {x: 1, y: 2}\n"
    for level in 1...60 {
      text += "a\(level): &a\(level) {k\(level): {<<: *a\(level - 1)}, <<: *a\(level - 1)}\n"
    }
    #expect(complaint(text.utf8) != nil)
  }

  @Test func `values and bytes are counted`() {
    let limits = YAMLReader.Limits(bytes: 100, nodes: 10)
    #expect(complaint(repeatElement(0x20, count: 101), limits: limits)?.problem.contains("101 bytes") == true)
    for text in ["- 1\n- [2,3,4,5,6,7,8,9,a]", "[1,2,3,4,5,6,7,8,9,0]", "{\"a\": [1,2,3,4,5,6,7,8,9]}"] {
      #expect(
        complaint(text.utf8, limits: limits)?.problem.contains("more than 10 values") == true, "\(text)")
    }
    #expect(complaint(String(repeating: "---\n", count: 20).utf8, limits: limits) != nil)
  }

  @Test func `a flood of directives is refused before it costs time`() {
    let tags = (0..<100_000).map { "%TAG !t\($0)! x:\n" }.joined()
    #expect(complaint((tags + "---\na: 1\n").utf8)?.problem == "%TAG directives are not supported")
    #expect(complaint(("# x\n%YAML 1.1\n" + tags).utf8)?.line == 3)
  }

  @Test func `many keys in any order cost no more than sorting them`() throws {
    let count = 30_000
    let text = (0..<count).reversed().map { "k\(100_000 + $0): 1\n" }.joined()
    #expect(try read(text).object?.count == count)
  }
}
