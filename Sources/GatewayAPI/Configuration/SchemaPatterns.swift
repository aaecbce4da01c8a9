import KubeCore

/// The patterns of the definition's strings, which the manager checks without a regular expression
/// engine.
enum SchemaPatterns {
  static let imagePattern = "^\\S+$"
  static let labelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
  static let subdomainPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
  static let durationPattern = "^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"

  /// Whether `text` matches one of the patterns above; any text matches another.
  static func accepts(_ text: String, pattern: String) -> Bool {
    switch pattern {
    case imagePattern: !text.isEmpty && !text.utf8.contains { [0x09, 0x0A, 0x0C, 0x0D, 0x20].contains($0) }
    case labelPattern: NameRules.dnsLabelProblem(text) == nil
    case subdomainPattern: NameRules.dnsSubdomainProblem(text) == nil
    case durationPattern: isDuration(text)
    case Quantity.schemaPattern: Quantity(text) != nil
    default: true
    }
  }

  /// Whether the text is a sequence of numbers with units, without a sign.
  private static func isDuration(_ text: String) -> Bool {
    var rest = Substring(text)
    func skipDigits() -> Bool {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return !digits.isEmpty
    }
    repeat {
      guard skipDigits() else { return false }
      if rest.first == "." {
        rest.removeFirst()
        guard skipDigits() else { return false }
      }
      guard let unit = ["ns", "us", "µs", "ms", "s", "m", "h"].first(where: { rest.hasPrefix($0) }) else {
        return false
      }
      rest = rest.dropFirst(unit.count)
    } while !rest.isEmpty
    return true
  }
}
