import CertificatePolicy
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile

/// The certificates as text.
struct CertificateText {
  let inventory: CertificateInventory
  let now: Date
  var usesColor = false

  var text: String {
    var lines: [String] = []
    if let phase = inventory.phase {
      lines.append("\(phase.code): \(phase.message).")
    } else if inventory.gaps.isEmpty {
      lines.append("There is no valid ClusterGatewayConfiguration, so nothing is rotated.")
    } else {
      lines.append("How far a rotation is can't be read.")
    }
    for entry in inventory.entries { lines += [""] + self.lines(of: entry) }
    if let servers = inventory.rotation?.observed.servers, inventory.rotation?.rotation.needsProbe == true {
      lines += [
        "",
        "The gateway's pods, \(servers.count), are awaited to present the new certificate; the running manager checks.",
      ]
    }
    if !inventory.findings.isEmpty {
      lines += ["", "Findings:"]
      lines +=
        (FindingText.lines(inventory.findings)
        + Troubleshooting.lines(FindingText.codes(inventory.findings)))
        .map { $0.text(usesColor: usesColor) }
    }
    if !inventory.gaps.isEmpty {
      lines.append("")
      lines += GapsText.lines(inventory.gaps).map { $0.text(usesColor: usesColor) }
    }
    return Invocation.inUsersWords(lines.joined(separator: "\n") + "\n").withoutTerminalCommands
  }

  private func lines(of entry: CertificateInventory.Entry) -> [String] {
    var lines = [
      colored(entry.role.words.prefix(1).uppercased() + entry.role.words.dropFirst(), "1")
        + "  " + dim("\(entry.object) \(entry.field)")
    ]
    if let facts = entry.facts {
      let names = facts.dnsNames + facts.ipAddresses
      lines.append(
        "  \(facts.subject), \(facts.keyDescription), serial \(facts.serialNumber.prefix(16)), signed by \(entry.signer)"
      )
      if !names.isEmpty { lines.append("  for \(names.joined(separator: ", "))") }
      let bar = CertificateBar(facts: facts, next: entry.nextActionAt, now: now)
      lines.append("  \(bar.line.text(usesColor: usesColor))  \(bar.remaining)")
    }
    if let problem = entry.problem { lines.append("  " + colored("problem: \(problem)", "31")) }
    let when =
      entry.nextActionAt.map { " at \(Timestamp($0)) (\(TimeText.distance(to: $0, from: now)))" } ?? ""
    lines.append("  \(entry.isReadable ? "next: " : "")\(entry.nextAction)\(when)")
    return lines
  }

  private func dim(_ text: String) -> String { colored(text, "2") }

  private func colored(_ text: some StringProtocol, _ code: String) -> String {
    usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : String(text)
  }
}

/// The certificates as a document for programs.
struct CertificateDocument {
  let inventory: CertificateInventory
  let now: Date

  var json: JSONValue {
    .fields([
      "at": Timestamp(now).json,
      "phase": inventory.phase.map { .string($0.code) },
      "message": inventory.phase.map { .string($0.message) },
      "certificates": .array(inventory.entries.map(CertificateDocument.entry)),
      "servers": inventory.rotation?.observed.servers.map { servers in
        .array(servers.sorted { $0.key < $1.key }.map { CertificateDocument.server($0.key, $0.value) })
      },
      "findings": .array(inventory.findings.map(PlanDocument.finding)),
      "unread": GapsDocument.json(inventory.gaps),
    ])
  }

  private static func entry(_ entry: CertificateInventory.Entry) -> JSONValue {
    .fields([
      "role": .string(entry.role.rawValue),
      "object": PlanDocument.object(entry.object),
      "field": .string(entry.field),
      "subject": entry.facts.map { .string($0.subject) },
      "issuer": entry.facts.map { .string($0.issuer) },
      "signedBy": entry.facts.map { _ in .string(entry.signer) },
      "serialNumber": entry.facts.map { .string($0.serialNumber) },
      "fingerprint": entry.facts.map { .string($0.fingerprint) },
      "key": entry.facts.map { .string($0.keyDescription) },
      "dnsNames": entry.facts?.dnsNames.jsonUnlessEmpty,
      "ipAddresses": entry.facts?.ipAddresses.jsonUnlessEmpty,
      "notBefore": entry.facts.map { Timestamp($0.notBefore).json },
      "notAfter": entry.facts.map { Timestamp($0.notAfter).json },
      "problem": entry.problem.map { .string($0) },
      "readable": entry.isReadable ? nil : false,
      "nextAction": .string(entry.nextAction),
      "nextActionAt": entry.nextActionAt.map { Timestamp($0).json },
    ])
  }

  private static func server(_ address: String, _ observation: EndpointObservation) -> JSONValue {
    switch observation {
    case .presents(let fingerprint): ["address": .string(address), "fingerprint": .string(fingerprint)]
    case .notListening: ["address": .string(address), "unseen": "no server listens there"]
    case .unseen(let reason): ["address": .string(address), "unseen": .string(reason)]
    }
  }
}
