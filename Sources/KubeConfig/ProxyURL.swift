public import KubeCore

/// A proxy between client and API server: a kubeconfig's `proxy-url`.
public struct ProxyURL: Sendable, Hashable, CustomStringConvertible {
  /// The protocol of the proxy.
  public enum Scheme: String, Sendable, Hashable {
    /// An HTTP proxy (`CONNECT`) without TLS.
    case http
    /// An HTTP proxy over TLS.
    case https
    /// A SOCKS version 5 proxy.
    case socks5
  }

  /// The scheme.
  public let scheme: Scheme
  /// The host name or address.
  public let host: String
  /// The TCP port.
  public let port: Int
  /// The user name for the proxy, where one is given.
  public let user: String?
  /// The password for the proxy, where one is given.
  public let password: SecretBytes?

  /// Parses `text`; throws a ``URLProblem``, which never contains the password.
  public init(_ text: String) throws(URLProblem) {
    let parts = try URLParts(text)
    guard let scheme = Scheme(rawValue: parts.scheme) else {
      throw URLProblem(
        .invalidScheme, problem: "the scheme \"\(parts.scheme)\" is not one of http, https and socks5",
        remedy: "write http://HOST:PORT or socks5://HOST:PORT")
    }
    self.scheme = scheme
    host = parts.host
    port = parts.port ?? (scheme == .http ? 80 : scheme == .https ? 443 : 1080)
    user = parts.user.map(removingPercentEncoding)
    password = parts.password.map { SecretBytes(utf8: removingPercentEncoding($0)) }
  }

  /// The address as text, without user and password.
  public var description: String {
    "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}

/// The percent-decoded text; unchanged where the encoding is invalid.
private func removingPercentEncoding(_ text: String) -> String {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else {
      bytes.append(byte)
      continue
    }
    guard rest.count >= 2,
      let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
    else { return text }
    bytes.append(value)
    rest = rest.dropFirst(2)
  }
  return String(validating: bytes, as: UTF8.self) ?? text
}
