import Foundation
import GatewayManager
package import KubeCore
import Synchronization

/// The kubelets: each pod has files of its own that follow the Secret with a delay, and a server that follows the files.
package final class Kubelet: Sendable {
  /// How late a change of the Secret reaches the files of a pod.
  package struct Delays: Sendable {
    /// The most seconds, usually.
    package var usual = 90.0
    /// The share of changes for which a node is stuck.
    package var stuckShare = 1.0 / 40
    /// The most seconds while a node is stuck.
    package var stuck = 3600.0

    package init() {}
  }

  /// A pair in the serving Secret, since some time.
  package struct Pair: Sendable {
    package var certificate: SecretBytes
    var key: SecretBytes
    var since: Date
  }

  private struct RunningPod {
    var address: String
    var directory: URL
    var server: GatewayServer
    /// How many seconds after its being written each version of the Secret reaches the files.
    var delays: [Int: Double] = [:]
    /// The versions that were there when the pod came; no node is stuck with them.
    var bornAt: Int
    var version = -1
    var nextReload: Date
  }

  private struct State {
    var pods: [String: RunningPod] = [:]
    var random: SeededRandom
  }

  /// The seconds between two looks of a server at its files.
  private static let reloadInterval = 10.0

  private let directory: URL
  private let delays: Delays
  private let state: Mutex<State>

  init(directory: URL, delays: Delays, seed: UInt64) {
    self.directory = directory
    self.delays = delays
    state = Mutex(State(random: SeededRandom(seed: seed)))
  }

  /// The ports of the servers that have a certificate.
  var ports: [Int] {
    state.withLock { state in
      state.pods.sorted { $0.key < $1.key }.filter { $0.value.version >= 0 }.map(\.value.server.port)
    }
  }

  /// The addresses of the pods, by name.
  var addresses: [String: String] { state.withLock { $0.pods.mapValues(\.address) } }

  func port(of address: String) -> Int? {
    state.withLock { state in state.pods.values.first { $0.address == address }?.server.port }
  }

  /// What is known of the server at a port, for people who look into a failure.
  func description(of port: Int) -> String {
    state.withLock { state in
      guard let (name, pod) = state.pods.first(where: { $0.value.server.port == port }) else {
        return "no pod"
      }
      return
        "pod \(name) (\(pod.address)), born with \(pod.bornAt) versions, files at version \(pod.version), "
        + "\(pod.server.reloads) reloads, next at \(Timestamp(pod.nextReload)), serving what is valid until "
        + (pod.server.notAfter.map { "\(Timestamp($0))" } ?? "nobody knows when")
    }
  }

  /// Whether every pod's files are up to date.
  func isCurrent(_ pairs: [Pair]) -> Bool {
    state.withLock { state in
      !state.pods.isEmpty && state.pods.values.allSatisfy { $0.version == pairs.count - 1 }
    }
  }

  /// Starts servers for pods that are new; returns those of pods that are gone.
  func follow(_ addresses: [String: String], _ pairs: [Pair], at now: Date) throws -> [GatewayServer] {
    try state.withLock { state in
      var gone: [GatewayServer] = []
      for (name, pod) in state.pods where addresses[name] == nil {
        gone.append(pod.server)
        state.pods[name] = nil
        try? FileManager.default.removeItem(at: pod.directory)
      }
      for (name, address) in addresses.sorted(by: { $0.key < $1.key }) where state.pods[name] == nil {
        state.pods[name] = RunningPod(
          address: address, directory: directory.appendingPathComponent(name), server: try GatewayServer(),
          bornAt: pairs.count, nextReload: now)
      }
      return gone
    }
  }

  /// Writes to each pod's files what is due.
  func write(_ pairs: [Pair], at now: Date) throws {
    try state.withLock { state in
      for name in state.pods.keys.sorted() {
        guard var pod = state.pods[name], !pairs.isEmpty else { continue }
        var due = max(0, pod.version)
        for version in (due..<pairs.count).suffix(50) {
          let delay =
            pod.delays[version]
            ?? Kubelet.delay(
              delays, mayStick: version >= pod.bornAt, &state.random)
          pod.delays[version] = delay
          if pairs[version].since.addingTimeInterval(delay) <= now { due = max(due, version) }
        }
        if due != pod.version {
          try Kubelet.write(pairs[due], version: due, below: pod.directory)
          let isFirst = pod.version < 0
          pod.version = due
          pod.delays = pod.delays.filter { $0.key > due }
          if isFirst { pod.server.reload(from: pod.directory.appendingPathComponent("current")) }
        }
        state.pods[name] = pod
      }
    }
  }

  /// Does what was due while much time went by at once: no server lets days go by between two looks at its files, only
  /// because nobody saw them. What is due now is left to `write` and `reload`, beside the handshakes.
  func catchUp(with pairs: [Pair], at now: Date) throws {
    let before = now.addingTimeInterval(-2 * Kubelet.reloadInterval)
    try write(pairs, at: before)
    reload(at: before)
  }

  /// Lets each server look at its files, as it does every ten seconds.
  func reload(at now: Date) {
    let due = state.withLock { state in
      state.pods.keys.sorted().compactMap { name -> (GatewayServer, URL)? in
        guard let pod = state.pods[name], pod.nextReload <= now else { return nil }
        state.pods[name]?.nextReload = now.addingTimeInterval(Kubelet.reloadInterval)
        return (pod.server, pod.directory)
      }
    }
    // Without the lock: the files may change meanwhile.
    for (server, directory) in due { server.reload(from: directory.appendingPathComponent("current")) }
  }

  func stop() {
    state.withLock { state in
      for pod in state.pods.values { pod.server.stop() }
      state.pods = [:]
    }
    try? FileManager.default.removeItem(at: directory)
  }

  private static func delay(_ delays: Delays, mayStick: Bool, _ random: inout SeededRandom) -> Double {
    let isStuck = mayStick && Double.random(in: 0..<1, using: &random) < delays.stuckShare
    return Double.random(in: 0...(isStuck ? delays.stuck : delays.usual), using: &random)
  }

  /// All files of a version change at once, by a symbolic link, as a kubelet has it.
  private static func write(_ pair: Pair, version: Int, below directory: URL) throws {
    let files = FileManager.default
    let place = directory.appendingPathComponent("v\(version)")
    try files.createDirectory(at: place, withIntermediateDirectories: true)
    let crt = pair.certificate.exposedText() ?? ""
    let key = pair.key.exposedText() ?? ""
    try Data(crt.utf8).write(to: place.appendingPathComponent("tls.crt"))
    try Data(key.utf8).write(to: place.appendingPathComponent("tls.key"))
    let (link, current) = (
      directory.appendingPathComponent("next"), directory.appendingPathComponent("current")
    )
    let previous = try? files.destinationOfSymbolicLink(atPath: current.path)
    try files.createSymbolicLink(atPath: link.path, withDestinationPath: "v\(version)")
    guard rename(link.path, current.path) == 0 else {
      throw Loopback.Failure(description: "can't rename \(link.path)")
    }
    if let previous { try? files.removeItem(at: directory.appendingPathComponent(previous)) }
  }
}
