import KubeCore

/// The value of a plain scalar (one without quotes and tag).
///
/// The rules are those of `sigs.k8s.io/yaml`, which every manifest passes through on its way to an
/// API server: YAML 1.1's booleans (`yes`, `on`, `y` and the like), integers with underscores and
/// in the bases 2, 8 (`0o17` and `017`) and 16, no sexagesimals, timestamps as strings. Unlike
/// there, a number of any length or precision is kept exactly.
enum YAMLScalar: Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string
  /// Infinity or not-a-number, which JSON doesn't have.
  case notFinite

  /// The maximum length of numbers that aren't in JSON's own notation; the longest must be
  /// converted between bases.
  private static let maximumDigits = 512

  init(plain bytes: UnsafeBufferPointer<UInt8>) {
    self = .string
    guard let first = bytes.first else {
      self = .null
      return
    }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      if bytes.count <= 5, YAMLScalar.isNotFinite(bytes) {
        self = .notFinite
      } else if let number = YAMLScalar.number(bytes) {
        self = .number(number)
      }
    case UInt8(ascii: "~"), UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"),
      UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"),
      UInt8(ascii: "O"):
      guard bytes.count <= 5 else { return }
      switch String(decoding: bytes, as: UTF8.self) {
      case "~", "null", "Null", "NULL": self = .null
      case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": self = .bool(true)
      case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": self = .bool(false)
      default: return
      }
    default: return
    }
  }

  private static func isNotFinite(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    switch String(decoding: bytes, as: UTF8.self) {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
      true
    default: false
    }
  }

  private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONNumber? {
    if let number = JSONNumber(text: String(decoding: bytes, as: UTF8.self)) { return number }
    guard bytes.count <= maximumDigits else { return nil }
    // A number that begins with its point has no underscores.
    var rest =
      bytes.first == UInt8(ascii: ".") ? bytes[...].filter { _ in true } : bytes.filter { $0 != 0x5F }
    guard let first = rest.first else { return nil }
    let isNegative = first == UInt8(ascii: "-")
    if isNegative || first == UInt8(ascii: "+") { rest.removeFirst() }
    let sign = isNegative ? "-" : ""
    if rest.first == UInt8(ascii: "0"), rest.count > 1 {
      let (radix, digits): (UInt64, ArraySlice<UInt8>) =
        switch rest[1] {
        case UInt8(ascii: "x"), UInt8(ascii: "X"): (16, rest[2...])
        case UInt8(ascii: "o"), UInt8(ascii: "O"): (8, rest[2...])
        case UInt8(ascii: "b"), UInt8(ascii: "B"): (2, rest[2...])
        default: (8, rest[1...])
        }
      if let decimal = decimal(digits, radix: radix) {
        return JSONNumber(text: decimal == "0" ? decimal : sign + decimal)
      }
    }
    return float(rest).flatMap { JSONNumber(text: sign + $0) }
  }

  /// The JSON notation of an unsigned number in the notation of YAML 1.1 floats (`5.`, `.5`, `08`);
  /// `nil` for any other text.
  private static func float(_ bytes: [UInt8]) -> String? {
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    let whole = bytes.prefix(while: isDigit)
    var rest = bytes.dropFirst(whole.count)
    var text = String(decoding: whole.drop { $0 == 0x30 }, as: UTF8.self)
    if text.isEmpty { text = "0" }
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      rest = rest.dropFirst(1 + fraction.count)
      guard !whole.isEmpty || !fraction.isEmpty else { return nil }
      if !fraction.isEmpty { text += "." + String(decoding: fraction, as: UTF8.self) }
    } else if whole.isEmpty {
      return nil
    }
    // The rest must be an exponent, whose grammar is that of JSON.
    return text + String(decoding: rest, as: UTF8.self)
  }

  /// The decimal form of the integer with these digits to `radix`; `nil` for an empty or invalid
  /// text.
  private static func decimal(_ digits: ArraySlice<UInt8>, radix: UInt64) -> String? {
    guard !digits.isEmpty else { return nil }
    let base: UInt64 = 1_000_000_000
    var limbs: [UInt64] = [0]  // least significant first
    for byte in digits {
      var carry: UInt64
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): carry = UInt64(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): carry = UInt64(byte - 0x61 + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): carry = UInt64(byte - 0x41 + 10)
      default: return nil
      }
      guard carry < radix else { return nil }
      for index in limbs.indices {
        let sum = limbs[index] * radix + carry
        limbs[index] = sum % base
        carry = sum / base
      }
      if carry > 0 { limbs.append(carry) }
    }
    var text = String(limbs.removeLast())
    for limb in limbs.reversed() {
      let part = String(limb)
      text += String(repeating: "0", count: 9 - part.count) + part
    }
    return text
  }
}

extension YAMLScalar {
  /// Whether a reader of YAML 1.1 or 1.2 could take the unquoted `bytes` for anything but this
  /// string, sexagesimals, timestamps and the merge key included.
  static func needsQuotes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if YAMLScalar(plain: bytes) != .string { return true }
    if bytes.elementsEqual("<<".utf8) || bytes.elementsEqual("=".utf8) { return true }
    guard let first = bytes.first, first <= UInt8(ascii: "9") else { return false }
    return isSexagesimal(bytes) || isTimestamp(bytes)
  }

  /// Whether the text is an integer or float to base 60 of YAML 1.1: `190:20:30`, `-1:30.5`.
  private static func isSexagesimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)[...]
    guard parts.count > 1, var head = parts.popFirst(), let tail = parts.popLast() else { return false }
    if head.first == UInt8(ascii: "-") || head.first == UInt8(ascii: "+") { head = head.dropFirst() }
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    func isMinute(_ part: some Collection<UInt8>) -> Bool {
      (1...2).contains(part.count) && part.allSatisfy(isDigit) && (part.count == 1 || part.first ?? 0 < 0x36)
    }
    guard let first = head.first, isDigit(first), head.allSatisfy({ isDigit($0) || $0 == 0x5F }) else {
      return false
    }
    let last = tail.prefix { $0 != UInt8(ascii: ".") }
    let fraction = tail.dropFirst(last.count + 1)
    return parts.allSatisfy(isMinute) && isMinute(last) && fraction.allSatisfy { isDigit($0) || $0 == 0x5F }
  }

  /// Whether the text is a date, alone or before a time of day.
  private static func isTimestamp(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    func dropDigits(_ count: ClosedRange<Int>, from rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
      let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
      rest = rest.dropFirst(digits)
      return count.contains(digits)
    }
    var rest = bytes[...]
    guard dropDigits(4...4, from: &rest), rest.popFirst() == UInt8(ascii: "-"),
      dropDigits(1...2, from: &rest), rest.popFirst() == UInt8(ascii: "-"), dropDigits(1...2, from: &rest)
    else { return false }
    switch rest.first {
    case nil, UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " "), UInt8(ascii: "\t"): return true
    default: return false
    }
  }
}
