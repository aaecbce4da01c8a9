import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

/// The time of an RFC 3339 text; 1970 for an invalid text, which no test expects.
func time(_ text: String) -> Date { Timestamp(rfc3339: text)?.date ?? Date(timeIntervalSince1970: 0) }

let now = time("2026-12-01T00:00:00Z")
let serverName = "cluster-gateway.ns.svc"
let gatewayNames = ["cluster-gateway", "cluster-gateway.ns", serverName]
let caProfile = CertificateProfile.ca(commonName: "cluster-gateway")
let servingProfile = CertificateProfile.serving(commonName: "cluster-gateway", dnsNames: gatewayNames)

func secret(_ text: String) -> SecretBytes { SecretBytes(utf8: text) }

extension IssuedCertificate {
  var certificate: Certificate { get throws { try Certificate.first(pem: certificatePEM) } }
  var key: PrivateKey { get throws { try PrivateKey(pem: privateKeyPEM) } }
  var issuer: CertificateAuthority {
    get throws { try CertificateAuthority(certificate: certificate, key: key) }
  }
}

func makeCA(
  _ profile: CertificateProfile = caProfile, at date: Date = now
) throws -> IssuedCertificate {
  try CertificateAuthority.create(profile.request(id: "ca", at: date, reason: "test"))
}

func makeServing(
  under ca: IssuedCertificate, _ profile: CertificateProfile = servingProfile, at date: Date = now
) throws -> IssuedCertificate {
  try ca.issuer.issue(
    profile.request(id: "serving", issuer: ca.facts.leaf, at: date, reason: "test"))
}

/// SplitMix64: the same sequence for the same seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// The bytes with some changed, removed, doubled or inserted.
func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
  var bytes = bytes
  for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
    let index = Int.random(in: bytes.indices, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes.removeSubrange(index...)
    case 1: bytes.remove(at: index)
    case 2: bytes.insert(.random(in: 0...255, using: &random), at: index)
    case 3: bytes.insert(contentsOf: bytes[index...].prefix(40), at: index)
    case 4: bytes[index] = [0, 1, 0x7f, 0x80, 0x84, 0xff].randomElement(using: &random) ?? 0
    default: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
  }
  return bytes
}

/// The `openssl` tool, where there is one.
enum OpenSSLTool {
  static let url: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { URL(fileURLWithPath: String($0)).appendingPathComponent("openssl") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }

  static var isInstalled: Bool { url != nil }

  /// Runs it in a directory that holds `files` and returns its exit status and what it printed.
  static func run(_ arguments: [String], files: [String: String]) throws -> (status: Int32, output: String) {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for (name, text) in files {
      try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// Expects a `PKIError` of this code.
func expectError(
  _ code: PKIError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as PKIError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
}
