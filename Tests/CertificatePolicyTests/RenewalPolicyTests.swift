import CertificatePolicy
import Foundation
import KubeCore
import Testing

@Suite struct RenewalPolicyTests {
  let policy = RenewalPolicy()
  let name = "ns/cluster-gateway-tls-cert"

  func decide(_ observation: KeyPairObservation, at now: Date) -> RenewalDecision {
    policy.decide(
      serving: observation, profile: servingProfile, caCertificates: [caFacts()], at: now, name: name)
  }

  @Test func `a new serving certificate is kept`() {
    let decision = decide(.readable(pair(leaf())), at: time("2026-12-01T00:00:00Z"))
    #expect(decision.reasons.isEmpty)
    #expect(!decision.isDue)
    #expect(decision.renewAt != nil)
  }

  @Test func `a certificate is due at two thirds of its lifetime or up to a tenth earlier`() throws {
    let renewAt = try #require(decide(.readable(pair(leaf())), at: time("2026-12-01T00:00:00Z")).renewAt)
    #expect(renewAt <= time("2027-03-22T17:08:30Z"))
    #expect(renewAt > time("2027-03-04T00:00:00Z"))
    let due = decide(.readable(pair(leaf())), at: time("2027-05-10T00:00:00Z"))
    #expect(due.reasons.map(\.code) == ["RenewalTimeReached"])
    #expect(!due.isBroken)
    #expect(decide(.readable(pair(leaf())), at: renewAt).isDue)
    #expect(!decide(.readable(pair(leaf())), at: renewAt.addingTimeInterval(-1)).isDue)
  }

  @Test func `an absent or unreadable certificate is due with its reason`() {
    #expect(decide(.absent, at: time("2027-01-01T00:00:00Z")).reasons == [.absent])
    let unreadable = decide(.unreadable(reason: "it is not PEM"), at: time("2027-01-01T00:00:00Z"))
    #expect(unreadable.explanation == "the certificate cannot be read: it is not PEM")
    #expect(unreadable.isBroken)
  }

