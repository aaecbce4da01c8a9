/// A plan that is being carried out.
struct Flight: Hashable {
  /// Whose plan: 0 for the installation, else the cluster's number. From `formerLeader` on it is the plan of an instance
  /// that has lost the lease, doesn't know it yet, and goes on sending.
  var key: UInt8
  var plan: PlanID
  /// The next patch to be sent.
  var next: UInt8
  /// The patches, by bit, whose object has changed since the plan's view of it.
  var stale: UInt64
  /// The patches, by bit, that aren't sent any more, since their object or what they depend on was refused.
  var withheld: UInt64 = 0

  static let formerLeader: UInt8 = 128

  /// Whether it is the plan of an instance that has lost the lease.
  var isFormer: Bool { key >= Flight.formerLeader }

  /// Goes on to the next patch that is to be sent, or to the plan's end.
  mutating func advance() {
    repeat { next += 1 } while next < 64 && withheld & (1 << UInt64(next)) != 0
    withheld &= next < 64 ? ~((1 << UInt64(next)) - 1) : 0
  }
}

/// A watch whose events are late: what the operator goes on seeing.
struct Held: Hashable {
  /// The channel's raw value; `everything` for all of them at once.
  var channel: UInt8
  /// The objects that are seen, as a number of the exploration's table.
  var content: Int32
  /// Those of them that have changed since.
  var moved: [SlotID]
  /// Whether the operator knows that it doesn't see the channel: what the server answers isn't a list of it.
  var isUnread = false

  static let everything: UInt8 = 255
}

/// The verdicts of probes that the operator holds in its head, each cluster a bit by its number.
struct Probes: Hashable {
  var reached: UInt32 = 0
  var failed: UInt32 = 0

  /// The verdict on a cluster; `nil` where it wasn't probed.
  subscript(cluster: Int) -> Bool? {
    get { reached & bit(cluster) != 0 ? true : failed & bit(cluster) != 0 ? false : nil }
    set {
      reached &= ~bit(cluster)
      failed &= ~bit(cluster)
      if newValue == true { reached |= bit(cluster) }
      if newValue == false { failed |= bit(cluster) }
    }
  }

  private func bit(_ cluster: Int) -> UInt32 { cluster < 32 ? 1 << UInt32(cluster) : 0 }
}

/// One case: the world, how far the scenario is, what the operator holds in its head, what it sees, and how many
/// faults there were.
struct Case {
  var node: NodeID
  var position: UInt8
  var faults: UInt8 = 0
  var issued: IssuedID = 0
  /// By key.
  var flights: [Flight] = []
  /// By channel.
  var held: [Held] = []
  /// What the operator has found by probing the clusters.
  var probes = Probes()

  /// What tells cases apart.
  var fingerprint: Fingerprint {
    var fingerprinter = Fingerprinter()
    fingerprinter.combine(
      UInt64(UInt32(node)) | UInt64(position) << 32 | UInt64(faults) << 40 | UInt64(flights.count) << 48
        | UInt64(held.count) << 56)
    fingerprinter.combine(UInt64(UInt32(issued)))
    for flight in flights {
      fingerprinter.combine(
        UInt64(UInt32(flight.plan)) | UInt64(flight.key) << 32 | UInt64(flight.next) << 40)
      fingerprinter.combine(flight.stale)
      fingerprinter.combine(flight.withheld)
    }
    for held in held {
      fingerprinter.combine(
        UInt64(UInt32(held.content)) | UInt64(held.channel) << 32 | UInt64(held.moved.count) << 40
          | (held.isUnread ? 1 << 63 : 0))
      for slot in held.moved { fingerprinter.combine(UInt64(UInt32(slot))) }
    }
    fingerprinter.combine(UInt64(probes.reached) | UInt64(probes.failed) << 32)
    return fingerprinter.fingerprint
  }
}

/// One step of a history.
struct Action: Hashable {
  enum Kind: UInt8 {
    /// The scenario's next event happens.
    case event
    /// A stand-in makes its next change.
    case standIn
    /// The operator plans, from what it sees, for the installation or a cluster.
    case plan
    /// The plan's next request is sent and answered.
    case send
    /// The plan's next request is refused without an effect, as with 409, 429 or 500: the plan is given up.
    case refuse
    /// The plan's next request is refused for what it is, as with 403 or 422: the plan goes on after it.
    case skip
    /// The plan's next request takes effect, but the answer is lost: the plan is given up.
    case lose
    /// The operator crashes and starts again.
    case crash
    /// Another instance takes over, while this one goes on sending what it has planned.
    case depose
    /// The operator starts again, and one kind's lists are answered with something that isn't one.
    case misread
    /// The operator probes a cluster, and sees whether it answers.
    case probe
    /// The events that were late, or the lists that weren't any, arrive.
    case release
  }

  var kind: Kind
  /// The stand-in, the plan's key or the channel.
  var index: UInt8 = 0
  /// The channel whose events of this step are late from here on: raw value + 1, or 255 for all; 0 for none.
  var held: UInt8 = 0
}

extension Action {
  private static let letters: [(Kind, Character)] = [
    (.event, "E"), (.standIn, "S"), (.plan, "P"), (.send, "W"), (.refuse, "R"), (.skip, "K"), (.lose, "L"),
    (.crash, "X"),
    (.depose, "N"), (.misread, "M"), (.probe, "Q"), (.release, "D"),
  ]

  /// The step in the short form that `--replay` reads: a letter, a number, and `~` with the late channel.
  var code: String {
    let letter = Action.letters.first { $0.0 == kind }?.1 ?? "?"
    let number = kind == .event || kind == .crash || kind == .depose ? "" : String(index)
    return "\(letter)\(number)" + (held == 0 ? "" : "~\(held)")
  }

  /// The step that a short form says; `nil` where it says none.
  init?(code: some StringProtocol) {
    let parts = code.split(separator: "~", maxSplits: 1)
    guard let first = parts.first?.first, let kind = Action.letters.first(where: { $0.1 == first })?.0 else {
      return nil
    }
    let number = parts[0].dropFirst()
    guard number.isEmpty || UInt8(number) != nil else { return nil }
    var held: UInt8 = 0
    if parts.count == 2 {
      guard let channel = UInt8(parts[1]) else { return nil }
      held = channel
    }
    self.init(kind: kind, index: UInt8(number) ?? 0, held: held)
  }
}
