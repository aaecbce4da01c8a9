import Foundation
import HandshakeTesting
import NIOPosix
import WallClock

/// Performs TLS handshakes with the gateway's pods while its certificates rotate, and prints the
/// results.
///
/// usage: handshakes [--handshakes N] [--rotations N] [--seed N] [--blind]
///
/// With --blind the manager's probe reports that every pod presents what it should: handshakes must
/// then fail.
@main struct Handshakes {
  static func main() async throws {
    var numbers = ["--handshakes": 100_000, "--rotations": 200, "--seed": 1]
    var isBlind = false
    var arguments = CommandLine.arguments.dropFirst()[...]
    while let option = arguments.popFirst() {
      if option == "--blind" {
        isBlind = true
      } else if numbers[option] != nil, let value = arguments.popFirst().flatMap({ Int($0) }) {
        numbers[option] = value
      } else {
        print("usage: handshakes [--handshakes N] [--rotations N] [--seed N] [--blind]")
        exit(64)
      }
    }
    let seed = UInt64(numbers["--seed"] ?? 1)
    let rotations = numbers["--rotations"] ?? 200

    @Sendable func setWallClock(_ time: Date) { WallClock_set(Int64(time.timeIntervalSince1970)) }

    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let start = Date(timeIntervalSince1970: 1_800_000_000)
    setWallClock(start)
    try Controls(at: start).run([LibSSLClient(), BoringSSLClient(group)])

    let began = ContinuousClock.now
    let harness = try RotationHarness(startingAt: start, seed: seed) { setWallClock($0) }
    var driver = RotationDriver(harness, isBlind: isBlind, seed: seed)
    try await driver.install()
    for number in 0..<2 { harness.start(LibSSLClient(), seed: seed &* 100 &+ UInt64(number)) }
    for number in 2..<4 { harness.start(BoringSSLClient(group), seed: seed &* 100 &+ UInt64(number)) }
    var reported = began
    try await driver.run(
      until: RotationDriver.Goal(
        handshakes: numbers["--handshakes"] ?? 100_000, rotations: rotations)
    ) { harness in
      guard ContinuousClock.now - reported > .seconds(30) else { return }
      reported = .now
      let history = harness.history
      FileHandle.standardError.write(
        Data(
          "\(harness.handshakes) handshakes, \(history.leaves.all) leaves, \(history.caRotations.all) CAs, \(harness.tally.failureCount) failures\n"
            .utf8))
    }
    harness.end()

    let (history, tally, events) = (harness.history, harness.tally, driver.events)
    let days = Int(harness.clock.now.timeIntervalSince(start) / 86_400)
    print(
      """
      handshakes          \(tally.all) (\(tally.handshakes.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }.joined(separator: ", ")))
      leaf rotations      \(history.leaves.all) (\(history.leaves.requested) asked for, \(history.leaves.byTime) by time), and \(history.leavesWithCA) with the CA
      CA rotations        \(history.caRotations.all) (\(history.caRotations.requested) asked for, \(history.caRotations.byTime) by time)
      manager             \(events.rounds) rounds, \(events.crashes) crashes, \(events.lostResponses) lost responses
      pods                3, \(events.killedPods) killed, files 0 to 90 s late, at times up to an hour
      clients' bundles    0 to \(Int(RotationHarness.bundleLag)) s old
      time                \(days) simulated days in \((ContinuousClock.now - began).components.seconds) s
      failures            \(tally.failureCount)
      """)
    for failure in tally.failures { print("  \(failure)") }
    exit(tally.failureCount == 0 ? 0 : 1)
  }
}
