/// Base64 with the standard alphabet and padding (RFC 4648 section 4), as Kubernetes encodes bytes.
///
/// The decoder skips line breaks, as Go's does, and refuses any other character outside the
/// alphabet, missing padding and stray bits at the end. Errors never contain the input, which may
/// be a secret.
package enum Base64 {
  /// The text of `bytes`.
  package static func encode(_ bytes: some Collection<UInt8>) -> String {
    let copy = bytes.withContiguousStorageIfAvailable { encoded(UnsafeRawBufferPointer($0)) }
    return copy ?? Array(bytes).withUnsafeBytes { encoded($0) }
  }

  /// The text of secret bytes as a secret; no plain copy remains in memory.
  package static func encode(_ secret: SecretBytes) -> SecretBytes {
    secret.withExposedBytes { bytes in
      SecretBytes(count: encodedCount(bytes.count)) { encode(bytes, into: $0) }
    }
  }

  /// The bytes that `text` encodes; `nil` where it isn't Base64.
  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
  }

  private static func decode(_ characters: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let count = decodedCount(characters) else { return nil }
    return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      decode(characters, into: buffer)
      initialized = count
    }
  }

  /// The bytes that a secret's text encodes, as a secret; `nil` where it isn't Base64. No plain
  /// copy remains in memory.
  package static func decode(_ secret: SecretBytes) -> SecretBytes? {
    secret.withExposedBytes { decodeSecret($0) }
  }

  /// The bytes that `characters` encode, as a secret; `nil` where they aren't Base64. No plain copy
  /// remains in memory.
  package static func decodeSecret(_ characters: UnsafeRawBufferPointer) -> SecretBytes? {
    guard let count = decodedCount(characters) else { return nil }
    return SecretBytes(count: count) { decode(characters, into: $0) }
  }

  /// Whether `text` is Base64.
  package static func isValid(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { decodedCount(UnsafeRawBufferPointer($0)) != nil }
  }

  /// Whether a secret's text is Base64.
  package static func isValid(_ secret: SecretBytes) -> Bool {
    secret.withExposedBytes { decodedCount($0) != nil }
  }

  /// The bytes as base64url without padding, as in JSON Web Tokens (RFC 7515 section 2).
  package static func encodeURL(_ bytes: [UInt8]) -> String {
    encode(bytes).replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }
  }

  /// The bytes that base64url without padding encodes; `nil` for any other text.
  package static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
    var text = String(text)
    return text.withUTF8 { decodeURL(UnsafeRawBufferPointer($0)) }
  }

  /// The bytes that the characters of base64url without padding encode; `nil` for any others.
  package static func decodeURL(_ characters: UnsafeRawBufferPointer) -> [UInt8]? {
    var plain = characters.map { character in
      switch character {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: character
      }
    }
    plain.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - plain.count % 4) % 4))
    return plain.withUnsafeBytes { decode($0) }
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

  /// The number of bytes that the text encodes; `nil` where it isn't Base64.
  private static func decodedCount(_ characters: UnsafeRawBufferPointer) -> Int? {
    var digits = 0
    var padding = 0
    var last: UInt8 = 0
    return values.withUnsafeBufferPointer { values in
      var index = 0
      while index < characters.count {
        if padding == 0, quad(characters, at: index, values) != nil {
          last = values[Int(characters[index + 3])]
          digits += 4
          index += 4
          continue
        }
        let character = characters[index]
        index += 1
        if isLineBreak(character) { continue }
        if character == UInt8(ascii: "=") {
          padding += 1
        } else {
          let value = values[Int(character)]
          guard padding == 0, value < 64 else { return nil }
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
  }

  /// Writes the bytes that checked `characters` encode into a buffer of `decodedCount` bytes.
  private static func decode(
    _ characters: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<UInt8>
  ) {
    values.withUnsafeBufferPointer { values in
      var bits: UInt32 = 0
      var bitCount = 0
      var written = 0
      var index = 0
      while index < characters.count {
        if bitCount == 0, written + 3 <= output.count, let quad = quad(characters, at: index, values) {
          output[written] = UInt8(truncatingIfNeeded: quad >> 16)
          output[written + 1] = UInt8(truncatingIfNeeded: quad >> 8)
          output[written + 2] = UInt8(truncatingIfNeeded: quad)
          written += 3
          index += 4
          continue
        }
        let value = values[Int(characters[index])]
        index += 1
        guard value < 64 else { continue }
        bits = (bits << 6 | UInt32(value)) & 0xFFFF
        bitCount += 6
        if bitCount >= 8, written < output.count {
          bitCount -= 8
          output[written] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
          written += 1
        }
      }
    }
  }

  /// The 24 bits that the four characters from `index` on encode; `nil` where one is outside the
  /// alphabet.
  @inline(__always)
  private static func quad(
    _ characters: UnsafeRawBufferPointer, at index: Int, _ values: UnsafeBufferPointer<UInt8>
  ) -> UInt32? {
    guard characters.count - index >= 4 else { return nil }
    let a = values[Int(characters[index])]
    let b = values[Int(characters[index + 1])]
    let c = values[Int(characters[index + 2])]
    let d = values[Int(characters[index + 3])]
    guard a | b | c | d < 64 else { return nil }
    return UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d)
  }

  private static func isLineBreak(_ character: UInt8) -> Bool { character == 0x0A || character == 0x0D }

  /// The value of each byte in the alphabet; 255 for those outside it.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for index in 0..<64 { values[Int(alphabet.utf8Start[index])] = UInt8(index) }
    return values
  }()
}

extension FieldReader {
  /// Decodes bytes in Base64; `nil` where there are none.
  package func base64() throws(FieldError) -> [UInt8]? {
    guard isPresent else { return nil }
    guard let bytes = Base64.decode(try string()) else {
      throw failure("is not Base64", remedy: "encode the bytes with the standard alphabet and padding")
    }
    return bytes
  }

  /// Decodes secret bytes in Base64, concealed or not. An error never contains the value.
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
