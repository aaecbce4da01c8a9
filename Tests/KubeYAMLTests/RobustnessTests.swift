import KubeCore
import KubeYAML
import Testing

@Suite struct RobustnessTests {
  @Test func `a manifest cut off anywhere is a value or an error`() throws {
    let bytes = Array(manifest.utf8)
    var accepted = 0
    for count in bytes.indices where complaint(bytes.prefix(count)) == nil { accepted += 1 }
    #expect(accepted > 0 && accepted < bytes.count)
  }

  @Test func `a manifest with any bytes changed is a value or an error`() throws {
    let original = Array(manifest.utf8)
    let nasty =
      Array("[]{}:,-?&*!|>'\"%@`#\t\n\r \\~<=0\u{0}\u{7F}".utf8) + [0x80, 0xC2, 0xE2, 0xFF, 0xFE, 0xEF]
    var generator = SeededGenerator(seed: 1)
    var refused = 0
    for _ in 0..<1500 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        let byte = nasty.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[position] = byte
        case 1: bytes.insert(byte, at: position)
        case 2: bytes.remove(at: position)
        default:
          let end = min(position + Int.random(in: 1...40, using: &generator), bytes.count)
          let target = Int.random(in: 0..<bytes.count, using: &generator)
          bytes.insert(contentsOf: Array(bytes[position..<end]), at: target)
        }
      }
      if let error = complaint(bytes) {
        refused += 1
        #expect(error.line >= 1 && error.column >= 1)
      }
    }
    #expect(refused > 100)
  }

  @Test func `random bytes are a value or an error`() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      let count = Int.random(in: 0..<60, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if let error = complaint(bytes) { #expect(error.line >= 1) }
    }
  }
}
