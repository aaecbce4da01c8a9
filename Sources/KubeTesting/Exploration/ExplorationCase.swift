/// The number of a state of the cluster: equal numbers are equal states, resourceVersions apart.
package typealias NodeID = Int32
/// The number of a controller's memory between its plans, assigned by the model; 0 after a start.
package typealias MemoryID = Int32

/// A plan that is being applied.
package struct Flight: Hashable {
  /// The key of the plan, a number of the model's. From `formerLeader` on it is the plan of an
  /// instance that has lost the lease, doesn't know it yet, and continues to send.
  package var key: UInt8
  package var plan: PlanID
  /// The next patch to send or, after the patches, the next effect to perform.
  package var next: UInt8
  /// The patches, one bit each, whose object has changed since the plan's view of it.
  var stale: UInt64
  /// The patches, one bit each, that won't be sent because their object or dependency was refused.
  var withheld: UInt64 = 0
  /// Whether a patch was refused, so that no effect is performed.
  var isCurtailed = false

  static let formerLeader: UInt8 = 128

  /// Whether it is the plan of an instance that has lost the lease.
  package var isFormer: Bool { key >= Flight.formerLeader }

  /// Moves to the next patch that will be sent, or to the plan's end.
  mutating func advance() {
    repeat { next += 1 } while next < 64 && withheld & (1 << UInt64(next)) != 0
    withheld &= next < 64 ? ~((1 << UInt64(next)) - 1) : 0
  }
}

/// A watch whose events are late: the objects that the controller still sees.
package struct Held: Hashable {
  /// The channel's number; `everything` for all channels.
  package var channel: UInt8
  /// The seen objects, as a number of the exploration's table.
  package var content: Int32
  /// The seen objects that have changed since.
  package var moved: [SlotID]
  /// Whether the controller knows that it can't read the channel: the server's answer isn't a list.
  package var isUnread = false

  static let everything: UInt8 = 255
}

/// A case: the cluster's state, the number of past events, the controller's memory and view, and
/// the number of faults.
package struct ExplorationCase {
  package var node: NodeID
  /// The number of past events.
  package var position: UInt8
  package var faults: UInt8 = 0
  package var memory: MemoryID = 0
  /// The plans that are being applied, by key.
  package var flights: [Flight] = []
  /// The late watches, by channel.
  package var held: [Held] = []

  /// The fingerprint of everything that distinguishes cases.
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
