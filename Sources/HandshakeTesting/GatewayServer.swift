import COpenSSLShim
import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore
import Synchronization

/// A TLS server on the system's libssl that reads its certificate and key from files, and reloads
/// changed ones, as cluster-gateway does.
final class GatewayServer: Sendable {
  /// A TLS context of OpenSSL, which is reference-counted and may be used by all threads.
  struct Context: @unchecked Sendable {
    var pointer: OpaquePointer
  }

  private struct State: Sendable {
    var context: Context?
    var certificate = Data()
    var key = Data()
    var reloads = 0
    var isStopped = false
    var threads = 0
  }

  let port: Int
  private let descriptor: Int32
  private let state = Mutex(State())

  /// Creates a server on a free port of the loopback address, without a certificate.
  init(threads: Int = 3) throws {
    (descriptor, port) = try Loopback.server()
    state.withLock { $0.threads = threads }
    for _ in 0..<threads {
      Thread.detachNewThread { self.serve() }
    }
  }

  /// The number of reloads of the certificate.
  var reloads: Int { state.withLock { $0.reloads } }

  /// The expiry of the served certificate.
  var notAfter: Date? {
    let pem = state.withLock { $0.certificate }
    return (try? Certificate.chain(pem: SecretBytes(Array(pem))).first)?.facts.notAfter
  }

  /// Reloads the files if they have changed, and if key and certificate belong together: the files
  /// may change between the two reads.
  func reload(from directory: URL) {
    guard let certificate = try? Data(contentsOf: directory.appendingPathComponent("tls.crt")),
      let key = try? Data(contentsOf: directory.appendingPathComponent("tls.key"))
    else { return }
    state.withLock { state in
      guard certificate != state.certificate || key != state.key,
        let context = GatewayServer.context(certificate, key)
      else { return }
      if let old = state.context { SSL_CTX_free(old.pointer) }
      (state.context, state.certificate, state.key) = (context, certificate, key)
      state.reloads += 1
    }
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  // MARK: Serving

  private func serve() {
    while !state.withLock({ $0.isStopped }) {
      let connection = accept(descriptor, nil, nil)
      guard connection >= 0 else { continue }
      Loopback.configure(connection)
      answer(connection)
      close(connection)
    }
    let isLast = state.withLock { state in
      state.threads -= 1
      if state.threads == 0, let context = state.context {
        SSL_CTX_free(context.pointer)
        state.context = nil
      }
      return state.threads == 0
    }
    if isLast { close(descriptor) }
  }

  private func answer(_ descriptor: Int32) {
    let made = state.withLock { state in
      state.context.flatMap { SSL_new($0.pointer) }.map { Context(pointer: $0) }
    }
    guard let ssl = made?.pointer else { return }
    defer { SSL_free(ssl) }
    ERR_clear_error()
    guard SSL_set_fd(ssl, descriptor) == 1, SSL_accept(ssl) == 1 else { return }
    var request = [UInt8](repeating: 0, count: 4096)
    guard SSL_read(ssl, &request, Int32(request.count)) > 0 else { return }
    let answer = Array("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok".utf8)
    SSL_write(ssl, answer, Int32(answer.count))
    SSL_shutdown(ssl)
  }

  private static func context(_ certificate: Data, _ key: Data) -> Context? {
    guard let context = SSL_CTX_new(TLS_server_method()) else { return nil }
    // Every connection has its own handshake: sessions aren't resumed.
    _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, 0, nil)
    SSL_CTX_set_options(context, 1 << 14)
    SSL_CTX_set_num_tickets(context, 0)
    let chain = certificates(Array(certificate))
    defer { for each in chain { X509_free(each) } }
    guard let leaf = chain.first, SSL_CTX_use_certificate(context, leaf) == 1, use(Array(key), in: context),
      SSL_CTX_check_private_key(context) == 1
    else {
      SSL_CTX_free(context)
      ERR_clear_error()
      return nil
    }
    for ca in chain.dropFirst() {
      X509_up_ref(ca)
      _ = SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0, UnsafeMutableRawPointer(ca))
    }
    return Context(pointer: context)
  }

  private static func use(_ key: [UInt8], in context: OpaquePointer) -> Bool {
    guard let source = BIO_new_mem_buf(key, Int32(key.count)) else { return false }
    defer { BIO_free(source) }
    guard let key = PEM_read_bio_PrivateKey(source, nil, nil, nil) else { return false }
    defer { EVP_PKEY_free(key) }
    return SSL_CTX_use_PrivateKey(context, key) == 1
  }

  /// The certificates of a PEM text, parsed by libcrypto; the caller frees them.
  static func certificates(_ pem: [UInt8]) -> [OpaquePointer] {
    guard let source = BIO_new_mem_buf(pem, Int32(pem.count)) else { return [] }
    defer { BIO_free(source) }
    var certificates: [OpaquePointer] = []
    while let certificate = PEM_read_bio_X509(source, nil, nil, nil) { certificates.append(certificate) }
    // The end of the text is an error to the reader.
    ERR_clear_error()
    return certificates
  }
}
