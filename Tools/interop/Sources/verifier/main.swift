import Foundation
import X509

// Says whether swift-certificates' verifier (RFC 5280) accepts a chain.
//
// usage: verifier TRUSTED.pem CHAIN.pem PURPOSE NAME SECONDS-SINCE-1970     (PURPOSE: serving, client or ca)

func certificates(_ path: String) throws -> [Certificate] {
  let text = try String(contentsOfFile: path, encoding: .utf8)
  let end = "-----END CERTIFICATE-----"
  return try text.components(separatedBy: end).dropLast().map {
    try Certificate(
      pemEncoded: String($0[($0.range(of: "-----BEGIN")?.lowerBound ?? $0.startIndex)...]) + end)
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 6, let seconds = Double(arguments[5]) else { exit(64) }
let (purpose, name, time) = (arguments[3], arguments[4], Date(timeIntervalSince1970: seconds))
do {
  let chain = try certificates(arguments[2])
  guard let leaf = chain.first else { throw CocoaError(.fileReadCorruptFile) }
  var verifier = Verifier(rootCertificates: CertificateStore(try certificates(arguments[1]))) {
    RFC5280Policy(fixedValidationTime: time)
    if purpose == "serving" && !name.isEmpty { ServerIdentityPolicy(serverHostname: name, serverIP: nil) }
  }
  switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst())) {
  case .validCertificate: exit(0)
  case .couldNotValidate(let failures):
    print(failures.map { "\($0)" }.joined(separator: "; ").prefix(300))
    exit(1)
  }
} catch {
  print("\(error)")
  exit(1)
}
