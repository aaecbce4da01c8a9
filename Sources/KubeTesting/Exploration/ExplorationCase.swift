/// The hub's whole state, as a number: equal numbers are equal worlds, save resourceVersions.
package typealias NodeID = Int32
/// What a controller keeps in mind between its plans, as a number of the model's; 0 when it has just started.
package typealias MemoryID = Int32

/// A plan that is being carried out.
package struct Flight: Hashable {
  /// Whose plan: a number of the model's. From `formerLeader` on it is the plan of an instance that has lost the
  /// lease, doesn't know it yet, and goes on sending.
  package var key: UInt8
  package var plan: PlanID
  /// The next patch to be sent or, after the patches, the next effect to be performed.
  package var next: UInt8
  /// The patches, by bit, whose object has changed since the plan's view of it.
  var stale: UInt64
  /// The patches, by bit, that aren't sent any more, since their object or what they depend on was refused.
  var withheld: UInt64 = 0
  /// Whether a patch was refused, so that no effect is performed.
  var isCurtailed = false

  static let formerLeader: UInt8 = 128

  /// Whether it is the plan of an instance that has lost the lease.
  package var isFormer: Bool { key >= Flight.formerLeader }

  /// Goes on to the next patch that is to be sent, or to the plan's end.
  mutating func advance() {
    repeat { next += 1 } while next < 64 && withheld & (1 << UInt64(next)) != 0
    withheld &= next < 64 ? ~((1 << UInt64(next)) - 1) : 0
  }
}

/// A watch whose events are late: what the controller goes on seeing.
package struct Held: Hashable {
  /// The channel's number; `everything` for all of them at once.
  package var channel: UInt8
  /// The objects that are seen, as a number of the exploration's table.
  package var content: Int32
  /// Those of them that have changed since.
  package var moved: [SlotID]
  /// Whether the controller knows that it doesn't see the channel: the server's answer isn't a list of it.
  package var isUnread = false

  static let everything: UInt8 = 255
}

/// One case: the world, how many events have happened, what the controller keeps in mind and sees, and how many faults
/// there were.
package struct ExplorationCase {
  package var node: NodeID
  /// How many events have happened.
  package var position: UInt8
  package var faults: UInt8 = 0
  package var memory: MemoryID = 0
  /// By key.
  package var flights: [Flight] = []
  /// By channel.
  package var held: [Held] = []

  /// What distinguishes cases.
  var fingerprint: Fingerprint {
    var fingerprinter = Fingerprinter()
    fingerprinter.combine(
      UInt64(UInt32(node)) | UInt64(position) << 32 | UInt64(faults) << 40 | UInt64(flights.count) << 48
        | UInt64(held.count) << 56)
    fingerprinter.combine(UInt64(UInt32(memory)))
    for flight in flights {
      fingerprinter.combine(
        UInt64(UInt32(flight.plan)) | UInt64(flight.key) << 32 | UInt64(flight.next) << 40
          | (flight.isCurtailed ? 1 << 48 : 0))
      fingerprinter.combine(flight.stale)
      fingerprinter.combine(flight.withheld)
    }
    for held in held {
      fingerprinter.combine(
        UInt64(UInt32(held.content)) | UInt64(held.channel) << 32 | UInt64(held.moved.count) << 40
          | (held.isUnread ? 1 << 63 : 0))
      for slot in held.moved { fingerprinter.combine(UInt64(UInt32(slot))) }
    }
    return fingerprinter.fingerprint
  }
}
