package import HTTPTypes
package import KubeTransport

extension KubeRequest {
  /// Creates the decoded request of `head`; `nil` where its path or query isn't percent-encoded
  /// UTF-8.
  ///
  /// Segments are decoded after the path was split, so that `%2F` stays within its segment.
  package init?(head: HTTPRequest) {
    guard let target = head.path, target.hasPrefix("/") else { return nil }
    let mark = target.firstIndex(of: "?")
    var path: [String] = []
    for segment in target[..<(mark ?? target.endIndex)].dropFirst().split(
      separator: "/", omittingEmptySubsequences: false)
    {
      guard let segment = Self.decoded(segment, plusIsSpace: false) else { return nil }
      path.append(segment)
    }
    var query: [QueryItem] = []
    if let mark {
      for item in target[target.index(after: mark)...].split(separator: "&") {
        let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = Self.decoded(parts.first ?? "", plusIsSpace: true),
          let value = Self.decoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
        else { return nil }
        query.append(QueryItem(name, value))
      }
    }
    var headers = head.headerFields
    // The user is authenticated already, and the handler must not see the credential.
    headers[.authorization] = nil
    self.init(method: head.method, path: path, query: query, headers: headers)
  }

  private static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "+") && plusIsSpace {
        bytes.append(0x20)
      } else if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
          return nil
        }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
