import HTTPTypes
import KubeConfig
import KubeCore
import KubeTransport
import Testing

@testable import KubeHTTP

/// Each certificate of a bundle, and no other, is a trust anchor, as in Go's crypto/x509 and so in
/// kubectl.
@Suite(.timeLimit(.minutes(10))) struct TrustTests {
  typealias Pair = Certificates.Pair

  /// The error of one request to a server that presents `pair`, by a client that trusts `bundle`;
  /// `nil` for a success.
  func outcome(
    of pair: Pair, trusting bundle: [UInt8], http2: Bool = true, as identity: Pair? = nil,
    clientCA: [UInt8]? = nil, _ change: (inout ClientConfiguration) -> Void = { _ in }
  ) async throws -> TransportError? {
    let requests = Shared(0)
    let error = try await withServer(
      pair, clientCA: clientCA, http2: http2,
      handler: { _ in
        requests.change { $0 += 1 }
        return .text("{}")
      }
    ) { server -> TransportError? in
      var configuration = ClientConfiguration(
        server: server, trust: .caBundle(.inline(SecretBytes(bundle))))
      configuration.identity = identity.map {
        ClientIdentity(certificate: .inline(SecretBytes($0.certificate)), key: .inline($0.key))
      }
      change(&configuration)
      return try await withTransport(configuration) { transport in
        do {
          try await expectOK(transport)
          // The way that was found stays in use.
          try await expectOK(transport)
          return nil
        } catch let error as TransportError {
          return error
        }
      }
    }
    #expect(requests.value == (error == nil ? 2 : 0))
    return error
  }

  func expectRefusal(
    _ error: TransportError?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      error?.code == .tlsFailed && error?.requestWasSent == false, "\(error.map { "\($0)" } ?? "accepted")",
      sourceLocation: sourceLocation)
  }

  @Test func `a certificate that is broken doesn't take the others along`() async throws {
    let certificates = try certificates()
    let ca = certificates.ca.text
    let lines = ca.split(separator: "\n")
    let cut = lines.prefix(4).joined(separator: "\n") + "\n-----END CERTIFICATE-----\n"
    for broken in [
      cut, lines.prefix(4).joined(separator: "\n") + "\n", "-----BEGIN CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "text before\n",
      certificates.client.keyText,
    ] {
      for bundle in [broken + ca, ca + broken, broken + ca + broken] {
        #expect(try await outcome(of: certificates.server, trusting: Array(bundle.utf8)) == nil, "\(broken)")
      }
    }
  }

  @Test func `a bundle without a good certificate makes no transport`() async throws {
    let ca = try certificates().ca.text
    let cut =
      ca.split(separator: "\n").prefix(4).joined(separator: "\n") + "\n-----END CERTIFICATE-----\n"
    let configuration = ClientConfiguration(
      server: try ServerURL("https://127.0.0.1:1"), trust: .caBundle(.inline(SecretBytes(utf8: cut))))
    let error = await #expect(throws: TransportError.self) { _ = try await HTTPTransport(configuration) }
    #expect(error?.code == .tlsFailed)
  }

  @Test(arguments: [true, false]) func `the server's own certificate is trusted where it is in the bundle`(
    http2: Bool
  ) async throws {
    let certificates = try certificates()
    for pair in [certificates.server, certificates.selfSigned] {
      #expect(try await outcome(of: pair, trusting: pair.certificate, http2: http2) == nil)
      #expect(
        try await outcome(
          of: pair, trusting: certificates.otherCA.certificate + pair.certificate, http2: http2) == nil
      )
    }
  }

  @Test func `a certificate in the bundle is no CA over others`() async throws {
    let certificates = try certificates()
    expectRefusal(try await outcome(of: certificates.server, trusting: certificates.selfSigned.certificate))
    expectRefusal(try await outcome(of: certificates.selfSigned, trusting: certificates.server.certificate))
    expectRefusal(
      try await outcome(of: certificates.selfSigned, trusting: certificates.ca.certificate))
    expectRefusal(try await outcome(of: certificates.renewed, trusting: certificates.server.certificate))
  }

  @Test func `the server's own certificate must be valid, a server's, and bear the name`() async throws {
    let certificates = try certificates()
    for pair in [
      certificates.selfSignedExpired, certificates.selfSignedClient, certificates.selfSignedElsewhere,
      certificates.expired, certificates.elsewhere,
    ] {
      expectRefusal(try await outcome(of: pair, trusting: pair.certificate))
    }
    let named = try await outcome(
      of: certificates.selfSignedElsewhere, trusting: certificates.selfSignedElsewhere.certificate
    ) { $0.serverName = "example.test" }
    #expect(named == nil)
  }

  @Test func `a pinned server is shown the client's certificate`() async throws {
    let certificates = try certificates()
    let error = try await outcome(
      of: certificates.selfSigned, trusting: certificates.selfSigned.certificate, as: certificates.client,
      clientCA: certificates.ca.certificate)
    #expect(error == nil)
  }

  @Test(arguments: [true, false]) func `of two CAs of one name the right one is found`(
    http2: Bool
  ) async throws {
    let certificates = try certificates()
    let (former, present) = (certificates.namesakes[0].certificate, certificates.namesakes[1].certificate)
    for bundle in [former + present, present + former, certificates.ca.certificate + former + present] {
      #expect(try await outcome(of: certificates.serverOfNamesake, trusting: bundle, http2: http2) == nil)
    }
    expectRefusal(try await outcome(of: certificates.serverOfNamesake, trusting: former))
    expectRefusal(try await outcome(of: certificates.server, trusting: former + present))
  }

  @Test func `an intermediate in the bundle is an anchor, with or without its root`() async throws {
    let certificates = try certificates()
    let intermediate = certificates.intermediate.certificate
    for bundle in [
      intermediate, certificates.expiredRoot.certificate + intermediate,
      intermediate + certificates.otherCA.certificate,
    ] {
      #expect(try await outcome(of: certificates.serverOfIntermediate, trusting: bundle) == nil)
    }
    expectRefusal(
      try await outcome(
        of: certificates.serverOfIntermediate, trusting: certificates.expiredRoot.certificate))
    expectRefusal(try await outcome(of: certificates.server, trusting: intermediate))
  }

  @Test func `many requests at once find the way together`() async throws {
    let certificates = try certificates()
    try await withServer(certificates.selfSigned, handler: { _ in .text("{}") }) { server in
      try await withTransport(try trusting(server, certificates.selfSigned)) { transport in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<20 { group.addTask { try await expectOK(transport) } }
          try await group.waitForAll()
        }
      }
    }
  }

  @Test func `a certificate's fields are read, and nothing of what is none`() throws {
    let certificates = try certificates()
    func fields(_ pair: Pair) throws -> CertificateFields {
      let der = try #require(PEMBlocks.certificates(in: pair.certificate).first)
      return try #require(CertificateFields(der: der))
    }
    #expect(try fields(certificates.ca).isCA && fields(certificates.ca).isSelfIssued)
    #expect(
      try fields(certificates.intermediate).isCA && !fields(certificates.intermediate).isSelfIssued)
    #expect(try !fields(certificates.selfSigned).isCA && fields(certificates.selfSigned).isSelfIssued)
    #expect(try fields(certificates.selfSigned).mayServe && !fields(certificates.selfSignedClient).mayServe)
    #expect(try !fields(certificates.selfSigned).hasUnknownCriticalExtension)
    #expect(try fields(certificates.intermediate).issuer == fields(certificates.expiredRoot).subject)
    let der = try #require(PEMBlocks.certificates(in: certificates.server.certificate).first)
    for length in 0..<der.count { #expect(CertificateFields(der: Array(der.prefix(length))) == nil) }
    // The same length in two octets, and in three.
    #expect(der.starts(with: [0x30, 0x82]) && CertificateFields(der: der) != nil)
    #expect(CertificateFields(der: [0x30, 0x83, 0] + der.dropFirst(2)) == nil)
  }
}
