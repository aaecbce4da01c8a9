package import KubeCore
package import KubeMemory
import KubeTransport

package import struct Foundation.Date

/// What is there before a controller acts, who acts besides it, and what happens.
package struct ExplorationWorld {
  /// Something that happens without the controller, once, at any moment.
  package struct Event {
    /// What happens, in a few words.
    package var name: String
    /// By how many seconds the clock moves at it.
    package var seconds: Double
    /// What it does to the server.
    package var happen: (inout MemoryAPIServer, Date) throws -> Void

    package init(
      _ name: String, seconds: Double, happen: @escaping (inout MemoryAPIServer, Date) throws -> Void
    ) {
      (self.name, self.seconds, self.happen) = (name, seconds, happen)
    }
  }

  /// A watch of the controller's whose events may be late.
  package struct Channel {
    /// Its name in histories.
    package var name: String
    /// The kinds that aren't read where this channel's lists aren't lists; none where that isn't explored.
    package var unreadKinds: [GroupKind]

    package init(_ name: String, unreadKinds: [GroupKind] = []) {
      (self.name, self.unreadKinds) = (name, unreadKinds)
    }
  }

  /// The server at the start.
  package var server: MemoryAPIServer
  /// The time at the start.
  package var time: Date
  /// The kinds that worlds consist of; what differs in others is no difference.
  package var types: [ResourceType]
  /// The controllers that act besides it, each change a step.
  package var others: [any SimulatedController]
  /// The controllers that act at once after every change, since they only mirror what is there.
  package var mirrors: [any RequestingController]
  /// What happens, in this order, each at any moment.
  package var events: [Event]
  /// The watches, at most 250.
  package var channels: [Channel]
  /// The name under which the controller writes.
  package var fieldManager: String
  /// The user whom the controller's requests are from; `nil` for one who may do everything.
  package var user: APIUser?
  /// Whether the controller may lack rights: a patch that is forbidden is passed over. Otherwise it is a violation.
  package var lacksRights = false

  package init(
    _ server: MemoryAPIServer, at time: Date, types: [ResourceType], others: [any SimulatedController],
    mirrors: [any RequestingController] = [], events: [Event], channels: [Channel], fieldManager: String,
    user: APIUser? = nil
  ) {
    self.server = server
    self.time = time
    self.types = types
    self.others = others
    self.mirrors = mirrors
    self.events = events
    self.channels = channels
    self.fieldManager = fieldManager
    self.user = user
  }

  /// The time after each number of events.
  var times: [Date] {
    events.reduce(into: [time]) { times, event in
      times.append((times.last ?? time).addingTimeInterval(event.seconds))
    }
  }
}
