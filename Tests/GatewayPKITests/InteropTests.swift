import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

@Suite struct KeyPairVerifierTests {
  @Test func `every broken pair is refused for the right reason`() throws {
    let cases = try PairCase.all()
    #expect(cases.filter { $0.reason != nil }.count >= 40)
    for test in cases {
      let result = KeyPairVerifier.verify(
        certificatePEM: secret(test.certificate), keyPEM: test.key, purpose: test.purpose, names: test.names,
        at: test.now, trusting: test.trusted, strict: test.strict)
      if let reason = test.reason {
        #expect(
          result.contains(reason) || test.otherReason.map(result.contains) == true,
          "\(test.description): \(result.failures)")
      } else {
        #expect(result.failures == [], "\(test.description)")
      }
      #expect(result.failures.allSatisfy { !$0.description.isEmpty })
    }
  }
}

/// An independent verifier that reports whether it accepts a chain.
struct Verifier: Sendable {
  var name: String
  /// Whether it can verify at another time than the clock's.
  var knowsTime = true
  /// A command that succeeds where the verifier is installed.
  var isThere: String
  var script: String

  static let all = [
    Verifier(
      name: "openssl", isThere: "openssl version",
      script: """
        usage=sslserver; [ "$PURPOSE" = client ] && usage=sslclient; [ "$PURPOSE" = ca ] && usage=any
        name=; [ -n "$NAME" ] && name="-verify_hostname $NAME"
        exec openssl verify -x509_strict -partial_chain -auth_level 2 -purpose $usage -attime "$TIME" $name \
          -no-CAfile -no-CApath -no-CAstore -trusted trusted.pem -untrusted chain.pem leaf.pem
        """),
    Verifier(
      name: "certtool", knowsTime: false, isThere: "certtool --version",
      script: """
        purpose=; [ "$PURPOSE" = serving ] && purpose="--verify-purpose 1.3.6.1.5.5.7.3.1"
        [ "$PURPOSE" = client ] && purpose="--verify-purpose 1.3.6.1.5.5.7.3.2"
        name=; [ -n "$NAME" ] && name="--verify-hostname $NAME"
        exec certtool --verify $purpose $name \
          --load-ca-certificate trusted.pem --infile chain.pem
        """),
    Verifier(
      name: "cryptography", isThere: "python3 -c 'from cryptography.x509 import verification'",
      script: """
        exec python3 - <<'PYTHON'
        import os, datetime
        from cryptography import x509
        from cryptography.x509 import verification as v
        read = lambda name: x509.load_pem_x509_certificates(open(name, "rb").read())
        chain = read("chain.pem")
        if os.environ["PURPOSE"] == "ca":
            chain[0].verify_directly_issued_by(chain[0])
        else:
            time = datetime.datetime.fromtimestamp(int(os.environ["TIME"]), datetime.timezone.utc)
            builder = v.PolicyBuilder().store(v.Store(read("trusted.pem"))).time(time.replace(tzinfo=None))
            if os.environ["PURPOSE"] == "client":
                builder.build_client_verifier().verify(chain[0], chain[1:])
            else:
                builder.build_server_verifier(x509.DNSName(os.environ["NAME"])).verify(chain[0], chain[1:])
        PYTHON
        """),
    Verifier(
      name: "swift-certificates", isThere: #"[ -x "$SWIFT_CERTIFICATES_VERIFIER" ]"#,
      script: #"exec "$SWIFT_CERTIFICATES_VERIFIER" trusted.pem chain.pem "$PURPOSE" "$NAME" "$TIME""#),
    Verifier(
      name: "go", isThere: #"[ -x "$GO_VERIFIER" ]"#,
      script: #"exec "$GO_VERIFIER" trusted.pem chain.pem "$PURPOSE" "$NAME" "$TIME""#),
  ]

  /// The installed verifiers.
  static let present = all.filter { verifier in
    (try? run(verifier.isThere, in: FileManager.default.temporaryDirectory, [:]).status == 0) ?? false
  }

  /// Whether the verifier accepts, and its output.
  func accepts(
    _ chain: String, trusted: String, purpose: IssuanceRequest.Purpose, name: String?, at now: Date
  ) throws -> (accepted: Bool, output: String) {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for (file, text) in ["chain.pem": chain, "leaf.pem": chain, "trusted.pem": trusted] {
      try Data(text.utf8).write(to: directory.appendingPathComponent(file))
    }
    let (status, output) = try Self.run(
      script, in: directory,
      [
        "PURPOSE": (purpose == .peer ? .serving : purpose).rawValue, "NAME": name ?? "",
        "TIME": String(Int(now.timeIntervalSince1970)),
      ])
    return (status == 0, output)
  }

  private static func run(
    _ script: String, in directory: URL, _ environment: [String: String]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = directory
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// Every issued certificate, over all algorithms and purposes, and every refused one, passed to the
/// installed independent verifiers. Scripts/interop-pki requires all of them, and prints the
/// tables.
@Suite struct InteropTests {
  private static let wantsAll = ProcessInfo.processInfo.environment["PKI_INTEROP"] == "all"

  private static func show(_ rows: [String]) {
    if wantsAll { print(rows.joined(separator: "\n")) }
  }

  @Test func `at least OpenSSL is among the verifiers`() {
    let names = Verifier.present.map(\.name)
    #expect(names.contains("openssl"))
    if Self.wantsAll { #expect(names == Verifier.all.map(\.name)) }
  }

  @Test func `every issued certificate is accepted by all verifiers`() throws {
    let now = Date()
    var rows: [String] = []
    for algorithm in KeyAlgorithm.allCases {
      // One key for all: RSA keys take long to generate.
      let key = try PrivateKey.generate(algorithm)
      // GnuTLS treats a CA's own common name as a DNS name and applies the constraints to it.
      var profile = CertificateProfile.ca(commonName: "judged.svc", permittedDNSDomains: ["svc"])
      profile.algorithm = algorithm
      let ca = try CertificateAuthority.selfSigned(
        profile.request(id: "ca", at: now, reason: "test"), key: key)
      let trusted = ca.certificate.pem
      for purpose in IssuanceRequest.Purpose.allCases {
        var leafProfile = CertificateProfile(
          purpose: purpose, commonName: "leaf", organization: "Example", dnsNames: ["leaf.ns.svc"],
          uris: ["spiffe://example.org/leaf"], algorithm: algorithm, validity: .seconds(86_400))
        leafProfile.ipAddresses = []
        let chain =
          purpose == .ca
          ? trusted
          : try ca.issue(
            leafProfile.request(id: "x", issuer: ca.certificate.facts, at: now, reason: "test"),
            key: key
          ).certificatePEM
        let name = purpose == .serving || purpose == .peer ? "leaf.ns.svc" : nil
        var row = "\(algorithm.rawValue) \(purpose.rawValue):"
        for verifier in Verifier.present {
          let (accepted, output) = try verifier.accepts(
            chain, trusted: trusted, purpose: purpose, name: name, at: now)
          row += " \(verifier.name)=\(accepted ? "accepts" : "REFUSES (\(output.suffix(160)))")"
          if !accepted, !InteropTests.differs(verifier, algorithm) {
            Issue.record("\(row)")
          }
        }
        rows.append(row)
      }
    }
    Self.show(rows)
  }

  /// Whether a verifier refuses it by rules of its own.
  static func differs(_ verifier: Verifier, _ algorithm: KeyAlgorithm) -> Bool {
    // The web's rules (CA/Browser Forum), which cryptography enforces, don't include Ed25519.
    verifier.name == "cryptography" && algorithm == .ed25519
  }

  /// The recorded verdicts are those of Go itself, where it is installed; those of the others are
  /// printed.
  @Test func `Go's verdicts on our CAs are the recorded ones`() throws {
    var rows: [String] = []
    let now = Date()
    for row in try GoVerdict.all(at: now) {
      // A chain under one that we can't decode consists of itself only.
      var chain = row.pem
      if let ca = try? Certificate.first(pem: row.pem) {
        let request = servingProfile.request(id: "serving", issuer: ca.facts, at: now, reason: "test")
        let leafKey = try PrivateKey.generate(.ecdsaP256)
        chain = try CertificateBuilder.certificate(
          for: request, key: leafKey, issuer: ca, signer: row.key
        ).pem
      }
      var line = "\(row.description): recorded=\(row.verdict)"
      for verifier in Verifier.present {
        let (accepted, output) = try verifier.accepts(
          chain, trusted: row.pem, purpose: chain == row.pem ? .ca : .serving,
          name: chain == row.pem ? nil : serverName, at: now)
        line += " \(verifier.name)=\(accepted ? "accepts" : "refuses")"
        if verifier.name == "go", accepted != (row.verdict == .accepts), !row.isMatterOfVersion {
          Issue.record("\(line) (\(output.suffix(160)))")
        }
      }
      rows.append(line)
    }
    Self.show(rows)
  }

  @Test func `every certificate that we accept is accepted by all verifiers`() throws {
    var rows: [String] = []
    let now = Date()
    let cases = try PairCase.all(at: now)
    for test in cases
    where test.certificate.utf8.count < 100_000 && !test.certificate.isEmpty {
      // No verifier gets the key.
      let isAboutKey = test.certificate == cases[0].certificate && test.key != cases[0].key
      guard !isAboutKey, !test.trusted.isEmpty else { continue }
      var row = "\(test.description): ours=\(test.reason?.description ?? "accepts")"
      for verifier in Verifier.present {
        guard verifier.knowsTime || test.now == now else {
          row += " \(verifier.name)=-"
          continue
        }
        let accepted = try verifier.accepts(
          test.certificate, trusted: test.trusted.map(\.pem).joined(), purpose: test.purpose,
          name: test.names.last, at: test.now
        ).accepted
        row += " \(verifier.name)=\(accepted ? "accepts" : "refuses")"
        if accepted != (test.reason == nil) { row += "(differs)" }
        #expect(
          accepted || test.reason != nil, "\(test.description) is accepted here and not by \(verifier.name)")
      }
      rows.append(row)
    }
    Self.show(rows)
  }
}
