package import KubeCore
package import KubeMemory
import KubeTransport

/// The cluster's state before a controller acts, the other controllers, and the events.
package struct ExplorationWorld {
  /// An event that isn't the controller's, and that happens once, at any moment.
  package struct Event {
    /// The description, in a few words.
    package var name: String
    /// The time that passes first, in seconds.
    package var seconds: Double
    /// The change of the server.
    package var change: (inout MemoryAPIServer, Date) throws -> Void

    package init(
      _ name: String, seconds: Double, change: @escaping (inout MemoryAPIServer, Date) throws -> Void
    ) {
      (self.name, self.seconds, self.change) = (name, seconds, change)
    }
  }

  /// A watch of the controller's whose events may be late.
  package struct Channel {
    /// Its name in histories.
    package var name: String
    /// The kinds that aren't read if this channel's lists aren't lists; none if that isn't
    /// explored.
    package var unreadKinds: [GroupKind]

    package init(_ name: String, unreadKinds: [GroupKind] = []) {
      (self.name, self.unreadKinds) = (name, unreadKinds)
    }
  }

  /// The server at the start.
  package var server: MemoryAPIServer
  /// The time at the start.
  package var time: Date
  /// The kinds by which states are distinguished.
  package var types: [ResourceType]
  /// The controllers that act besides it, each change a step.
  package var others: [any SimulatedController]
  /// The controllers that act at once after every change, because they only mirror other objects.
  package var mirrors: [any RequestingController]
  /// The events, which happen in this order, each at any moment.
  package var events: [Event]
  /// The watches, at most 250.
  package var channels: [Channel]
  /// The controller's field manager.
  package var fieldManager: String
  /// The user who makes the controller's requests; `nil` for one with all rights.
  package var user: APIUser?
  /// Whether the controller may lack rights: a forbidden patch is then skipped, and otherwise a
  /// violation.
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
