import Foundation
import HandshakeScene
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

  private func rotate(_ goal: RotationDriver.Goal, isBlind: Bool = false) async throws -> RotationScene {
    let scene = try RotationScene(
      startingAt: Date(timeIntervalSinceNow: -86_400), delays: RotationHandshakeTests.delays, seed: 1)
    defer { scene.end() }
    var driver = RotationDriver(scene, isBlind: isBlind, seed: 1)
    (driver.tick, driver.haveAges) = (5...60, false)
    try await driver.install()
    scene.start(LibSSLClient(), seed: 2)
    scene.start(BoringSSLClient(RotationHandshakeTests.group), seed: 3)
    try await driver.run(until: goal)
    return scene
  }

  @Test func `clients refuse what they must refuse`() throws {
    try Controls(at: Date()).run([LibSSLClient(), BoringSSLClient(RotationHandshakeTests.group)])
  }

  @Test func `no handshake fails while leaf certificates and CAs rotate`() async throws {
    let scene = try await rotate(RotationDriver.Goal(handshakes: 300, rotations: 2))
    #expect(scene.tally.failures == [])
    #expect(scene.tally.handshakes["libssl", default: 0] > 0)
    #expect(scene.tally.handshakes["BoringSSL", default: 0] > 0)
  }

  @Test func `handshakes fail if the operator doesn't probe the pods`() async throws {
    let scene = try await rotate(
      RotationDriver.Goal(handshakes: 300, rotations: 10, failures: 1), isBlind: true)
    #expect(scene.tally.failureCount > 0)
  }
}
