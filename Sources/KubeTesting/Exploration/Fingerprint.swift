package import KubeCore

/// A 128-bit hash of a value. The probability that two of ten million different values have equal
/// hashes is less than 10⁻²³.
///
/// The fingerprints of a set's members add up to the set's, whatever their order.
package struct Fingerprint: Hashable, Sendable {
  package var low: UInt64
  package var high: UInt64

  @inlinable package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

  package static var zero: Fingerprint { Fingerprint(low: 0, high: 0) }

  @inlinable package static func &+ (left: Fingerprint, right: Fingerprint) -> Fingerprint {
    let (low, carries) = left.low.addingReportingOverflow(right.low)
    return Fingerprint(low: low, high: left.high &+ right.high &+ (carries ? 1 : 0))
  }

  @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(low) }
}

/// Computes a fingerprint of numbers, strings and documents.
package struct Fingerprinter {
  private var first: UInt64 = 0x243F_6A88_85A3_08D3
  private var second: UInt64 = 0x1319_8A2E_0370_7344

  package mutating func combine(_ word: UInt64) {
    let left = (first ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    let right = (second &+ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    first = left.high ^ left.low &+ 0xA409_3822_299F_31D0
    second = (right.high ^ right.low) &+ (first << 23 | first >> 41)
  }

  package mutating func combine(_ text: String) {
    var text = text
    text.withUTF8 { combine(UnsafeRawBufferPointer($0)) }
  }

  package mutating func combine(_ bytes: UnsafeRawBufferPointer) {
    combine(UInt64(bytes.count))
    var word: UInt64 = 0
    var filled: UInt64 = 0
    for byte in bytes {
      word |= UInt64(byte) << (8 * filled)
      filled += 1
      if filled == 8 {
        combine(word)
        (word, filled) = (0, 0)
      }
    }
    if filled > 0 { combine(word) }
  }

  package mutating func combine(document value: JSONValue) {
    switch value {
    case .null: combine(1)
    case .bool(let bool): combine(bool ? 3 : 2)
    case .number(let number):
      combine(4)
      combine(number.text)
    case .string(let text):
      combine(5)
      combine(text)
    case .secret(let bytes):
      combine(5)
      bytes.withExposedBytes { combine(UnsafeRawBufferPointer($0)) }
    case .array(let elements):
      combine(6)
      combine(UInt64(elements.count))
      for element in elements { combine(document: element) }
    case .object(let object):
      combine(7)
      combine(UInt64(object.count))
      for member in object {
        combine(member.key)
        combine(document: member.value)
      }
    }
  }

  package init() {}

  package var fingerprint: Fingerprint { Fingerprint(low: first ^ (second >> 29), high: second) }
}
