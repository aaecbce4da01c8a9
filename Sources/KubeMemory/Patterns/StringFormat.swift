import KubeCore

/// A string `format` that the API server checks (kube-openapi's strfmt), by its name without
/// hyphens.
///
/// Number formats are not included, because the API server doesn't check them either: an integer of
/// format `int32` may be larger.
enum StringFormat: String, Sendable {
  case bsonobjectid
  case byte
  case cidr
  case date
  case datetime
  case duration
  case email
  case hexcolor
  case hostname
  case ipv4
  case ipv6
  case k8slongname
  case k8sshortname
  case mac
  case password
  case quantity
  case rgbcolor
  case ssn
  case uri
  case uuid
  case uuid3
  case uuid4
  case uuid5

  /// The formats that the API server checks and this type doesn't.
  static let unchecked: Set<String> = ["creditcard", "isbn", "isbn10", "isbn13"]

  /// The name without hyphens, which are ignored.
  static func plainName(_ name: String) -> String { name.filter { $0 != "-" } }

  /// Creates the format of that name; `nil` for one that isn't checked.
  init?(name: String) { self.init(rawValue: StringFormat.plainName(name)) }

  /// Whether `text` has the format.
  func accepts(_ text: String) -> Bool {
    if self == .ssn, text.utf8.count != 11 { return false }
    if let pattern = StringFormat.patterns[self] { return pattern.matches(text) }
    switch self {
    case .password: return true
    case .date: return StringFormat.isDate(text)
    case .datetime: return StringFormat.isDateTime(text)
    case .duration: return StringFormat.isDuration(text)
    case .quantity: return Quantity(text) != nil
    case .k8sshortname: return NameRules.dnsLabelProblem(text) == nil
    case .k8slongname: return NameRules.dnsSubdomainProblem(text) == nil
    case .ipv4: return NetworkText.isAddress(text) && text.utf8.contains(UInt8(ascii: "."))
    case .ipv6: return NetworkText.isAddress(text) && text.utf8.contains(UInt8(ascii: ":"))
    case .cidr: return NetworkText.isCIDR(text)
    case .mac: return NetworkText.isHardwareAddress(text)
    case .uri: return NetworkText.isRequestURI(text)
    case .hostname: return StringFormat.isHostname(text)
    case .email: return StringFormat.isEmail(text)
    case .bsonobjectid, .byte, .hexcolor, .rgbcolor, .ssn, .uuid, .uuid3, .uuid4, .uuid5: return true
    }
  }

  /// The formats that are defined by a pattern, with strfmt's own patterns.
  private static let patterns: [StringFormat: RE2Pattern] = {
    let decimal = "(0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])"
    let texts: [StringFormat: String] = [
      .bsonobjectid: "^[0-9a-fA-F]{24}$",
      .byte: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$",
      .hexcolor: "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$",
      .rgbcolor: "^rgb\\(\\s*\(decimal)\\s*,\\s*\(decimal)\\s*,\\s*\(decimal)\\s*\\)$",
      .ssn: "^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$",
      .uuid: "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$",
      .uuid3: "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$",
      .uuid4: "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$",
      .uuid5: "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$",
    ]
    return texts.compactMapValues { try? RE2Pattern($0) }
  }()

  private static func isDate(_ text: String) -> Bool {
    text.utf8.count == 10 && Timestamp(rfc3339: text + "T00:00:00Z") != nil
  }

  /// Whether the text is a date-time for the API server: no leap seconds, `t` and `z` in either
  /// case.
  private static func isDateTime(_ text: String) -> Bool {
    let parts = text.lowercased().split(separator: "t", omittingEmptySubsequences: false)
    guard parts.count >= 2, isDate(String(parts[0])) else { return false }
    return clock?.matches(String(parts[1])) ?? true
  }

  private static let clock = try? RE2Pattern(
    "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$")
  private static let spelledDuration = try? RE2Pattern("^\\s*(?:\\d+\\s*[A-Za-zµ]+\\s*)+$")

  /// Whether the text is a duration in Go's notation, or in Scala's: `2 days`.
  private static func isDuration(_ text: String) -> Bool {
    if GoDuration(text) != nil { return true }
    guard spelledDuration?.matches(text) == true else { return false }
    let units = text.lowercased().split { !($0.isLetter || $0 == "µ") }
    let plain: Set<Substring> = ["ns", "us", "µs", "ms", "s", "m", "h", "hr", "d", "w", "wk"]
    let spelled = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"]
    return units.contains { unit in plain.contains(unit) || spelled.contains { unit.hasPrefix($0) } }
  }

  /// Whether the text consists of labels of letters of any script, symbols, digits and hyphens,
  /// each of at most 63 bytes.
  private static func isHostname(_ text: String) -> Bool {
    guard text.utf8.count <= 255, hostnamePattern?.matches(text) == true else { return false }
    return text.utf8.split(separator: UInt8(ascii: ".")).allSatisfy { $0.count <= 63 }
  }

  private static let hostnamePattern: RE2Pattern? = {
    let scalar = "a-zA-Z0-9\\p{S}\\p{L}"
    let label = "[\(scalar)](([\(scalar)-]{0,61}[\(scalar)])?)"
    return try? RE2Pattern(
      "^([\(scalar)]((-?[\(scalar)]{0,62})?)|(\(label)(\\.)){1,}([\(scalar)])(-?[\(scalar)]){1,62})$")
  }()

  /// Whether the text is `local@domain`, possibly in angle brackets after a name; a text with
  /// quotes or comments is accepted.
  private static func isEmail(_ text: String) -> Bool {
    if text.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "(") }) {
      return text.contains("@")
    }
    var address = text.drop { $0 == " " }
    if let open = address.firstIndex(of: "<") {
      guard address.last == ">" else { return false }
      address = address[address.index(after: open)...].dropLast()
    }
    let parts = address.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return false }
    return isDotAtom(parts[0]) && (isDotAtom(parts[1]) || parts[1].hasPrefix("[") && parts[1].hasSuffix("]"))
  }

  private static func isDotAtom(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
      !atom.isEmpty
        && atom.unicodeScalars.allSatisfy { scalar in
          !scalar.isASCII || ScalarSet.word.contains(scalar)
            || "!#$%&'*+-/=?^`{|}~".unicodeScalars.contains(scalar)
        }
    }
  }
}
