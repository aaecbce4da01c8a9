import Foundation
import HandshakeTesting
import NIOPosix
import Testing

/// A small part of Scripts/handshakes, in which no more time passes than the validity of
/// certificates by the real clock, the only one of BoringSSL.
@Suite(.serialized, .timeLimit(.minutes(15))) struct RotationHandshakeTests {
  private static let group = MultiThreadedEventLoopGroup.singleton

  /// Nodes get stuck often here, but not for long.
  private static var delays: Kubelet.Delays {
    var delays = Kubelet.Delays()
    (delays.stuckShare, delays.stuck) = (0.3, 600)
    return delays
  }

  private func rotate(_ goal: RotationDriver.Goal, isBlind: Bool = false) async throws -> RotationHarness {
    let harness = try RotationHarness(
      startingAt: Date(timeIntervalSinceNow: -86_400), delays: RotationHandshakeTests.delays, seed: 1)
    defer { harness.end() }
    var driver = RotationDriver(harness, isBlind: isBlind, seed: 1)
    (driver.tick, driver.renewsByAge) = (5...60, false)
    try await driver.install()
    harness.start(LibSSLClient(), seed: 2)
    harness.start(BoringSSLClient(RotationHandshakeTests.group), seed: 3)
    try await driver.run(until: goal)
    return harness
  }

  @Test func `clients refuse what they must refuse`() throws {
    try Controls(at: Date()).run([LibSSLClient(), BoringSSLClient(RotationHandshakeTests.group)])
  }

  @Test func `no handshake fails while leaf certificates and CAs rotate`() async throws {
    let harness = try await rotate(RotationDriver.Goal(handshakes: 300, rotations: 2))
    #expect(harness.tally.failures == [])
    #expect(harness.tally.handshakes["libssl", default: 0] > 0)
    #expect(harness.tally.handshakes["BoringSSL", default: 0] > 0)
  }

  @Test func `handshakes fail if the manager doesn't probe the pods`() async throws {
    let harness = try await rotate(
      RotationDriver.Goal(handshakes: 300, rotations: 10, failures: 1), isBlind: true)
    #expect(harness.tally.failureCount > 0)
  }
}
