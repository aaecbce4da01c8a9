import HTTPTypes
import KubeConfig
import KubeCore
import KubeTransport
import Testing

@testable import KubeHTTP

@Suite(.timeLimit(.minutes(10))) struct TLSVerification {
  /// The error of one request to a server that presents `pair`, by a client with the configuration
  /// of `change`.
  func refusal(
    of pair: Certificates.Pair, _ change: (inout ClientConfiguration) throws -> Void
  ) async throws -> TransportError? {
    try await withServer(pair, handler: { _ in .text("reached") }) { server in
      var configuration = try trusting(server)
      try change(&configuration)
      return try await withTransport(configuration) { transport in
        await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
      }
    }
  }

  @Test(arguments: [true, false]) func `the configured CA is trusted`(http2: Bool) async throws {
    try await withServer(http2: http2, handler: { _ in .text("{}") }) { server in
      try await withTransport(try trusting(server)) { transport in
        let response = try await transport.send(versionRequest)
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "application/json")
        #expect(try await response.text() == "{}")
      }
    }
  }

  @Test func `another CA is refused before anything is sent`() async throws {
    let error = try await refusal(of: certificates().server) {
      $0.trust = .caBundle(.inline(SecretBytes(try certificates().otherCA.certificate)))
    }
    #expect(error?.code == .tlsFailed)
    #expect(error?.requestWasSent == false)
    // A message for people, without the place in BoringSSL's source code.
    let message = "\(try #require(error))"
    #expect(message.contains("certificate-authority") && message.contains("(CERTIFICATE_VERIFY_FAILED)"))
    #expect(!message.contains(".cc"), "\(message)")
  }

  @Test func `without a configured CA the system's CAs refuse the server`() async throws {
    let error = try await refusal(of: certificates().server) { $0.trust = .system }
    #expect(error?.code == .tlsFailed)
  }

  @Test func `another name is refused`() async throws {
    let error = try await refusal(of: certificates().elsewhere) { _ in }
    #expect(error?.code == .tlsFailed)
    #expect(error?.requestWasSent == false)
    let named = try await refusal(of: certificates().elsewhere) { $0.serverName = "another.test" }
    #expect(named?.code == .tlsFailed)
  }

  /// The certificate is valid for the connection's address; a name was requested.
  @Test(arguments: [true, false]) func `an address is not enough where a name is requested`(http2: Bool)
    async throws
  {
    try await withServer(http2: http2, handler: { _ in .text("reached") }) { server in
      var configuration = try trusting(server)
      configuration.serverName = "example.test"
      try await withTransport(configuration) { transport in
        let error = await #expect(throws: TransportError.self) {
          _ = try await transport.send(versionRequest)
        }
        #expect(error?.code == .tlsFailed)
        #expect(error?.requestWasSent == false)
      }
      let named = try ServerURL("https://LOCALHOST:\(server.port)")
      try await withTransport(try trusting(named)) { try await expectOK($0) }
    }
  }

  @Test(arguments: [
    ("a.example.com", "a.example.com", true), ("*.example.com", "a.example.com", true),
    ("*.example.com", "example.com", false), ("*.example.com", "a.b.example.com", false),
    ("*.com", "example.com", false), ("*", "localhost", false), ("a*.example.com", "ab.example.com", false),
    ("*.example.com", ".example.com", false), ("", "a", false),
  ])
  func `a wildcard stands for one label`(pattern: String, name: String, isMatch: Bool) {
    #expect(ServerCheck.matches(pattern, name) == isMatch)
  }

  @Test func `an expired certificate is refused`() async throws {
    let error = try await refusal(of: certificates().expired) { _ in }
    #expect(error?.code == .tlsFailed)
    #expect(error?.requestWasSent == false)
  }

  @Test func `the certificate must be valid for the server name`() async throws {
    try await withServer(
      try certificates().elsewhere, handler: { _ in .text("{}") }
    ) { server in
      var configuration = try trusting(server)
      configuration.serverName = "example.test"
      try await withTransport(configuration) { transport in
        try await expectOK(transport)
      }
    }
  }

  @Test(arguments: [true, false]) func `a server name may be an address, which the certificate must bear`(
    http2: Bool
  ) async throws {
    try await withServer(http2: http2, handler: { _ in .text("{}") }) { server in
      var configuration = try trusting(try ServerURL("https://localhost:\(server.port)"))
      configuration.serverName = "127.0.0.1"
      try await withTransport(configuration) { try await expectOK($0) }
      for other in ["10.0.0.1", "::1", "::ffff:10.0.0.1"] {
        configuration.serverName = other
        let error = try await withTransport(configuration) { transport in
          await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
        }
        #expect(error?.code == .tlsFailed && error?.requestWasSent == false)
        #expect(error?.message.contains("address \(other)") == true)
      }
      configuration.serverName = "::ffff:127.0.0.1"
      try await withTransport(configuration) { try await expectOK($0) }
    }
  }

  /// The certificate is valid for the name; the connection's address was requested.
  @Test func `a name is not enough where an address is asked for`() async throws {
    try await withServer(try certificates().elsewhere, handler: { _ in .text("{}") }) { server in
      try await withTransport(try trusting(server)) { transport in
        let error = await #expect(throws: TransportError.self) {
          _ = try await transport.send(versionRequest)
        }
        #expect(error?.code == .tlsFailed && error?.requestWasSent == false)
      }
    }
  }

  @Test func `a server name that is neither a name nor an address is refused`() async throws {
    var configuration = ClientConfiguration(server: try ServerURL("https://127.0.0.1:1"))
    configuration.serverName = "not a name"
    await #expect(throws: TransportError.self) { _ = try await HTTPTransport(configuration) }
  }

  @Test func `verification is skipped only on explicit request`() async throws {
    try await withServer(try certificates().expired, handler: { _ in .text("{}") }) { server in
      let configuration = ClientConfiguration(server: server, trust: .insecureSkipVerification)
      try await withTransport(configuration) { transport in
        try await expectOK(transport)
      }
    }
  }

  @Test func `a missing CA fails before a transport is created`() async throws {
    let configuration = ClientConfiguration(
      server: try ServerURL("https://127.0.0.1:1"), trust: .caBundle(.file("/nowhere")))
    await #expect(throws: ConfigurationError.self) { _ = try await HTTPTransport(configuration) }
    let broken = ClientConfiguration(
      server: try ServerURL("https://127.0.0.1:1"),
      trust: .caBundle(
        .inline(SecretBytes(utf8: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))))
    await #expect(throws: TransportError.self) { _ = try await HTTPTransport(broken) }
  }

  @Test(arguments: [true, false]) func `the client certificate is presented`(http2: Bool) async throws {
    let certificates = try certificates()
    try await withServer(
      clientCA: certificates.ca.certificate, http2: http2, handler: { _ in .text("{}") }
    ) { server in
      var configuration = try trusting(server)
      configuration.identity = ClientIdentity(
        certificate: .inline(SecretBytes(certificates.client.certificate)),
        key: .inline(certificates.client.key))
      try await withTransport(configuration) { transport in
        try await expectOK(transport)
      }
      configuration.identity = nil
      try await withTransport(configuration) { transport in
        await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
      }
      configuration.identity = ClientIdentity(
        certificate: .inline(SecretBytes(certificates.otherClient.certificate)),
        key: .inline(certificates.otherClient.key))
      try await withTransport(configuration) { transport in
        await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
      }
    }
  }

  @Test func `a key that doesn't belong to the certificate is refused`() async throws {
    let certificates = try certificates()
    var configuration = ClientConfiguration(server: try ServerURL("https://127.0.0.1:1"))
    configuration.identity = ClientIdentity(
      certificate: .inline(SecretBytes(certificates.client.certificate)),
      key: .inline(certificates.server.key))
    let error = await #expect(throws: TransportError.self) { _ = try await HTTPTransport(configuration) }
    #expect(error?.code == .tlsFailed)
    #expect(error?.message.contains("don't belong together") == true)
  }

  @Test func `a renewed CA is trusted without a restart`() async throws {
    let certificates = try certificates()
    let directory = try TemporaryDirectory()
    let file = try directory.write("ca.crt", certificates.otherCA.certificate)
    let options = HTTPTransportOptions(credentialRecheckInterval: .zero)
    try await withServer(handler: { _ in .text("{}") }) { server in
      try await withTransport(
        ClientConfiguration(server: server, trust: .caBundle(.file(file))), options: options
      ) { transport in
        await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
        try directory.write(
          "ca.crt", certificates.ca.certificate + certificates.otherCA.certificate)
        try await expectOK(transport)
      }
    }
  }

  @Test func `a renewed client certificate is presented when its key is renewed too`() async throws {
    let certificates = try certificates()
    let directory = try TemporaryDirectory()
    let certificate = try directory.write("tls.crt", certificates.otherClient.certificate)
    let key = try directory.write("tls.key", certificates.otherClient.key.exposed())
    let options = HTTPTransportOptions(credentialRecheckInterval: .zero)
    try await withServer(clientCA: certificates.ca.certificate, handler: { _ in .text("{}") }) {
      server in
      var configuration = try trusting(server)
      configuration.identity = ClientIdentity(certificate: .file(certificate), key: .file(key))
      try await withTransport(configuration, options: options) { transport in
        await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
        // Half renewed: the former pair stays in use, and the server still refuses it.
        try directory.write("tls.crt", certificates.client.certificate)
        await #expect(throws: TransportError.self) { _ = try await transport.send(versionRequest) }
        try directory.write("tls.key", certificates.client.key.exposed())
        try await expectOK(transport)
      }
    }
  }
}
