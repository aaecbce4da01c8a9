public import KubeMemory
public import KubeTransport

public import struct Foundation.Date

/// A controller or agent that isn't ours, reduced to what others see of it.
///
/// A stand-in keeps nothing: all that it knows is in the server. What it does next follows from the server
/// and the time
/// alone, so that a copy of the server is a copy of the whole world.
public protocol StandIn: Sendable {
  /// Whose place it takes.
  var name: String { get }

  /// Makes the next change that is due; returns whether it made one.
  func step(on server: inout MemoryAPIServer, at time: Date) -> Bool

  /// Makes every change that is due now; returns how many it made. A change may make others due.
  func pass(on server: inout MemoryAPIServer, at time: Date) -> Int
}

/// A stand-in that acts by requests to the API, as the real one does.
public protocol RequestingStandIn: StandIn {
  /// What it would ask of the server now. The requests don't depend on each other.
  func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest]
}

extension RequestingStandIn {
  /// Sends the first due request that changes anything.
  public func step(on server: inout MemoryAPIServer, at time: Date) -> Bool {
    for request in due(in: server, at: time) where change(request, on: &server, at: time) { return true }
    return false
  }

  /// Sends every request that is due.
  public func pass(on server: inout MemoryAPIServer, at time: Date) -> Int {
    due(in: server, at: time).reduce(0) { $0 + (change($1, on: &server, at: time) ? 1 : 0) }
  }

  private func change(_ request: KubeRequest, on server: inout MemoryAPIServer, at time: Date) -> Bool {
    let before = server.resourceVersion
    // A refusal is a conflict with somebody else's write: what is due then is found at the next look.
    _ = server.handle(request, at: time)
    return server.resourceVersion != before
  }
}

/// Collects garbage as kube-controller-manager does.
public struct GarbageCollector: StandIn {
  /// Whose place it takes.
  public let name = "garbage collector"

  /// A collector.
  public init() {}

  /// One step of garbage collection.
  public func step(on server: inout MemoryAPIServer, at time: Date) -> Bool {
    pass(on: &server, at: time) > 0
  }

  /// One step of garbage collection; returns how many changes it made.
  public func pass(on server: inout MemoryAPIServer, at time: Date) -> Int {
    server.mayHaveGarbage ? server.collectGarbage(at: time) : 0
  }
}
