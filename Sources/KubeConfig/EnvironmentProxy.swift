import KubeCore

/// The proxy from environment variables, by the rules of Go's `httpproxy`, which kubectl follows.
enum EnvironmentProxy {
  /// The proxy for connections to `server`; `nil` where the environment names none, where
  /// `NO_PROXY` exempts the server, and for this machine itself. Throws for a variable that holds
  /// no proxy's address.
  static func proxy(
    to server: ServerURL, _ environment: HostEnvironment
  ) throws(ConfigurationError) -> ProxyURL? {
    let names = server.scheme == .https ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"]
    guard let name = names.first(where: { environment.value($0) != nil }),
      let text = environment.value(name), !server.isLoopback
    else { return nil }
    let exempt = environment.value("NO_PROXY") ?? environment.value("no_proxy") ?? ""
    if exempt.split(separator: ",").contains(where: { exempts(trimmed($0), server) }) { return nil }
    do {
      return try ProxyURL(text.contains("://") ? text : "http://" + text)
    } catch {
      throw ConfigurationError(
        .invalidField, problem: "the environment variable \(name) names no proxy: \(error.problem)",
        remedy: "\(error.remedy), or set NO_PROXY=\(server.host)")
    }
  }

  private static func trimmed(_ entry: Substring) -> String {
    var entry = entry
    while entry.first?.isWhitespace == true { entry.removeFirst() }
    while entry.last?.isWhitespace == true { entry.removeLast() }
    return entry.lowercased()
  }

  /// Whether an entry of `NO_PROXY` covers `server`: `*`, an address, a range of addresses, or a
  /// domain with its subdomains; all but ranges may have a port.
  private static func exempts(_ entry: String, _ server: ServerURL) -> Bool {
    if entry == "*" { return true }
    let address = IPAddress(server.host)?.unmapped
    if let slash = entry.firstIndex(of: "/"), let network = IPAddress(String(entry[..<slash]))?.unmapped,
      let length = Int(entry[entry.index(after: slash)...])
    {
      return address.map { network.contains($0, prefixLength: length) } ?? false
    }
    let (host, port) = hostAndPort(entry)
    guard !host.isEmpty, port == nil || port == String(server.port) else { return false }
    if let exempted = IPAddress(host) { return exempted.unmapped == address }
    let domain = host.hasPrefix("*.") ? String(host.dropFirst()) : host
    if domain.hasPrefix(".") { return server.host.hasSuffix(domain) }
    return server.host == domain || server.host.hasSuffix("." + domain)
  }

  private static func hostAndPort(_ entry: String) -> (host: String, port: String?) {
    if entry.hasPrefix("[") {
      let parts = entry.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
      let rest = parts.count > 1 ? parts[1] : ""
      return (String(parts[0]), rest.hasPrefix(":") ? String(rest.dropFirst()) : nil)
    }
    let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 ? (String(parts[0]), String(parts[1])) : (entry, nil)
  }
}
