import CertificatePolicy
import Foundation
import Testing

@Suite struct CertificateProfileTests {
  let now = time("2026-12-01T00:00:00Z")

  @Test func `a request is backdated by a minute and valid for its profile's validity`() {
    let request = servingProfile.request(id: "serving", at: now.addingTimeInterval(0.7), reason: "first")
    #expect(request.notBefore == time("2026-11-30T23:59:00Z"))
    #expect(request.notAfter == time("2027-05-30T00:00:00Z"))
    #expect(request.issuerFingerprint == nil)
    #expect(request.reason == "first")
  }

  @Test func `a serving certificate is valid only while its CA is`() {
    let ca = caFacts(from: now, to: time("2027-01-01T00:00:00Z"))
    let request = servingProfile.request(id: "serving", issuer: ca, at: now, reason: "first")
    #expect(request.notBefore == now)
    #expect(request.notAfter == ca.notAfter)
    #expect(request.issuerFingerprint == ca.fingerprint)
  }

  @Test func `dates are clamped to the years that a certificate can encode`() {
    var profile = servingProfile
    profile.validity = .seconds(Int64.max)
    profile.backdate = .seconds(Int64.max)
    let request = profile.request(id: "serving", at: now, reason: "for ever")
    #expect(request.notAfter == time("9999-12-31T23:59:59Z"))
    #expect(request.notBefore == time("1950-01-01T00:00:00Z"))
  }

  @Test func `equal facts give equal requests`() {
    let first = servingProfile.request(id: "serving", issuer: caFacts(), at: now, reason: "x")
    #expect(first == servingProfile.request(id: "serving", issuer: caFacts(), at: now, reason: "x"))
  }
}

@Suite struct TrustBundleTests {
  @Test func `a bundle's text doesn't depend on order or duplicates`() {
    let (a, b, c) = (caFacts(fingerprint: "a"), caFacts(fingerprint: "b"), caFacts(fingerprint: "c"))
    let bundle = TrustBundle([c, a, b, a, c])
    #expect(bundle == TrustBundle([a, b, c]))
    #expect(bundle.pem == "CA a\nCA b\nCA c\n")
    #expect(bundle.contains(fingerprint: "b"))
  }

  @Test func `expired certificates can be dropped from a bundle`() {
    let old = caFacts(fingerprint: "old", to: time("2026-11-30T00:00:00Z"))
    let new = caFacts(fingerprint: "new")
    #expect(TrustBundle([old, new]).unexpired(at: time("2026-12-01T00:00:00Z")) == TrustBundle([new]))
  }
}
