extension ArraySlice<UInt8> {
  /// Removes a decimal number such as `12`, `1.5`, `1.` or `.5` from the front, and returns its
  /// digits before and after the point; `nil` if there is no digit.
  mutating func removeDecimal() -> (whole: Self, fraction: Self)? {
    let whole = removeDigits()
    var fraction: Self = []
    if first == UInt8(ascii: ".") {
      removeFirst()
      fraction = removeDigits()
    }
    return whole.isEmpty && fraction.isEmpty ? nil : (whole, fraction)
  }

  private mutating func removeDigits() -> Self {
    let digits = prefix { $0 >= 0x30 && $0 <= 0x39 }
    removeFirst(digits.count)
    return digits
  }
}
