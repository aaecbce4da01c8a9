import COpenSSLShim

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A probe of the certificates that TLS servers present.
public enum ServerInspection {
  /// The certificates that a server presents in a TLS handshake, its own first.
  ///
  /// None of them is verified, and only the handshake is sent: the presented certificates are
  /// public. Blocks the calling thread for at most `timeout` after the host's name was resolved.
  ///
  /// - Parameters:
  ///   - host: The server's address or host name.
  ///   - port: Its port, 1 to 65535.
  ///   - serverName: The server name indication (RFC 6066, section 3).
  ///   - timeout: The maximum time for connecting and the handshake together.
  /// - Throws: ``PKIError/Code/connectionRefused`` for a refused connection,
  ///   ``PKIError/Code/connectionFailed`` where the server can't be reached otherwise or presents
  ///   no certificate.
  public static func presentedChain(
    host: String, port: Int, serverName: String, timeout: Duration
  ) throws(PKIError) -> [Certificate] {
    let socket = try Socket(host: host, port: port, until: ContinuousClock.now + timeout)
    #if os(Linux)
      // A server that closes the connection during a write must not end the process.
      var brokenPipe = sigset_t()
      sigemptyset(&brokenPipe)
      sigaddset(&brokenPipe, SIGPIPE)
      var before = sigset_t()
      pthread_sigmask(SIG_BLOCK, &brokenPipe, &before)
      defer {
        var none = timespec()
        while sigtimedwait(&brokenPipe, nil, &none) == SIGPIPE {}
        pthread_sigmask(SIG_SETMASK, &before, nil)
      }
    #endif
    return try presentedChain(over: socket, serverName: serverName)
  }

  private static func presentedChain(over socket: borrowing Socket, serverName: String) throws(PKIError)
    -> [Certificate]
  {
    guard let context = SSL_CTX_new(TLS_client_method()) else {
      throw PKIError.openSSL(.libraryFailure, "a TLS client could not be created")
    }
    defer { SSL_CTX_free(context) }
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
    guard let connection = SSL_new(context) else {
      throw PKIError.openSSL(.libraryFailure, "a TLS client could not be created")
    }
    defer { SSL_free(connection) }
    guard COpenSSLShim_SSL_set_tlsext_host_name(connection, serverName) == 1,
      SSL_set_fd(connection, socket.descriptor) == 1
    else { throw PKIError.openSSL(.libraryFailure, "a TLS client could not be created") }
    while true {
      ERR_clear_error()
      let result = SSL_connect(connection)
      if result == 1 { break }
      switch SSL_get_error(connection, result) {
      case SSL_ERROR_WANT_READ: try socket.wait(for: POLLIN)
      case SSL_ERROR_WANT_WRITE: try socket.wait(for: POLLOUT)
      default:
        // A server may require a client certificate; it has presented its own by then.
        if let chain = try chain(of: connection) { return chain }
        throw PKIError.openSSL(.connectionFailed, "the TLS handshake failed")
      }
    }
    guard let chain = try chain(of: connection) else {
      throw PKIError(.connectionFailed, "the server presents no certificate")
    }
    return chain
  }

  private static func chain(of connection: OpaquePointer) throws(PKIError) -> [Certificate]? {
    guard let stack = SSL_get_peer_cert_chain(connection) else { return nil }
    var chain: [Certificate] = []
    for index in 0..<min(COpenSSLShim_sk_X509_num(stack), Int32(PKILimits.certificates)) {
      guard let certificate = COpenSSLShim_sk_X509_value(stack, index) else { break }
      chain.append(
        try Certificate(der: encoded("the server's certificate") { i2d_X509(certificate, $0) }))
    }
    return chain.isEmpty ? nil : chain
  }
}

/// A connected TCP socket that never blocks beyond its deadline.
private struct Socket: ~Copyable {
  let descriptor: Int32
  private let end: ContinuousClock.Instant

  init(host: String, port: Int, until end: ContinuousClock.Instant) throws(PKIError) {
    guard (1...65_535).contains(port) else {
      throw PKIError(.connectionFailed, "\(port) is not a port")
    }
    var hints = addrinfo()
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let addresses = found else {
      throw PKIError(.connectionFailed, "the host's address could not be found")
    }
    defer { freeaddrinfo(addresses) }
    var failures: [Int32] = []
    var next: UnsafeMutablePointer<addrinfo>? = addresses
    while let address = next {
      next = address.pointee.ai_next
      let descriptor = socket(
        address.pointee.ai_family, address.pointee.ai_socktype, address.pointee.ai_protocol)
      guard descriptor >= 0 else { continue }
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      #if canImport(Darwin)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &one, socklen_t(MemoryLayout<Int32>.size))
      #endif
      if let failure = Socket.connect(descriptor, address.pointee, until: end) {
        close(descriptor)
        failures.append(failure)
        continue
      }
      self.descriptor = descriptor
      self.end = end
      return
    }
    let isRefused = !failures.isEmpty && failures.allSatisfy { $0 == ECONNREFUSED }
    throw PKIError(
      isRefused ? .connectionRefused : .connectionFailed,
      "it can't be reached: \(failures.last.map(Socket.words) ?? "no address")")
  }

  deinit { close(descriptor) }

  /// Waits until the socket is readable or writable; throws after the deadline.
  func wait(for events: Int32) throws(PKIError) {
    guard Socket.wait(descriptor, for: events, until: end) else {
      throw PKIError(.connectionFailed, "it did not answer in time")
    }
  }

  /// Connects; returns the error number of a failure.
  private static func connect(
    _ descriptor: Int32, _ address: addrinfo, until end: ContinuousClock.Instant
  ) -> Int32? {
    #if canImport(Glibc)
      let result = Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen)
    #elseif canImport(Musl)
      let result = Musl.connect(descriptor, address.ai_addr, address.ai_addrlen)
    #else
      let result = Darwin.connect(descriptor, address.ai_addr, address.ai_addrlen)
    #endif
    if result == 0 { return nil }
    guard errno == EINPROGRESS else { return errno }
    guard wait(descriptor, for: POLLOUT, until: end) else { return ETIMEDOUT }
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 else { return errno }
    return error == 0 ? nil : error
  }

  private static func wait(
    _ descriptor: Int32, for events: Int32, until end: ContinuousClock.Instant
  ) -> Bool {
    while true {
      let left = end - ContinuousClock.now
      guard left > .zero else { return false }
      let milliseconds = Int32(min(left / .milliseconds(1), 60_000).rounded(.up))
      var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
      let count = poll(&entry, 1, milliseconds)
      if count > 0 { return true }
      if count < 0 && errno != EINTR { return false }
    }
  }

  private static func words(_ error: Int32) -> String {
    switch error {
    case ECONNREFUSED: "the connection is refused"
    case EHOSTUNREACH, ENETUNREACH: "there is no way to it"
    case ETIMEDOUT: "it did not answer in time"
    default: "error \(error)"
    }
  }
}
