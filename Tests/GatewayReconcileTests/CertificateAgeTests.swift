import CertificatePolicy
import Foundation
import GatewayReconcile
import GatewayTesting
import Testing

/// The time for which servers have had a certificate of the same CA.
@Suite struct CertificateAgeTests {
  private func observed(leaf: String, signer: String) -> CertificateObservations {
    let day = Date(timeIntervalSince1970: 1_796_083_200)
    let facts = CertificateFacts(
      serialNumber: leaf, subject: "CN=a", issuer: "CN=b", notBefore: day,
      notAfter: day.addingTimeInterval(86_400), publicKeyFingerprint: leaf, fingerprint: leaf, pem: "")
    return CertificateObservations(
      serving: .readable(KeyPairFacts(chain: [facts], keyMatches: true, signerFingerprints: [signer])))
  }

  /// Leaf certificates that are valid for hours would never be old enough if each were counted by
  /// itself.
  @Test func `another leaf certificate under the same CA is no younger`() {
    var ages = ObservationAges()
    func servedFor(_ leaf: String, _ signer: String, hour: Int) -> Duration {
      var certificates = observed(leaf: leaf, signer: signer)
      certificates.age(by: &ages, at: .seconds(hour * 3600))
      return certificates.servedFor
    }
    #expect(servedFor("1", "old", hour: 0) == .zero)
    #expect(servedFor("2", "new", hour: 1) == .zero)
    #expect(servedFor("3", "new", hour: 20) == .seconds(19 * 3600))
    #expect(servedFor("4", "new", hour: 26) == .seconds(25 * 3600))
    #expect(servedFor("5", "newer", hour: 27) == .zero)
  }
}
