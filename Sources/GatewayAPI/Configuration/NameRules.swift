/// The rules of Kubernetes for names; each answers with what is wrong, or `nil`.
enum NameRules {
  /// A DNS label (RFC 1123): what namespaces are named by.
  static func label(_ text: String) -> String? {
    if text.isEmpty { return "is required" }
    if text.utf8.count > 63 { return "\"\(text.prefix(80))\" is longer than 63 characters" }
    let inner = text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    guard inner, let first = text.utf8.first, let last = text.utf8.last, isLowerAlphanumeric(first),
      isLowerAlphanumeric(last)
    else { return "\"\(text)\" is not a DNS label" }
    return nil
  }

  /// A DNS subdomain (RFC 1123): what most objects are named by.
  static func subdomain(_ text: String) -> String? {
    if text.isEmpty { return "is required" }
    if text.utf8.count > 253 { return "\"\(text.prefix(80))…\" is longer than 253 characters" }
    // The API server's pattern puts no limit on the single parts.
    let isValid = text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.utf8.first, let last = part.utf8.last else { return false }
      return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
        && part.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
    return isValid ? nil : "\"\(text)\" is not a DNS subdomain"
  }

  /// The key of a label: an optional DNS subdomain and a slash, and a name.
  static func labelKey(_ text: String) -> String? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.last, parts.count == 1 || subdomain(String(parts[0])) == nil, !name.isEmpty,
      isLabelText(name)
    else { return "\"\(text)\" is not a label's key" }
    return nil
  }

  /// The value of a label.
  static func labelValue(_ text: String) -> String? {
    text.isEmpty || isLabelText(text[...]) ? nil : "\"\(text)\" is not a label's value"
  }

  private static func isLabelText(_ text: Substring) -> Bool {
    guard text.utf8.count <= 63, let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) }
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