  @Test func `every fault has its reason`() {
    var broken = leaf(
      names: ["cluster-gateway"], from: time("2026-01-01T00:00:00Z"), to: time("2026-06-01T00:00:00Z"))
    broken.extendedKeyUsages = [.clientAuth]
    broken.weakness = "its key is RSA 1024"
    let decision = decide(
      .readable(pair(broken, matches: false, signers: [])), at: time("2027-01-01T00:00:00Z"))
    #expect(
      decision.reasons.map(\.code) == [
        "KeyMismatch", "CertificateExpired", "NotSignedByCA", "NamesMissing", "WrongUsage",
        "WeakCertificate",
      ])
    #expect(decision.isBroken)
    #expect(decision.explanation.contains("cluster-gateway.ns, cluster-gateway.ns.svc"))
  }

  @Test func `an algorithm other than the profile's is no reason to renew`() {
    #expect(servingProfile.algorithm == .ecdsaP256)
    #expect(leaf().keyAlgorithm == .rsa2048)
    #expect(!decide(.readable(pair(leaf())), at: time("2026-12-01T00:00:00Z")).isDue)
  }

  @Test func `names are compared without case, and additional names are allowed`() {
    let names = gatewayNames.map { $0.uppercased() } + ["other"]
    #expect(!decide(.readable(pair(leaf(names: names))), at: time("2026-12-01T00:00:00Z")).isDue)
  }

  @Test func `addresses are compared by their bytes`() {
    var profile = servingProfile
    profile.ipAddresses = ["2001:DB8:0:0::1", "10.0.0.1"]
    var certificate = leaf()
    certificate.ipAddresses = ["2001:db8::1", "10.0.0.1"]
    let now = time("2026-12-01T00:00:00Z")
    func reasons() -> [RenewalReason] {
      policy.decide(
        serving: .readable(pair(certificate)), profile: profile, caCertificates: [caFacts()], at: now,
        name: name
      ).reasons
    }
    #expect(reasons() == [])
    certificate.ipAddresses = ["10.0.0.1"]
    #expect(reasons() == [.namesMissing(["2001:DB8:0:0::1"])])
  }

  @Test func `an expired signer doesn't count`() {
    let expired = caFacts(to: time("2026-11-30T00:00:00Z"))
    let decision = policy.decide(
      serving: .readable(pair(leaf())), profile: servingProfile, caCertificates: [expired],
      at: time("2026-12-01T00:00:00Z"), name: name)
    #expect(decision.reasons.map(\.code) == ["NotSignedByCA"])
  }

  @Test func `a slightly slow clock is tolerated`() {
    let born = leaf().notBefore
    #expect(!decide(.readable(pair(leaf())), at: born.addingTimeInterval(-299)).isDue)
    let early = decide(.readable(pair(leaf())), at: born.addingTimeInterval(-301))
    #expect(early.reasons == [.notYetValid(notBefore: born)])
  }

  @Test func `a CA of the Go manager is accepted as it is`() {
    let observation = KeyPairObservation.readable(pair(caFacts()))
    let decision = policy.decide(
      ca: observation, at: time("2026-12-01T00:00:00Z"), name: "ns/cluster-gateway-signer")
    #expect(!decision.isDue)
    #expect((decision.renewAt ?? .distantPast) > time("2032-01-01T00:00:00Z"))
  }

  @Test func `a CA that can't sign is broken`() {
    var noCA = caFacts()
    noCA.isCA = false
    var noUsage = caFacts()
    noUsage.keyUsages = [.digitalSignature]
    for facts in [noCA, noUsage] {
      let decision = policy.decide(
        ca: .readable(pair(facts)), at: time("2026-12-01T00:00:00Z"), name: "x")
      #expect(decision.reasons.map(\.code) == ["WrongUsage"])
      #expect(decision.isBroken)
    }
  }

  @Test func `renewBefore replaces the fraction where it fits the lifetime`() {
    let early = RenewalPolicy(renewBefore: .seconds(30 * 86_400), jitterFraction: 0)
    #expect(early.renewalTime(of: leaf(), name: "x") == time("2027-04-21T17:08:30Z"))
    let tooLong = RenewalPolicy(renewBefore: .seconds(400 * 86_400), jitterFraction: 0)
    let fraction = RenewalPolicy(jitterFraction: 0)
    #expect(
      tooLong.renewalTime(of: leaf(), name: "x") == fraction.renewalTime(of: leaf(), name: "x"))
  }

  @Test func `jitter is equal for equal names and spread over different ones`() throws {
    var times: Set<Date> = []
    for index in 0..<200 {
      let facts = leaf(serial: String(index, radix: 16))
      let first = try #require(policy.renewalTime(of: facts, name: name))
      #expect(first == policy.renewalTime(of: facts, name: name))
      times.insert(first)
    }
    #expect(times.count == 200)
    let spread = try #require(times.max()).timeIntervalSince(#require(times.min()))
    #expect(spread > 15 * 86_400 && spread <= 18 * 86_400 + 1)
    #expect(policy.renewalTime(of: leaf(), name: "a") != policy.renewalTime(of: leaf(), name: "b"))
  }

  @Test func `absurd dates and policies neither trap nor renew without end`() {
    let edges = [
      Date.distantPast, time("0001-01-01T00:00:00Z"), time("1970-01-01T00:00:00Z"),
      time("2026-12-01T00:00:00Z"),
      time("2050-01-01T00:00:00Z"), time("9999-12-31T23:59:59Z"), Date.distantFuture,
      Date(timeIntervalSince1970: .greatestFiniteMagnitude),
      Date(timeIntervalSince1970: -.greatestFiniteMagnitude),
      Date(timeIntervalSince1970: .nan),
    ]
    let fractions = [-1, 0, 0.5, 1, 7, .nan, .infinity]
    for from in edges {
      for to in edges {
        for now in edges {
          for fraction in fractions {
            let policy = RenewalPolicy(
              renewalFraction: fraction, renewBefore: .seconds(Int64.max), jitterFraction: fraction,
              clockTolerance: .seconds(Int64.max))
            let decision = policy.decide(
              serving: .readable(pair(leaf(from: from, to: to))), profile: servingProfile,
              caCertificates: [caFacts(from: from, to: to)], at: now, name: name)
            _ = decision.explanation
            if !(from < to) { #expect(decision.isBroken) }
          }
        }
      }
    }
  }

  @Test func `a certificate that was just issued is not due`() {
    var random = SeededGenerator(state: 7)
    for _ in 0..<2_000 {
      let now = Date(timeIntervalSince1970: Double(Int64.random(in: 0...4_000_000_000, using: &random)))
      var profile = servingProfile
      profile.validity = .seconds(Int64.random(in: 600...400_000_000, using: &random))
      let ca = caFacts(from: now.addingTimeInterval(-3600), to: now.addingTimeInterval(500_000_000))
      let request = profile.request(id: "serving", issuer: ca, at: now, reason: "test")
      let issued = leaf(
        serial: String(UInt64.random(in: 0...(.max), using: &random), radix: 16), from: request.notBefore,
        to: request.notAfter)
      let policy = RenewalPolicy(
        renewalFraction: .random(in: 0.2...1, using: &random),
        jitterFraction: .random(in: 0...1, using: &random))
      let decision = policy.decide(
        serving: .readable(pair(issued)), profile: profile, caCertificates: [ca], at: now, name: name)
      #expect(decision.reasons == [])
    }
  }
}
