import ArgumentParser
import KubeCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An address to listen on, in the form of Go programs: `:8080`, `127.0.0.1:8080` or `[::1]:8080`;
/// `0` for none.
enum ListenAddress: ExpressibleByArgument, Hashable {
  case none
  case at(host: String, port: Int)

  /// The wildcard host: that of IPv6, which also accepts IPv4, where the machine has IPv6.
  static let anyHost: String = {
    #if os(Linux)
      let probe = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let probe = socket(AF_INET6, SOCK_STREAM, 0)
    #endif
    guard probe >= 0 else { return "0.0.0.0" }
    close(probe)
    return "::"
  }()

  init?(argument: String) {
    if argument == "0" {
      self = .none
      return
    }
    guard let colon = argument.lastIndex(of: ":"),
      let port = UInt16(argument[argument.index(after: colon)...]), port > 0,
      argument[argument.index(after: colon)...].allSatisfy(\.isNumber)
    else { return nil }
    var host = String(argument[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    guard !host.contains(where: \.isWhitespace) else { return nil }
    self = .at(host: host.isEmpty ? Self.anyHost : host, port: Int(port))
  }
}

extension LogFormat: ExpressibleByArgument {}
