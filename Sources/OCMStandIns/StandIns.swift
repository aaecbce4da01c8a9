public import KubeMemory

public import struct Foundation.Date

/// All the stand-ins of a hub, side by side.
public struct StandIns: Sendable {
  /// The stand-ins, in the order in which they are asked.
  public var all: [any StandIn]

  /// These stand-ins.
  public init(_ all: [any StandIn]) { self.all = all }

  /// Everybody whom the manager meets on a hub. `verify` is what the aggregator makes of the gateway's
  /// certificate.
  public static func everybody(verify: Aggregator.Verification? = nil) -> StandIns {
    StandIns([
      GarbageCollector(), Registration(), AddOnManager(), TokenAgent(), WorkAgent(), DeploymentController(),
      EndpointsController(), Aggregator(verify: verify),
    ])
  }

  /// The most passes of `settle`; a hub comes to rest in a few dozen.
  public static let maximumPasses = 1000

  /// Makes the next change of the first stand-in that has one to make; returns that one's name.
  public func step(on server: inout MemoryAPIServer, at time: Date) -> String? {
    for standIn in all where standIn.step(on: &server, at: time) { return standIn.name }
    return nil
  }

  /// Lets each make all the changes that are due now; returns how many were made.
  public func pass(on server: inout MemoryAPIServer, at time: Date) -> Int {
    all.reduce(0) { $0 + $1.pass(on: &server, at: time) }
  }

  /// Passes until nobody has anything left to do; returns how many changes were made.
  @discardableResult
  public func settle(on server: inout MemoryAPIServer, at time: Date) -> Int {
    var changes = 0
    for _ in 0..<StandIns.maximumPasses {
      let made = pass(on: &server, at: time)
      guard made > 0 else { break }
      changes += made
    }
    return changes
  }
}

extension MemoryHub {
  /// Lets every stand-in make the changes that are due; returns how many were made.
  public func pass(_ standIns: StandIns, at time: Date) -> Int {
    withServer { standIns.pass(on: &$0, at: time) }
  }
}
