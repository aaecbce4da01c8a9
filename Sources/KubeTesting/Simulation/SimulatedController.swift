public import KubeCore
public import KubeMemory
public import KubeTransport

/// A controller or agent of a cluster, reduced to its effects on the API server.
///
/// It has no state: its next change depends on the server and the time alone, so that a copy of the
/// server is a copy of the whole simulation.
public protocol SimulatedController: Sendable {
  /// The controller's name, for the histories of an exploration.
  var name: String { get }

  /// The kinds that it reads: an exploration compares states by them, and over a transport they are
  /// listed.
  var kinds: [ResourceType] { get }

  /// Makes the next due change; returns whether there was one.
  func step(on server: inout MemoryAPIServer, at time: Date) -> Bool

  /// Makes every change that is due now; returns their number. A change may make others due.
  func pass(on server: inout MemoryAPIServer, at time: Date) -> Int
}

/// A simulated controller that acts through requests to the API, like the real one; it can also run
/// over a transport.
public protocol RequestingController: SimulatedController {
  /// The requests that are due now. They are independent of each other.
  func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest]
}

extension RequestingController {
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
    // A refusal is a conflict with another write; the next pass computes the due requests again.
    _ = server.handle(request, at: time)
    return server.resourceVersion != before
  }
}
