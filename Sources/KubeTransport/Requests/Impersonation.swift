/// The user that a request impersonates: Kubernetes' user impersonation (API documentation, "User
/// impersonation").
public struct Impersonation: Sendable, Hashable {
  /// The user's name.
  public var user: String
  /// The user's unique id.
  public var uid: String?
  /// The user's groups.
  public var groups: [String]
  /// Further attributes of the user.
  public var extra: [String: [String]]

  /// Creates an impersonated user.
  public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
    self.user = user
    self.uid = uid
    self.groups = groups
    self.extra = extra
  }

  /// The request headers in a fixed order. Keys of `extra` are percent-encoded, since a header's
  /// name can't contain every character.
  public var headers: [(name: String, value: String)] {
    var headers = [(name: "Impersonate-User", value: user)]
    if let uid { headers.append(("Impersonate-Uid", uid)) }
    headers += groups.map { ("Impersonate-Group", $0) }
    for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
      headers += values.map { ("Impersonate-Extra-" + Self.headerKey(key), $0) }
    }
    return headers
  }

  /// The `key` in lower case with everything but RFC 9110's token characters percent-encoded, `%`
  /// included.
  private static func headerKey(_ key: String) -> String {
    var text = ""
    for byte in key.lowercased().utf8 {
      let plain =
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || "!#$&'*+-.^_`|~".utf8.contains(byte)
      if plain {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.count == 1 ? "%0" + digits : "%" + digits
      }
    }
    return text
  }
}
