public import struct Foundation.Date

extension RenewalPolicy {
  /// Whether a TLS server's certificate must be replaced.
  ///
  /// An algorithm other than the profile's is no reason: a strong existing key is kept until renewal.
  ///
  /// - Parameters:
  ///   - observation: What was found.
  ///   - profile: What it shall be like.
  ///   - authorities: The authorities one of which must have signed the certificate; expired ones don't
  /// count.
  ///   - now: The time of the decision.
  ///   - name: The name of the object that holds the certificate, such as `namespace/name`: it seeds the
  /// jitter.
  public func decide(
    serving observation: KeyPairObservation, profile: CertificateProfile, authorities: [CertificateFacts],
    at now: Date, name: String
  ) -> RenewalDecision {
    decide(observation, at: now, name: name) { facts, leaf in
      var reasons: [RenewalReason] = []
      let signed = authorities.contains {
        facts.signerFingerprints.contains($0.fingerprint) && $0.notAfter >= now
      }
      if !signed { reasons.append(.notSignedByAuthority(issuer: leaf.issuer)) }
      let missing = profile.names(missingIn: leaf)
      if !missing.isEmpty { reasons.append(.namesMissing(missing)) }
      if leaf.isCA {
        reasons.append(.wrongUsage("it is a certificate authority's"))
      } else if !leaf.mayServeTLS {
        reasons.append(.wrongUsage("it may not be used by a TLS server"))
      }
      return reasons
    }
  }

  /// Whether a TLS client's certificate must be replaced. Who signed it is the server's business.
  ///
  /// - Parameters:
  ///   - observation: What was found.
  ///   - now: The time of the decision.
  ///   - name: The name of the object that holds the certificate, such as `namespace/name`: it seeds the jitter.
  public func decide(
    client observation: KeyPairObservation, at now: Date, name: String
  ) -> RenewalDecision {
    decide(observation, at: now, name: name) { _, certificate in
      // That it is an authority's, as every one is that signed itself, bothers no server.
      certificate.mayAuthenticateClients ? [] : [.wrongUsage("it may not be used by a TLS client")]
    }
  }

  /// Whether a certificate authority must be replaced.
  ///
  /// The authority is taken as it stands where it can sign: key identifiers, algorithm and subject are no
  /// reasons.
  ///
  /// - Parameters:
  ///   - observation: What was found.
  ///   - now: The time of the decision.
  ///   - name: The name of the object that holds the authority, such as `namespace/name`: it seeds the
  /// jitter.
  public func decide(
    authority observation: KeyPairObservation, at now: Date, name: String
  ) -> RenewalDecision {
    decide(observation, at: now, name: name) { _, certificate in
      if !certificate.isCA { return [.wrongUsage("it is not a certificate authority's")] }
      if !certificate.maySignCertificates { return [.wrongUsage("it may not sign certificates")] }
      return []
    }
  }

  /// What both have in common, around the checks of one purpose.
  private func decide(
    _ observation: KeyPairObservation, at now: Date, name: String,
    _ check: (KeyPairFacts, CertificateFacts) -> [RenewalReason]
  ) -> RenewalDecision {
    switch observation {
    case .absent: return RenewalDecision(reasons: [.absent])
    case .unreadable(let why): return RenewalDecision(reasons: [.unreadable(why)])
    case .readable(let facts):
      guard let certificate = facts.leaf else {
        return RenewalDecision(reasons: [.unreadable("it holds no certificate")])
      }
      var reasons: [RenewalReason] = []
      if !facts.keyMatches { reasons.append(.keyMismatch) }
      let (notBefore, notAfter) = (certificate.notBefore, certificate.notAfter)
      let renewAt = renewalTime(of: certificate, name: name)
      if renewAt == nil {
        reasons.append(.invalidValidity(notBefore: notBefore, notAfter: notAfter))
      } else if notAfter < now {
        reasons.append(.expired(notAfter: notAfter))
      } else if notBefore.timeIntervalSince(now) > max(0, clockTolerance.inSeconds) {
        reasons.append(.notYetValid(notBefore: notBefore))
      }
      reasons += check(facts, certificate)
      if let weakness = certificate.weakness { reasons.append(.weak(weakness)) }
      if !facts.objections.isEmpty { reasons.append(.refused(facts.objections.joined(separator: "; "))) }
      if let renewAt, renewAt <= now, notAfter >= now {
        reasons.append(.renewalTimeReached(renewAt: renewAt, notAfter: notAfter))
      }
      return RenewalDecision(reasons: reasons, renewAt: renewAt)
    }
  }
}

extension CertificateProfile {
  /// The names of the profile that `certificate` doesn't hold. DNS names are compared without regard to case,
  /// IP addresses by
  /// their bytes; a wildcard stands for itself alone.
  func names(missingIn certificate: CertificateFacts) -> [String] {
    let held = Set(certificate.dnsNames.map { $0.lowercased() })
    let heldAddresses = Set(certificate.ipAddresses.map { IPAddress($0)?.description ?? $0 })
    return dnsNames.filter { !held.contains($0.lowercased()) }
      + ipAddresses.filter { !heldAddresses.contains(IPAddress($0)?.description ?? $0) }
  }
}
