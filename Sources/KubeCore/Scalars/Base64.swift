/// Base64 with the standard alphabet and padding (RFC 4648 section 4), as Kubernetes writes bytes.
///
/// Line breaks are skipped on reading, as Go's decoder does; everything else outside the alphabet, missing
/// padding and
/// stray bits at the end are refused. The decoder never says what it saw, since it may be a secret.
package enum Base64 {
  /// The text of `bytes`.
  package static func encode(_ bytes: some Collection<UInt8>) -> String {
    let copy = bytes.withContiguousStorageIfAvailable { encoded(UnsafeRawBufferPointer($0)) }
    return copy ?? Array(bytes).withUnsafeBytes { encoded($0) }
  }

  /// The text of secret bytes, itself a secret; no copy is left behind.
  package static func encode(_ secret: SecretBytes) -> SecretBytes {
    secret.withExposedBytes { bytes in
      SecretBytes(count: encodedCount(bytes.count)) { encode(bytes, into: $0) }
    }
  }

  /// The bytes that `text` stands for; `nil` where it isn't Base64.
  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { characters in
      let characters = UnsafeRawBufferPointer(characters)
      guard let count = decodedCount(characters) else { return nil }
      return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
        decode(characters, into: buffer)
        initialized = count
      }
    }
  }

  /// The bytes that a secret's text stands for, themselves a secret; `nil` where it isn't Base64. No copy is
  /// left behind.
  package static func decode(_ secret: SecretBytes) -> SecretBytes? {
    secret.withExposedBytes { decodeSecret($0) }
  }

  /// The bytes that `characters` stand for, as a secret; `nil` where they aren't Base64. No copy is left
  /// behind.
  package static func decodeSecret(_ characters: UnsafeRawBufferPointer) -> SecretBytes? {
    guard let count = decodedCount(characters) else { return nil }
    return SecretBytes(count: count) { decode(characters, into: $0) }
  }

  private static let alphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  private static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

  private static func encoded(_ bytes: UnsafeRawBufferPointer) -> String {
    let count = encodedCount(bytes.count)
    return String(unsafeUninitializedCapacity: count) { buffer in
      encode(bytes, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      return count
    }
  }

  /// Writes the text of `bytes` into a buffer of `encodedCount` bytes.
  private static func encode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<UInt8>)
  {
    let digits = UnsafeBufferPointer(start: alphabet.utf8Start, count: 64)
    var written = 0
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      let first = bytes[index]
      let second = left > 1 ? bytes[index + 1] : 0
      let third = left > 2 ? bytes[index + 2] : 0
      output[written] = digits[Int(first >> 2)]
      output[written + 1] = digits[Int((first & 0x03) << 4 | second >> 4)]
      output[written + 2] = left > 1 ? digits[Int((second & 0x0F) << 2 | third >> 6)] : UInt8(ascii: "=")
      output[written + 3] = left > 2 ? digits[Int(third & 0x3F)] : UInt8(ascii: "=")
      index += 3
      written += 4
    }
  }

  /// How many bytes the text stands for; `nil` where it isn't Base64.
  private static func decodedCount(_ characters: UnsafeRawBufferPointer) -> Int? {
    var digits = 0
    var padding = 0
    var last: UInt8 = 0
    for character in characters where !isLineBreak(character) {
      if character == UInt8(ascii: "=") {
        padding += 1
      } else {
        guard padding == 0, let value = value(of: character) else { return nil }
        digits += 1
        last = value
      }
    }
    switch (digits % 4, padding) {
    case (0, 0): return digits / 4 * 3
    case (2, 2): return last & 0x0F == 0 ? digits / 4 * 3 + 1 : nil
    case (3, 1): return last & 0x03 == 0 ? digits / 4 * 3 + 2 : nil
    default: return nil
    }
  }

  /// Writes the bytes that checked `characters` stand for into a buffer of `decodedCount` bytes.
  private static func decode(
    _ characters: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    var bits: UInt32 = 0
    var bitCount = 0
    var written = 0
    for character in characters {
      guard let value = value(of: character) else { continue }
      bits = (bits << 6 | UInt32(value)) & 0xFFFF
      bitCount += 6
      if bitCount >= 8, written < output.count {
        bitCount -= 8
        output[written] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
        written += 1
      }
    }
  }

  private static func isLineBreak(_ character: UInt8) -> Bool { character == 0x0A || character == 0x0D }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}

extension FieldReader {
  /// Bytes that the document gives in Base64; `nil` where there are none.
  package func base64() throws(FieldError) -> [UInt8]? {
    guard isPresent else { return nil }
    guard let bytes = Base64.decode(try string()) else {
      throw failure("is not Base64", remedy: "encode the bytes with the standard alphabet and padding")
    }
    return bytes
  }

  /// Secret bytes that the document gives in Base64, in the open or hidden. An error never says what was
  /// found.
  package func secretBase64() throws(FieldError) -> SecretBytes {
    let decoded: SecretBytes?
    switch value {
    case .secret(let text): decoded = Base64.decode(text)
    case .string(var text): decoded = text.withUTF8 { Base64.decodeSecret(UnsafeRawBufferPointer($0)) }
    case nil: throw failure("is required")
    case .some(let other): throw failure("expected a string, found \(other.kindName)")
    }
    guard let decoded else {
      throw failure("is not Base64", remedy: "encode the bytes with the standard alphabet and padding")
    }
    return decoded
  }
}
