import HTTPTypes
public import KubeCore
public import KubeTransport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An in-memory API server behind TLS on a port of this machine, for `kubectl` and any other
/// client.
///
/// ```swift
/// let server = try await TestServer.start(InMemoryCluster())
/// try server.writeKubeconfig(to: "/tmp/kubeconfig")
/// // KUBECONFIG=/tmp/kubeconfig kubectl get namespaces
/// await server.stop()
/// ```
///
/// It listens only on 127.0.0.1. Every request must have the token in the ``kubeconfig``, which is
/// random for each server.
public final class TestServer: Sendable {
  /// The server's certificate and key.
  public struct Identity: Sendable {
    /// The certificate of 127.0.0.1 and its intermediates.
    public var certificateChainPEM: String
    /// The certificate's key.
    public var privateKeyPEM: SecretBytes
    /// The CA that the kubeconfig trusts.
    public var caPEM: String

    /// Creates an identity from the caller's certificate.
    public init(certificateChainPEM: String, privateKeyPEM: SecretBytes, caPEM: String) {
      self.certificateChainPEM = certificateChainPEM
      self.privateKeyPEM = privateKeyPEM
      self.caPEM = caPEM
    }
  }

  /// The port's number.
  public let port: Int
  private let listener: TLSServer
  private let identity: Identity
  private let token: SecretBytes

  private init(_ listener: TLSServer, port: Int, identity: Identity, token: SecretBytes) {
    self.listener = listener
    self.port = port
    self.identity = identity
    self.token = token
  }

  /// Opens a port for an API server.
  ///
  /// - Parameters:
  ///   - server: The transport that answers the requests: an `InMemoryCluster`, or a transport
  ///     around one.
  ///   - port: The port's number; 0 for a free one.
  ///   - identity: The server's certificate. The default one's key is public: only for tests on
  ///     this machine.
  /// - Throws: An error where the port is in use, or the certificate can't be read.
  public static func start(
    _ server: any Transport, port: Int = 0, identity: Identity = .published
  ) async throws -> TestServer {
    var generator = SystemRandomNumberGenerator()
    let digits = (0..<32).map { _ in String(UInt8.random(in: 16...255, using: &generator), radix: 16) }
    let token = SecretBytes(utf8: digits.joined())
    let listener = try TLSServer(
      certificateChainPEM: Array(identity.certificateChainPEM.utf8), keyPEM: identity.privateKeyPEM,
      bearerToken: token
    ) { request in
      (try? await server.send(request)) ?? KubeResponse(status: .internalServerError)
    }
    let number = try await listener.start(port: port)
    return TestServer(listener, port: number, identity: identity, token: token)
  }

  /// A kubeconfig for this server with an administrator's token.
  public var kubeconfig: SecretBytes {
    SecretBytes(
      Array(
        """
        apiVersion: v1
        kind: Config
        current-context: test-server
        contexts:
        - name: test-server
          context: {cluster: test-server, user: administrator}
        clusters:
        - name: test-server
          cluster:
            server: https://127.0.0.1:\(port)
            certificate-authority-data: \(Data(identity.caPEM.utf8).base64EncodedString())
        users:
        - name: administrator
          user:
            token:\u{20}
        """.utf8) + token.exposed() + [UInt8(ascii: "\n")])
  }

  /// The error of a kubeconfig that can't be written.
  public struct WriteFailure: Error, Hashable, CustomStringConvertible {
    /// The path of the file.
    public var path: String
    /// The system's reason.
    public var reason: String

    /// The path and the reason.
    public var description: String { "can't write the kubeconfig to \(path): \(reason)" }
  }

  /// Writes the ``kubeconfig`` atomically to a file that only its owner can read; throws
  /// ``WriteFailure``.
  public func writeKubeconfig(to path: String) throws {
    let file = URL(fileURLWithPath: path)
    let draft = file.deletingLastPathComponent().appendingPathComponent(".kubeconfig-\(UUID().uuidString)")
    guard
      FileManager.default.createFile(
        atPath: draft.path, contents: Data(kubeconfig.exposed()), attributes: [.posixPermissions: 0o600]),
      rename(draft.path, file.path) == 0
    else {
      let reason = String(cString: strerror(errno))
      unlink(draft.path)
      throw WriteFailure(path: file.path, reason: reason)
    }
  }

  /// Closes the port and ends every response. Idempotent.
  public func stop() async { await listener.stop() }
}
