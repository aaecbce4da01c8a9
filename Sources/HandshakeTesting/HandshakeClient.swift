import COpenSSLShim
package import Foundation

/// A client that verifies a server as the aggregator does: against a bundle, for a name, at a time.
package protocol HandshakeClient: AnyObject {
  /// The TLS implementation.
  var stack: String { get }

  /// Sends one request over a new connection, and returns the error; `nil` if it succeeded.
  func failure(port: Int, bundle: [UInt8], serverName: String, at time: Date) -> String?
}

/// A client that verifies with the system's libssl; half of its connections are TLS 1.2.
package final class LibSSLClient: HandshakeClient {
  package let stack = "libssl"
  private var contexts: [[UInt8]: OpaquePointer] = [:]
  private var count = 0

  package init() {}

  deinit { forget() }

  private func forget() {
    for context in contexts.values { SSL_CTX_free(context) }
    contexts = [:]
  }

  package func failure(port: Int, bundle: [UInt8], serverName: String, at time: Date) -> String? {
    ERR_clear_error()
    guard let context = context(bundle), let ssl = SSL_new(context) else { return "there is no context" }
    defer { SSL_free(ssl) }
    count += 1
    if count.isMultiple(of: 2) { SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil) }
    X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), Int(time.timeIntervalSince1970))
    guard SSL_set1_host(ssl, serverName) == 1, COpenSSLShim_SSL_set_tlsext_host_name(ssl, serverName) == 1
    else {
      return "the name can't be set"
    }
    do {
      let descriptor = try Loopback.client(port: port)
      defer { close(descriptor) }
      guard SSL_set_fd(ssl, descriptor) == 1, SSL_connect(ssl) == 1 else {
        let verdict = SSL_get_verify_result(ssl)
        if verdict != X509_V_OK { return X509_verify_cert_error_string(verdict).map { String(cString: $0) } }
        return
          "the handshake fails: \(ERR_reason_error_string(ERR_peek_error()).map { String(cString: $0) } ?? "no reason")"
      }
      let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
      var answer = [UInt8](repeating: 0, count: 4096)
      guard SSL_write(ssl, request, Int32(request.count)) > 0,
        SSL_read(ssl, &answer, Int32(answer.count)) > 0, answer.starts(with: "HTTP/1.1 200".utf8)
      else { return "there is no answer" }
      SSL_shutdown(ssl)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func context(_ bundle: [UInt8]) -> OpaquePointer? {
    if let context = contexts[bundle] { return context }
    if contexts.count > 8 { forget() }
    guard let context = SSL_CTX_new(TLS_client_method()) else { return nil }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, 0, nil)
    for certificate in GatewayServer.certificates(bundle) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate)
      X509_free(certificate)
    }
    contexts[bundle] = context
    return context
  }
}
