import CertificatePolicy
import Foundation
import KubeCore

/// The time of an RFC 3339 text; 1970 for an invalid text, which no test expects.
func time(_ text: String) -> Date { Timestamp(rfc3339: text)?.date ?? Date(timeIntervalSince1970: 0) }

let gatewayNames = ["cluster-gateway", "cluster-gateway.ns", "cluster-gateway.ns.svc"]

let servingProfile = CertificateProfile.serving(commonName: "cluster-gateway", dnsNames: gatewayNames)

func caFacts(
  fingerprint: String = "ca", from: Date = time("2026-11-22T17:08:30Z"),
  to: Date = time("2036-11-19T17:08:30Z")
) -> CertificateFacts {
  CertificateFacts(
    serialNumber: "01", subject: "CN=cluster-gateway", issuer: "CN=cluster-gateway", notBefore: from,
    notAfter: to,
    isCA: true, keyUsages: [.digitalSignature, .keyEncipherment, .keyCertSign], keyAlgorithm: .rsa2048,
    publicKeyFingerprint: "spki-ca", fingerprint: fingerprint, isSelfSigned: true, pem: "CA \(fingerprint)\n")
}

func leaf(
  serial: String = "0b", names: [String] = gatewayNames, from: Date = time("2026-11-22T17:08:29Z"),
  to: Date = time("2027-05-21T17:08:30Z")
) -> CertificateFacts {
  CertificateFacts(
    serialNumber: serial, subject: "CN=cluster-gateway", issuer: "CN=cluster-gateway", dnsNames: names,
    notBefore: from, notAfter: to, keyUsages: [.digitalSignature, .keyEncipherment],
    extendedKeyUsages: [.serverAuth], keyAlgorithm: .rsa2048, publicKeyFingerprint: "spki",
    fingerprint: "leaf",
    pem: "LEAF\n")
}

func pair(_ leaf: CertificateFacts, matches: Bool = true, signers: Set<String> = ["ca"]) -> KeyPairFacts {
  KeyPairFacts(chain: [leaf], keyMatches: matches, signerFingerprints: signers)
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
