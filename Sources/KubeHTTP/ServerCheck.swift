import KubeCore
import KubeTransport
import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The check that a server's certificate is valid for the one requested name or address, and is one
/// of the pinned certificates where those are trusted.
///
/// NIOSSL's own verification accepts the requested name *or* the connection's address. Where a name
/// is requested, an address is not enough (RFC 9525, section 6.1): otherwise a `tls-server-name`
/// would verify nothing on a connection by address. Where an address is requested, the connection's
/// differs from it behind a proxy.
struct ServerCheck: Sendable {
  /// The DNS name in lower case, or the address.
  let name: String
  private let address: IPAddress?
  /// The accepted certificates of the server; `nil` where its chain was verified in the handshake.
  private let pins: [NIOSSLCertificate]?

  /// Creates a check for `name`, an address or a DNS name, of a server that is verified by `trust`.
  init(name: String, trust: ServerTrust) {
    address = IPAddress(name)?.unmapped
    self.name = name.lowercased()
    if case .pinned(let certificates) = trust { pins = certificates } else { pins = nil }
  }

  /// Whether an address is requested.
  var isForAddress: Bool { address != nil }

  /// Checks the certificate of the server on `channel`, on which TLS is established; fails and
  /// closes the channel where it isn't valid for the requested name.
  @Sendable func check(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
      do {
        guard let certificate, try pins.map({ try Self.isPinned(certificate, $0) }) ?? true else {
          throw TransportError.untrustedServer
        }
        guard bears(certificate) else {
          throw TransportError(
            code: .tlsFailed, requestWasSent: false,
            message: "the server's certificate does not bear the \(isForAddress ? "address" : "name") \(name)"
          )
        }
      } catch {
        channel.close(promise: nil)
        throw error
      }
    }
  }

  private func bears(_ certificate: NIOSSLCertificate) -> Bool {
    certificate._subjectAlternativeNames().contains { alternative in
      switch alternative.nameType {
      case .dnsName:
        address == nil
          && Self.matches(String(decoding: alternative.contents, as: UTF8.self).lowercased(), name)
      case .ipAddress:
        address != nil && IPAddress(bytes: alternative.contents)?.unmapped == address
      default: false
      }
    }
  }

  /// Whether the certificate is one of `pins`, byte for byte, valid now, and a TLS server's. The
  /// handshake proves that the server has its key.
  private static func isPinned(_ certificate: NIOSSLCertificate, _ pins: [NIOSSLCertificate]) throws -> Bool {
    let der = try certificate.toDERBytes()
    guard try pins.contains(where: { try $0.toDERBytes() == der }), let fields = CertificateFields(der: der)
    else { return false }
    let now = time(nil)
    return certificate.notValidBefore <= now && now <= certificate.notValidAfter && fields.mayServe
      && !fields.hasUnknownCriticalExtension
  }

  /// Whether the certificate's `pattern` matches `name`; a `*` stands for the whole first label and
  /// nothing else.
  static func matches(_ pattern: String, _ name: String) -> Bool {
    if pattern == name { return true }
    guard pattern.hasPrefix("*."), let dot = name.firstIndex(of: "."), dot != name.startIndex else {
      return false
    }
    let rest = name[dot...]
    return pattern.dropFirst() == rest && rest.dropFirst().contains(".")
  }
}
