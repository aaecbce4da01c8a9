import CertificatePolicy
import Foundation
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore

/// The certificates as a person reads them.
struct CertificateText {
  let inventory: CertificateInventory
  let now: Date
  var usesColor = false

  /// How many characters wide a validity is drawn.
  private static let width = 32

  var text: String {
    var lines: [String] = []
    if let phase = inventory.phase {
      lines.append("\(phase.code): \(phase.message).")
    } else {
      lines.append("There is no valid ClusterGatewayConfiguration, so nothing is rotated.")
    }
    for entry in inventory.entries { lines += [""] + self.lines(of: entry) }
    if let servers = inventory.rotation?.observed.servers, inventory.rotation?.rotation.wantsLook == true {
      lines += [
        "",
        "The gateway's pods, \(servers.count), are awaited to present the new certificate; the running operator looks.",
      ]
    }
    if !inventory.findings.isEmpty {
      lines += ["", "To know:"]
      for finding in inventory.findings { lines += PlanText.lines(of: finding, color: usesColor) }
    }
    return (lines.joined(separator: "\n") + "\n").withoutTerminalCommands
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
      lines.append("  \(bar(facts, entry.nextActionAt))  \(left(facts))")
    }
    if let problem = entry.problem { lines.append("  " + colored("problem: \(problem)", "31")) }
    let when = entry.nextActionAt.map { " at \(Timestamp($0)) (\(words(until: $0)))" } ?? ""
    lines.append("  next: \(entry.nextAction)\(when)")
    return lines
  }

  /// The validity from its first day to its last: how much is over, and when what comes next is due.
  private func bar(_ facts: CertificateFacts, _ next: Date?) -> String {
    let life = facts.notAfter.timeIntervalSince(facts.notBefore)
    let days = [facts.notBefore, facts.notAfter].map { Timestamp($0).description.prefix(10) }
    guard life > 0 else { return "\(days[0]) – \(days[1])" }
    func place(_ date: Date) -> Int {
      let share = date.timeIntervalSince(facts.notBefore) / life
      return Int((min(max(share, 0), 1) * Double(CertificateText.width)).rounded(.down))
    }
    let over = place(now)
    let due = next.map { min(place($0), CertificateText.width - 1) }
    let cells = (0..<CertificateText.width).map { index in
      if index == due { return "◆" }
      return index < over ? "━" : "┄"
    }
    let color = !facts.isValid(at: now) ? "31" : next.map { $0 <= now } ?? false ? "33" : "32"
    return "\(days[0]) \(colored(cells.joined(), color)) \(days[1])"
  }

  private func left(_ facts: CertificateFacts) -> String {
    if facts.notAfter < now { return "expired \(words(until: facts.notAfter))" }
    if facts.notBefore > now { return "not valid yet" }
    return "valid for \(PlanText.words(.seconds(Int64(facts.notAfter.timeIntervalSince(now)))))"
  }

  private func words(until date: Date) -> String {
    let seconds = date.timeIntervalSince(now)
    let length = PlanText.words(.seconds(Int64(abs(seconds).rounded(.down))))
    return seconds >= 0 ? "in \(length)" : "\(length) ago"
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
      "nextAction": .string(entry.nextAction),
      "nextActionAt": entry.nextActionAt.map { Timestamp($0).json },
    ])
  }

  private static func server(_ address: String, _ sighting: ServerSighting) -> JSONValue {
    switch sighting {
    case .presents(let fingerprint): ["address": .string(address), "fingerprint": .string(fingerprint)]
    case .notListening: ["address": .string(address), "unseen": "nobody listens there"]
    case .unseen(let reason): ["address": .string(address), "unseen": .string(reason)]
    }
  }
}
