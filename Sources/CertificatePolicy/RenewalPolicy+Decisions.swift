public import KubeCore

extension RenewalPolicy {
  /// Decides whether a TLS server's certificate must be replaced.
  ///
  /// An algorithm other than the profile's is no reason: a strong existing key is kept until
  /// renewal.
  ///
  /// - Parameters:
  ///   - observation: The observed certificate.
  ///   - profile: The requirements on it.
  ///   - caCertificates: The CAs. One of them that hasn't expired must have signed the certificate.
  ///   - now: The time of the decision.
  ///   - name: The name of the object that holds the certificate, such as `namespace/name`: it
  ///     seeds the jitter.
  public func decide(
    serving observation: KeyPairObservation, profile: CertificateProfile, caCertificates: [CertificateFacts],
    at now: Date, name: String
  ) -> RenewalDecision {
    decide(observation, at: now, name: name) { facts, leaf in
      var reasons: [RenewalReason] = []
      let signed = caCertificates.contains {
        facts.signerFingerprints.contains($0.fingerprint) && $0.notAfter >= now
      }
      if !signed { reasons.append(.notSignedByCA(issuer: leaf.issuer)) }
      let missing = profile.names(missingIn: leaf)
      if !missing.isEmpty { reasons.append(.namesMissing(missing)) }
      if leaf.isCA {
        reasons.append(.wrongUsage("it is a CA's"))
      } else if !leaf.mayServeTLS {
        reasons.append(.wrongUsage("it may not be used by a TLS server"))
      }
      return reasons
    }
  }

  /// Decides whether a TLS client's certificate must be replaced. Its issuer is left to the server.
  ///
  /// - Parameters:
  ///   - observation: The observed certificate.
  ///   - now: The time of the decision.
  ///   - name: The name of the object that holds the certificate, such as `namespace/name`: it
  ///     seeds the jitter.
  public func decide(
    client observation: KeyPairObservation, at now: Date, name: String
  ) -> RenewalDecision {
    decide(observation, at: now, name: name) { _, certificate in
      // A CA's certificate, as every self-signed one is, is no problem for servers.
      certificate.mayAuthenticateClients ? [] : [.wrongUsage("it may not be used by a TLS client")]
    }
  }

  /// Decides whether a CA must be replaced.
  ///
  /// A CA that can sign is accepted as it is: key identifiers, algorithm and subject are no
  /// reasons.
  ///
  /// - Parameters:
  ///   - observation: The observed CA.
  ///   - now: The time of the decision.
  ///   - name: The name of the object that holds the CA, such as `namespace/name`: it seeds the
  ///     jitter.
  public func decide(
    ca observation: KeyPairObservation, at now: Date, name: String
  ) -> RenewalDecision {
    decide(observation, at: now, name: name) { _, certificate in
      if !certificate.isCA { return [.wrongUsage("it is not a CA's")] }
      if !certificate.maySignCertificates { return [.wrongUsage("it may not sign certificates")] }
      return []
    }
  }

  /// The common part of all decisions, around the checks of one purpose.
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
      if !facts.problems.isEmpty { reasons.append(.refused(facts.problems.joined(separator: "; "))) }
      if let renewAt, renewAt <= now, notAfter >= now {
        reasons.append(.renewalTimeReached(renewAt: renewAt, notAfter: notAfter))
      }
      return RenewalDecision(reasons: reasons, renewAt: renewAt)
    }
  }
}

extension CertificateProfile {
  /// The names of the profile that `certificate` doesn't contain. DNS names are compared without
  /// regard to case, IP addresses by their bytes; a wildcard matches only itself.
  func names(missingIn certificate: CertificateFacts) -> [String] {
    let held = Set(certificate.dnsNames.map { $0.lowercased() })
    let heldAddresses = Set(certificate.ipAddresses.map { IPAddress($0)?.description ?? $0 })
    return dnsNames.filter { !held.contains($0.lowercased()) }
      + ipAddresses.filter { !heldAddresses.contains(IPAddress($0)?.description ?? $0) }
  }
}
