/// The validated address of an API server: scheme, host, port and base path.
///
/// It has no user, query or fragment: a kubeconfig's `server` has none.
public struct ServerURL: Sendable, Hashable, CustomStringConvertible {
  /// The protocol of the server.
  public enum Scheme: String, Sendable, Hashable {
    /// Without TLS, for a proxy on the same machine.
    case http
    /// With TLS.
    case https
  }

  /// The scheme.
  public let scheme: Scheme
  /// The host name or address; an IPv6 address has no brackets.
  public let host: String
  /// The TCP port, from 1 to 65535.
  public let port: Int
  /// The prefix of every request's path: empty, or beginning with a slash and not ending with one.
  public let basePath: String

  /// Parses `text`; throws a ``URLProblem`` where it isn't a server's address. The message never
  /// contains a password.
  public init(_ text: String) throws(URLProblem) {
    let parts = try URLParts(text)
    guard let scheme = Scheme(rawValue: parts.scheme) else {
      throw URLProblem(
        .invalidScheme, problem: "the scheme \"\(parts.scheme)\" is not one of http and https",
        remedy: "write https://HOST:PORT")
    }
    guard parts.user == nil, parts.password == nil else {
      throw URLProblem(
        .unsupportedPart, problem: "a user or password in the address is not used",
        remedy: "remove it and give credentials in the user's entry")
    }
    self.scheme = scheme
    host = parts.host
    port = parts.port ?? (scheme == .https ? 443 : 80)
    basePath = parts.path
  }

  /// Parses `text` as kubectl parses a kubeconfig's `server`: `scheme` is the default for a host
  /// and port alone, as in `127.0.0.1:8001`.
  init(_ text: String, assuming scheme: Scheme) throws(URLProblem) {
    let isComplete = text.isEmpty || text.contains("://")
    if !isComplete, text.contains("/") {
      throw URLProblem(
        .invalidScheme, problem: "has a path, but no scheme", remedy: "write https://HOST:PORT/PATH")
    }
    try self.init(isComplete ? text : "\(scheme.rawValue)://\(text)")
  }

  /// Creates the address of `host` and `port` over TLS; throws for an invalid host or port.
  public init(host: String, port: String) throws(URLProblem) {
    try self.init("https://" + (host.contains(":") ? "[\(host)]" : host) + ":" + port)
  }

  /// Host and port as in a `Host` header; the scheme's default port is omitted.
  public var authority: String {
    port == (scheme == .https ? 443 : 80) ? bracketedHost : hostAndPort
  }

  /// Host and port, as requests' metrics name the server.
  package var hostAndPort: String { "\(bracketedHost):\(port)" }

  private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

  /// Whether the host is this machine itself.
  public var isLoopback: Bool {
    host == "localhost" || host == "::1"
      || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
  }

  /// The address as text.
  public var description: String { "\(scheme.rawValue)://\(authority)\(basePath)" }
}

/// An invalid address: the problem and the remedy, without a password.
public struct URLProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of problem.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The text exceeds the limit.
    public static let tooLarge = Code("too large")
    /// The text contains a character that no URL has.
    public static let invalidCharacter = Code("invalid character")
    /// The scheme is missing, or isn't one of those allowed.
    public static let invalidScheme = Code("invalid scheme")
    /// The host is missing, or isn't a name or an address.
    public static let invalidHost = Code("invalid host")
    /// The port isn't a number from 1 to 65535.
    public static let invalidPort = Code("invalid port")
    /// The path contains characters or elements that aren't allowed.
    public static let invalidPath = Code("invalid path")
    /// The address has a part that isn't used: a user, a query or a fragment.
    public static let unsupportedPart = Code("unsupported part")
  }

  /// The kind of problem.
  public var code: Code
  /// The problem, for people.
  public var problem: String
  /// The remedy, for people.
  public var remedy: String

  /// Creates an error.
  public init(_ code: Code, problem: String, remedy: String) {
    self.code = code
    self.problem = problem
    self.remedy = remedy
  }

  /// Problem and remedy as one sentence.
  public var description: String { "\(problem); \(remedy)" }
}

/// The parts of an absolute URL (RFC 3986) with an authority and without query and fragment.
struct URLParts {
  var scheme: String
  var user: String?
  var password: String?
  var host: String
  var port: Int?
  /// Empty, or beginning with a slash and not ending with one.
  var path: String

  init(_ text: String) throws(URLProblem) {
    let example = "write https://HOST:PORT"
    guard text.utf8.count <= 2048 else {
      throw URLProblem(.tooLarge, problem: "is longer than 2048 bytes", remedy: example)
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw URLProblem(
        .invalidCharacter, problem: "holds a space, a control or a non-ASCII character", remedy: example)
    }
    guard let end = text.firstRange(of: "://") else {
      throw URLProblem(.invalidScheme, problem: "has no scheme", remedy: example)
    }
    scheme = text[..<end.lowerBound].lowercased()
    var rest = text[end.upperBound...]
    if rest.contains(where: { $0 == "?" || $0 == "#" }) {
      throw URLProblem(
        .unsupportedPart, problem: "has a query or fragment", remedy: "remove everything from ? or # on")
    }
    path = ""
    if let slash = rest.firstIndex(of: "/") {
      path = String(rest[slash...])
      rest = rest[..<slash]
      while path.hasSuffix("/") { path.removeLast() }
      guard path.utf8.allSatisfy(Self.isPathByte),
        !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
      else { throw URLProblem(.invalidPath, problem: "has a path that is not plain", remedy: example) }
    }
    if let at = rest.lastIndex(of: "@") {
      let userInfo = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = userInfo.first.map { String($0) }
      password = userInfo.count > 1 ? String(userInfo[1]) : nil
      rest = rest[rest.index(after: at)...]
    }
    var portText: Substring?
    if rest.hasPrefix("[") {
      guard let close = rest.firstIndex(of: "]") else {
        throw URLProblem(
          .invalidHost, problem: "has an IPv6 address without its closing bracket", remedy: example)
      }
      host = String(rest[rest.index(after: rest.startIndex)..<close])
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
        throw URLProblem(
          .invalidHost, problem: "has a malformed IPv6 address", remedy: "write https://[::1]:6443")
      }
      let after = rest[rest.index(after: close)...]
      if after.hasPrefix(":") {
        portText = after.dropFirst()
      } else if !after.isEmpty {
        throw URLProblem(.invalidHost, problem: "has text after the IPv6 address", remedy: example)
      }
    } else {
      let pieces = rest.split(separator: ":", omittingEmptySubsequences: false)
      guard pieces.count <= 2 else {
        throw URLProblem(
          .invalidHost, problem: "has an IPv6 address without brackets", remedy: "write https://[::1]:6443")
      }
      host = pieces.first.map { String($0).lowercased() } ?? ""
      portText = pieces.count == 2 ? pieces[1] : nil
      guard host.utf8.allSatisfy(Self.isHostByte) else {
        throw URLProblem(
          .invalidHost, problem: "has a host with characters that no host name has", remedy: example)
      }
    }
    guard !host.isEmpty else { throw URLProblem(.invalidHost, problem: "has no host", remedy: example) }
    if let portText {
      guard let number = Int(portText), (1...65535).contains(number), portText.allSatisfy(\.isNumber) else {
        throw URLProblem(
          .invalidPort, problem: "has a port that is not a number from 1 to 65535", remedy: example)
      }
      port = number
    }
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      || byte == UInt8(ascii: "_")
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "-._~!$&'()*+,;=:@/%".utf8.contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
