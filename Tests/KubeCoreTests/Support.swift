import KubeCore

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

extension JSONValue {
  /// The document in `text`.
  init(parsing text: String) throws { self = try JSONParser().parse(text) }

  /// Any document, at most `depth` levels deep.
  static func random(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
    let alphabet: [String] = [
      "a", "b", "", "\u{0}", "\n", "\"", "\\", "/", "<", "&", "é", "😀", "\u{2028}", "f:", ".",
    ]
    func text() -> String {
      (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? ""
      }
      .joined()
    }
    switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
    case 3:
      let numbers = ["0.10", "-0", "1e400", "123456789012345678901234567890", "1E-7", "0"]
      return JSONNumber(text: numbers.randomElement(using: &generator) ?? "0").map(JSONValue.number) ?? .null
    case 4: return .string(text())
    case 5, 6:
      return .object(
        JSONObject(
          (0..<Int.random(in: 0...4, using: &generator)).map { _ in
            (text(), random(depth: depth - 1, using: &generator))
          }))
    default:
      return .array(
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in random(depth: depth - 1, using: &generator)
        })
    }
  }
}
