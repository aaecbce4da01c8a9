import CertificatePolicy
import GatewayDemo
import KubeCore

/// A certificate's validity as a bar from its first day to its last: the elapsed part, and the time
/// of the next action.
struct CertificateBar {
  let facts: CertificateFacts
  /// The time of the next action.
  let next: Date?
  let now: Date

  /// The width of the bar in characters.
  private static let width = 32

  var line: StyledLine {
    let life = facts.notAfter.timeIntervalSince(facts.notBefore)
    let days = [facts.notBefore, facts.notAfter].map { Timestamp($0).description.prefix(10) }
    guard life > 0 else { return StyledLine("\(days[0]) – \(days[1])") }
    func place(_ date: Date) -> Int {
      let share = date.timeIntervalSince(facts.notBefore) / life
      return Int((min(max(share, 0), 1) * Double(CertificateBar.width)).rounded(.down))
    }
    let over = place(now)
    let due = next.map { min(place($0), CertificateBar.width - 1) }
    let cells = (0..<CertificateBar.width).map { index in
      if index == due { return "◆" }
      return index < over ? "━" : "┄"
    }
    let style: StyledLine.Style =
      !facts.isValid(at: now) ? .bad : next.map { $0 <= now } ?? false ? .busy : .good
    return StyledLine("\(days[0]) ") + StyledLine(cells.joined(), style) + StyledLine(" \(days[1])")
  }

  /// The remaining validity.
  var remaining: String {
    if facts.notAfter < now { return "expired \(TimeText.distance(to: facts.notAfter, from: now))" }
    if facts.notBefore > now { return "not valid yet" }
    return "valid for \(TimeText.words(.seconds(Int64(facts.notAfter.timeIntervalSince(now)))))"
  }
}
