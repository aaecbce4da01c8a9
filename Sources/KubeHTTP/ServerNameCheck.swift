import KubeTransport
import NIOCore
import NIOSSL

/// Holds a server's certificate to the one name that was asked for.
///
/// NIOSSL's own verification is satisfied with the asked name *or* the address that the connection
/// led to. Where a name is asked for, an address is not enough (RFC 9525, section 6.1): else a
/// `tls-server-name` would verify nothing on a connection by address.
struct ServerNameCheck: Sendable {
  /// The DNS name, in lower case.
  var name: String

  /// Looks at the certificate that the server showed on `channel`, on which TLS is established; fails, and
  /// closes the
  /// channel, where it doesn't bear the name.
  @Sendable func check(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.nioSSL_peerCertificate().flatMapThrowing { [name] certificate in
      guard let certificate, Self.names(of: certificate).contains(where: { Self.matches($0, name) }) else {
        channel.close(promise: nil)
        throw TransportError(
          code: .tlsFailed, requestWasSent: false,
          message: "the server's certificate does not bear the name \(name)")
      }
    }
  }

  private static func names(of certificate: NIOSSLCertificate) -> [String] {
    certificate._subjectAlternativeNames().compactMap { name in
      name.nameType == .dnsName ? String(decoding: name.contents, as: UTF8.self).lowercased() : nil
    }
  }

  /// Whether the certificate's `pattern` covers `name`; a `*` stands for the whole first label and nothing
  /// else.
  static func matches(_ pattern: String, _ name: String) -> Bool {
    if pattern == name { return true }
    guard pattern.hasPrefix("*."), let dot = name.firstIndex(of: "."), dot != name.startIndex else {
      return false
    }
    let rest = name[dot...]
    return pattern.dropFirst() == rest && rest.dropFirst().contains(".")
  }
}
