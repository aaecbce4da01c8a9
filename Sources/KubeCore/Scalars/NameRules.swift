/// Kubernetes' rules for names, label keys and label values. Each rule returns the problem, to be
/// read after the name (`must not be empty`), or `nil`.
public enum NameRules {
  /// The problem of a DNS label (RFC 1123), such as a namespace's name: at most 63 lower-case
  /// letters, digits and inner hyphens.
  public static func dnsLabelProblem(_ name: String) -> String? {
    if let problem = lengthProblem(name, 63) { return problem }
    guard isDNSLabel(name.utf8) else {
      return "must consist of lower-case letters, digits and \"-\", and begin and end with a letter or digit"
    }
    return nil
  }

  /// The problem of a DNS name (RFC 1123), such as most objects' names: labels separated by dots,
  /// at most 253 characters.
  public static func dnsSubdomainProblem(_ name: String) -> String? {
    if let problem = lengthProblem(name, 253) { return problem }
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.allSatisfy(isDNSLabel) else {
      return
        "must consist of lower-case letters, digits, \"-\" and \".\", and each part between the dots must "
        + "begin and end with a letter or digit"
    }
    return nil
  }

  /// The problem of a name that is a segment of a URL, which is all that RBAC's objects require.
  public static func pathSegmentProblem(_ name: String) -> String? {
    if name.isEmpty { return "must not be empty" }
    if name == "." || name == ".." { return "must not be \"\(name)\"" }
    return name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }
      ? "must not contain \"/\" or \"%\"" : nil
  }

  /// The problem of a label's or annotation's key: a name of at most 63 characters, with an
  /// optional DNS name and slash before it.
  public static func labelKeyProblem(_ key: String) -> String? {
    var name = key[...]
    if let slash = key.firstIndex(of: "/") {
      if let problem = dnsSubdomainProblem(String(key[..<slash])) { return "has a prefix that \(problem)" }
      name = key[key.index(after: slash)...]
    }
    if name.isEmpty { return key.isEmpty ? "must not be empty" : "must not be empty after the slash" }
    if name.utf8.count > 63 { return "must have at most 63 characters (after the prefix)" }
    return isLabelName(name.utf8)
      ? nil
      : "must consist of letters, digits, \"-\", \"_\" and \".\", and begin and end with a letter or digit"
  }

  /// The problem of a label's value: at most 63 characters, possibly none.
  public static func labelValueProblem(_ value: String) -> String? {
    if value.utf8.count > 63 { return "must have at most 63 characters" }
    return value.isEmpty || isLabelName(value.utf8)
      ? nil
      : "must consist of letters, digits, \"-\", \"_\" and \".\", and begin and end with a letter or digit"
  }

  private static func lengthProblem(_ name: String, _ maximum: Int) -> String? {
    if name.isEmpty { return "must not be empty" }
    return name.utf8.count > maximum ? "must have at most \(maximum) characters" : nil
  }

  private static func isDNSLabel(_ label: some BidirectionalCollection<UInt8>) -> Bool {
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
    guard let first = label.first, let last = label.last else { return false }
    return isLetterOrDigit(first) && isLetterOrDigit(last)
      && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isLabelName(_ name: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = name.first, let last = name.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && name.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  package static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
